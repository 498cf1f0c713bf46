"""Admission: the questions of a burst are searched in turn, behind answers that are on their way out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tests.waiting import LIMIT, join, wait_for
from worker.runner import admission as module
from worker.runner.admission import Admission

ANSWER = "worker.jobs.answer"


class Job:
    """A job on a thread of its own that leaves and ends when it is told to; `with` waits for its start."""

    def __init__(self, admission: Admission, function: str) -> None:
        self.admission = admission
        self.function = function
        self.begun, self.leaves, self.left, self.ends = (threading.Event() for _ in range(4))
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with self.admission.inside(self.function):
            self.begun.set()
            assert self.leaves.wait(LIMIT)
            self.admission.leave()
            self.admission.leave()
            self.left.set()
            assert self.ends.wait(LIMIT)

    def leave(self) -> None:
        self.leaves.set()
        assert self.left.wait(LIMIT)

    def __enter__(self) -> Job:
        self.thread.start()
        assert self.begun.wait(LIMIT)
        return self

    def __exit__(self, *_: object) -> None:
        self.leaves.set()
        self.ends.set()
        join(self.thread)


def test_the_next_question_begins_when_the_one_before_was_searched() -> None:
    admission = Admission(1)
    assert admission.enter(1)
    with Job(admission, ANSWER) as job:
        assert not admission.enter(0), "it is being searched"
        job.leave()
        assert admission.enter(0), "it waits for the model now"
        assert not admission.enter(0), "leaving twice makes room once"


def test_a_job_that_does_not_search_takes_no_room() -> None:
    admission = Admission(1)
    assert admission.enter(1)
    with Job(admission, "worker.jobs.command"):
        assert admission.enter(0)


def test_a_job_that_fails_makes_room() -> None:
    admission = Admission(1)
    assert admission.enter(1)
    with pytest.raises(RuntimeError), admission.inside(ANSWER):
        raise RuntimeError("the job failed")
    assert admission.enter(0)
    admission.give_up()
    assert admission.enter(0), "no job came of it"


class Looks:
    """Whether this process is busy, as the test says; counts the looks, and lets time pass with each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, busy: bool) -> None:
        self.count, self.now, self.busy, self.each = 0, 0.0, busy, 0.0
        monkeypatch.setattr(module, "_is_busy", self._look)
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def _look(self) -> bool:
        self.count += 1
        self.now += self.each
        return self.busy


@contextmanager
def finishing(admission: Admission) -> Iterator[Callable[[], None]]:
    """A job with its answer, on a thread of its own, until what is yielded is called."""
    finishes, over = threading.Event(), threading.Event()

    def run() -> None:
        with admission.inside("worker.jobs.command"):
            admission.finish()
            finishes.set()
            assert over.wait(LIMIT)

    assert admission.enter(0)
    thread = threading.Thread(target=run)
    thread.start()
    assert finishes.wait(LIMIT)
    try:
        yield over.set
    finally:
        over.set()
        join(thread)


def test_an_answer_that_is_being_finished_goes_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    admission, entered = Admission(1), threading.Event()
    looks = Looks(monkeypatch, busy=True)
    next_question = threading.Thread(target=lambda: admission.enter(LIMIT) and entered.set())
    with finishing(admission) as is_out:
        next_question.start()
        wait_for(lambda: looks.count > 3, "the next question to look again and again")
        assert not entered.is_set(), "the answer goes out first"
        is_out()
        assert entered.wait(LIMIT)
    join(next_question)


def test_an_answer_that_only_waits_for_feishu_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(1)
    looks = Looks(monkeypatch, busy=False)
    with finishing(admission):
        assert admission.enter(0)
    assert looks.count == 1


def test_the_next_question_waits_for_answers_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(1)
    looks = Looks(monkeypatch, busy=True)
    looks.each = module.FINISH_SECONDS / 4
    with finishing(admission):
        assert admission.enter(0)
    assert looks.count == 4


@pytest.mark.parametrize(("computed", "busy"), [(0.0, False), (0.3, False), (0.7, True), (1.6, True)])
def test_a_process_is_busy_when_it_computes_half_the_time(
    monkeypatch: pytest.MonkeyPatch, computed: float, busy: bool
) -> None:
    """`computed` is what all its threads did during one look, in looks."""
    wall, used = iter((10.0, 10.0 + module.LOOK_SECONDS)), iter((5.0, 5.0 + computed * module.LOOK_SECONDS))
    clock = SimpleNamespace(
        monotonic=lambda: next(wall), process_time=lambda: next(used), sleep=lambda seconds: None
    )
    monkeypatch.setattr(module, "time", clock)
    assert module._is_busy() is busy
