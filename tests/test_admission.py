"""Admission: the questions of a burst are searched in turn, and none waits for what another waits for."""

from __future__ import annotations

import threading

import pytest

from worker.admission import Admission

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
