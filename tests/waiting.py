"""How tests wait: for what must come, never for a time.

`wait_for` has a limit that only something broken reaches: on a machine that does ten other things, too, a
process takes half a minute to start. A test that fails is shown with the state of what it looked at
(`shown_on_failure`) and the last lines of the logs in its folders (tests.failure_report).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

Found = TypeVar("Found")
LIMIT = 60.0
"""Seconds for what happens within running processes."""
START_LIMIT = 180.0
"""Seconds for processes to start: importing a worker costs seconds of computing."""
LOOK, LONGEST_PAUSE = 0.01, 0.2
"""Seconds between two looks, the first where a look costs next to nothing."""
PAUSE_PER_LOOK = 9.0
"""Times as long as a look took: waiting leaves nine tenths of a processor to what is waited for."""
STATES: dict[str, Callable[[], object]] = {}
"""What a failing test is shown with: name -> its state at that moment."""


def wait_for(condition: Callable[[], Found], what: str = "", limit: float = LIMIT) -> Found:
    """The first true thing that `condition` returns. Fails the test after `limit` seconds, naming `what`."""
    __tracebackhide__ = True
    deadline = time.monotonic() + limit
    while True:
        begun = time.monotonic()
        late = begun >= deadline
        found = condition()
        if found:
            return found
        if late:
            pytest.fail(
                f"waited {limit:.0f} s in vain for {what or 'what the line above says'}; seen: {found!r}"
            )
        time.sleep(min(LONGEST_PAUSE, max(LOOK, PAUSE_PER_LOOK * (time.monotonic() - begun))))


def join(*threads: threading.Thread, limit: float = LIMIT) -> None:
    """Returns when all of them have ended."""
    __tracebackhide__ = True
    wait_for(lambda: not any(thread.is_alive() for thread in threads), "threads to end", limit)


@contextmanager
def shown_on_failure(name: str, state: Callable[[], object]) -> Iterator[None]:
    """While this is open, a test that fails is shown with what `state` returns then."""
    STATES[name] = state
    try:
        yield
    finally:
        STATES.pop(name, None)
