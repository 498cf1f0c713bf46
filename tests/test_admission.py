"""Admission: the questions of a burst are searched in turn, behind answers that are on their way out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from worker.runner import admission as module
from worker.runner.admission import Admission

ANSWER = "worker.jobs.answer"


def begin(admission: Admission, function: str, *, leaves: threading.Event, ends: threading.Event) -> None:
    """A job on a thread of its own that leaves and ends when it is told to."""
    inside = threading.Event()

    def run() -> None:
        with admission.inside(function):
            inside.set()
            leaves.wait(10)
            admission.leave()
            admission.leave()
            ends.wait(10)

    threading.Thread(target=run).start()
    assert inside.wait(10)


def test_the_next_question_begins_when_the_one_before_was_searched() -> None:
    admission, leaves, ends = Admission(1), threading.Event(), threading.Event()
    assert admission.enter(1)
    begin(admission, ANSWER, leaves=leaves, ends=ends)
    assert not admission.enter(0.05), "it is being searched"
    leaves.set()
    assert admission.enter(5), "it waits for the model now"
    assert not admission.enter(0.05), "leaving twice makes room once"
    ends.set()


def test_a_job_that_does_not_search_takes_no_room() -> None:
    admission, leaves, ends = Admission(1), threading.Event(), threading.Event()
    assert admission.enter(1)
    begin(admission, "worker.jobs.command", leaves=leaves, ends=ends)
    assert admission.enter(5)
    leaves.set()
    ends.set()


def test_a_job_that_fails_makes_room() -> None:
    admission = Admission(1)
    assert admission.enter(1)
    with pytest.raises(RuntimeError), admission.inside(ANSWER):
        raise RuntimeError("the job failed")
    assert admission.enter(1)
    admission.give_up()
    assert admission.enter(1), "no job came of it"


@contextmanager
def finishing(admission: Admission, *, computing: bool) -> Iterator[None]:
    """A job with its answer, on a thread of its own that computes, or waits as if for Feishu."""
    finishes, over = threading.Event(), threading.Event()

    def run() -> None:
        with admission.inside("worker.jobs.command"):
            admission.finish()
            finishes.set()
            while computing and not over.is_set():
                sum(range(1000))
            over.wait(10)

    assert admission.enter(1)
    thread = threading.Thread(target=run)
    thread.start()
    assert finishes.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_an_answer_that_is_being_finished_goes_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINISH_SECONDS", 60.0)
    admission, entered = Admission(1), threading.Event()
    next_question = threading.Thread(target=lambda: admission.enter(1) and entered.set())
    with finishing(admission, computing=True):
        next_question.start()
        assert not entered.wait(0.3), "the answer goes out first"
    assert entered.wait(10), "it is out"
    next_question.join()


def test_an_answer_that_only_waits_for_feishu_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINISH_SECONDS", 60.0)
    admission = Admission(1)
    with finishing(admission, computing=False):
        assert admission.enter(1)


def test_the_next_question_waits_for_answers_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FINISH_SECONDS", 0.05)
    admission = Admission(1)
    with finishing(admission, computing=True):
        assert admission.enter(1)
