"""Progress of what takes long, for a person at a terminal: `reading 43 %, 120 of 278, 0:12 left`.

A program switches it on with `show_on`; then whoever loops says where it stands with `tell`, or has `counted`
do it; what is counted or waited for within such a loop is a step of it and says nothing. Elsewhere both do
nothing, so a worker, a test and a pipe see none of it, unless it is what may take hours and asks for `lines`:
a log then gets a line of its own every ten seconds. A phase is shown once it has taken a second, and its line
goes when it ends. It stands in this room because index and worker report here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TextIO, TypeVar

_T = TypeVar("_T")
SHOWN_AFTER = 1.0
"""Seconds of a phase before it is shown."""
_EVERY = 0.2
LINES_EVERY = 10.0
"""Seconds between two lines in a log."""
_WIDTH = 60


class Display:
    """One line of a terminal that is written over."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._phase = ""
        self._begun = self._next = 0.0
        self._drawn = False

    def tell(self, phase: str, done: int, total: int) -> None:
        """`done` of `total` units of this phase are done; 0 for a total that nobody knows."""
        now = self._clock()
        if phase != self._phase:
            self.clear()
            self._phase, self._begun, self._next = phase, now, now + SHOWN_AFTER
        if total and done >= total:
            self.clear()
        elif now >= self._next:
            self._next, self._drawn = now + _EVERY, True
            self._write(f"\r{line(phase, done, total, now - self._begun):{_WIDTH}}")

    def clear(self) -> None:
        """Takes the line away."""
        if self._drawn:
            self._drawn = False
            self._write(f"\r{'':{_WIDTH}}\r")

    def _write(self, text: str) -> None:
        """Nothing where the terminal or the log is gone: what is being done goes on without."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


class Lines(Display):
    """The same in a log: lines of their own, seldom."""

    def tell(self, phase: str, done: int, total: int) -> None:
        now = self._clock()
        self._next = self._next or now + LINES_EVERY
        if phase != self._phase:
            self._phase, self._begun = phase, now
        if now >= self._next:
            self._next, self._drawn = now + LINES_EVERY, True
            self._write(f"{line(phase, done, total, now - self._begun)}\n")

    def clear(self) -> None:
        """Nothing: what a log holds stays."""


def line(phase: str, done: int, total: int, seconds: float) -> str:
    """Phase, share and time left; the time that has passed where the whole is unknown."""
    if total <= 0 or done > total:
        return f"{phase} {done}, {_minutes(seconds)}" if done else f"{phase}, {_minutes(seconds)}"
    left = f", {_minutes(seconds / done * (total - done))} left" if done else ""
    return f"{phase} {done / total:.0%}, {done} of {total}{left}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


_display: Display | None = None
_counting = False
"""Whether a loop is counted now."""


def show_on(stream: TextIO, *, lines: bool = False) -> None:
    """From now on this process shows progress there, if it is a terminal; with `lines`, elsewhere too."""
    global _display
    _display = Display(stream) if stream.isatty() else Lines(stream) if lines else None


def tell(phase: str, done: int, total: int = 0) -> None:
    """Where a phase stands."""
    if _display is not None:
        _display.tell(phase, done, total)


def clear() -> None:
    """Takes the line away before something else is written."""
    if _display is not None:
        _display.clear()


@contextmanager
def waiting(phase: str) -> Iterator[None]:
    """Says how long one thing that cannot be counted has taken."""
    if _display is None or _counting:
        yield
        return
    ended = Event()

    def draw() -> None:
        while not ended.wait(_EVERY):
            tell(phase, 0)

    tell(phase, 0)
    thread = Thread(target=draw, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        clear()


def counted(items: Iterable[_T], phase: str, total: int) -> Iterator[_T]:
    """The same items; where the loop over them stands is told."""
    global _counting
    if _counting:
        yield from items
        return
    _counting = True
    try:
        for done, item in enumerate(items):
            tell(phase, done, total)
            yield item
    finally:
        _counting = False
        clear()
