"""When the next question is begun, so that a burst does not slow every one of them down.

Searching and finishing are work for Python, which does one thing at a time: forty questions begun together
would all be found late, and one begun while answers are being finished makes their askers wait. So the next
job is taken from the queue

- when there is room among those that are searched; one that waits for a model, the web or Feishu makes room
  for the next. Where search itself waits for a server, its room is as wide as the worker;
- when the answers that are there have gone out, or only wait for Feishu.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.dotted_paths import JobName

SEARCHING = frozenset({str(JobName.ANSWER)})
"""The jobs that search; all others make room at once."""
FINISH_SECONDS = 0.2
"""Longest time that the next question waits for answers on their way out."""
LOOK_SECONDS = 0.01
"""How long this process is watched to see whether it has time for the next question."""
BUSY = 0.5
"""Share of one core from which on it has not."""


class Admission:
    """Room for `width` jobs. Taken by the thread that begins a job, given back by the one that runs it."""

    def __init__(self, width: int) -> None:
        self._room = threading.BoundedSemaphore(width)
        self._finishing: set[int] = set()
        self._here = threading.local()

    def enter(self, timeout: float) -> bool:
        """Takes room for the next job; False when there was none for `timeout` seconds."""
        self._let_answers_out()
        return self._room.acquire(timeout=timeout)

    def give_up(self) -> None:
        """Gives room back that was taken for a job which did not begin."""
        self._room.release()

    @contextmanager
    def inside(self, function: str) -> Iterator[None]:
        """Around the job on its own thread. `function` is its dotted path."""
        self._here.inside = True
        if function not in SEARCHING:
            self.leave()
        try:
            yield
        finally:
            self.leave()
            self._finishing.discard(threading.get_ident())

    def leave(self) -> None:
        """From now on this thread's job leaves room to another. A second call does nothing."""
        if getattr(self._here, "inside", False):
            self._here.inside = False
            self._room.release()

    def finish(self) -> None:
        """From now on, and until `inside` is left, this thread's job has an answer that goes out first."""
        self._finishing.add(threading.get_ident())

    def _let_answers_out(self) -> None:
        """Waits while answers are on their way out and this process has its hands full."""
        until = time.monotonic() + FINISH_SECONDS
        while self._finishing and time.monotonic() < until and _is_busy():
            pass


def _is_busy() -> bool:
    """Whether this process computes rather than waits, looked at for LOOK_SECONDS."""
    started, used = time.monotonic(), time.process_time()
    time.sleep(LOOK_SECONDS)
    return time.process_time() - used >= BUSY * (time.monotonic() - started)
