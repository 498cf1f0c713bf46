"""How many questions are searched at once, so that a burst does not slow every one of them down.

Searching is work for Python, which does one thing at a time: forty questions begun together would all be
found late. So the next job is taken from the queue only when there is room among those that are searched;
one that waits for a model, the web or Feishu makes room for the next. Where search itself waits for a server,
its room is as wide as the worker.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SEARCHING = frozenset({"worker.jobs.answer"})
"""The jobs that search; all others make room at once."""


class Admission:
    """Room for `width` jobs. Taken by the thread that begins a job, given back by the one that runs it."""

    def __init__(self, width: int) -> None:
        self._room = threading.BoundedSemaphore(width)
        self._here = threading.local()

    def enter(self, timeout: float) -> bool:
        """Takes room for the next job; False when there was none for `timeout` seconds."""
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

    def leave(self) -> None:
        """From now on this thread's job leaves room to another. A second call does nothing."""
        if getattr(self._here, "inside", False):
            self._here.inside = False
            self._room.release()
