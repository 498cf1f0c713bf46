"""Stops tests between two of their lines, so that one that counts on time fails on a quick machine, too.

    STALLS=7 make test ARGS="-p tests.stalls -m 'not slow'"

The number and the name of a test choose the lines, so what failed fails again; another number tries others.
Lines of the tests and of the product are stopped at alike, in whichever thread comes by, and a failure says
where that was. A clock that goes on meanwhile, a key of Redis that ends, a limit of the product's own that
must not be reached: that is what it finds. Each stop costs a second and no computing: give it `-n 8`.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
STOPPED = ("tests", "bot", "worker", "index", "simulator")
"""Folders whose lines are stopped at."""
LEFT_ALONE = ("waiting.py", "left_behind.py", "failure_report.py", "forked_python.py", "conftest.py")
"""Of the tests: what waits or looks by itself."""
CHANCE = {"tests": 0.08}
"""How likely a stop is at a line; elsewhere a test comes by far more of them."""
CHANCE_ELSEWHERE = 0.004
MOST = 2
"""Stops of one test."""
SECONDS = 1.5
"""One stop: longer than what the tests give to something that shall run out of time."""
_STOPS = pytest.StashKey["Stops"]()


class Stops:
    """Where one test is stopped."""

    def __init__(self, test: str) -> None:
        self._random = random.Random(f"{os.environ.get('STALLS', '1')} {test}")
        self._over = False
        self.places: list[str] = []

    def enter(self, frame: FrameType, event: str, argument: object) -> Any:
        """For sys.settrace: called at each call of a function, by the thread that calls."""
        if self._is_over() or not chance(frame.f_code.co_filename):
            return None
        return self._line

    def end(self) -> None:
        """No more stops."""
        self._over = True

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        file = frame.f_code.co_filename
        if event == "line" and not self._is_over() and self._random.random() < chance(file):
            self.places.append(f"{file}:{frame.f_lineno}")
            time.sleep(SECONDS)
        return self._line

    def _is_over(self) -> bool:
        return self._over or len(self.places) >= MOST


@cache
def chance(file: str) -> float:
    """How likely a stop is at each line of a file; 0 for what is not ours."""
    path = Path(file)
    if not path.is_relative_to(ROOT) or path.name in LEFT_ALONE:
        return 0.0
    folder = path.relative_to(ROOT).parts[0]
    return CHANCE.get(folder, CHANCE_ELSEWHERE) if folder in STOPPED else 0.0


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Stops the test itself; its fixtures have the time they need."""
    stops = pyfuncitem.stash[_STOPS] = Stops(pyfuncitem.nodeid)
    threading.settrace(stops.enter)
    sys.settrace(stops.enter)
    try:
        return (yield)
    finally:
        stops.end()
        sys.settrace(None)
        threading.settrace(None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Says of a failure where the test was stopped."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.failed and _STOPS in item.stash:
        report.sections.append(("stopped at", "\n".join(item.stash[_STOPS].places)))
    return report  # type: ignore[return-value]
