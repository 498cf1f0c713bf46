"""What a failing test is shown with: the state of what it looked at, and the ends of its processes' logs.

Logs are found by their name, `*.log`, in the temporary folders of this run; those written to since the test
began are its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.tmpdir import TempPathFactory

from tests.waiting import STATES

LINES, FILES = 12, 6
"""So many lines of so many logs: one screen."""
_BEGAN = pytest.StashKey[float]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Notes when the test began."""
    item.stash[_BEGAN] = time.time()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Adds to the report of a failure."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.failed:
        report.sections += [(f"state of {name}", _told(name)) for name in list(STATES)]
        factory: TempPathFactory = item.config._tmp_path_factory  # type: ignore[attr-defined]
        report.sections += log_ends(factory.getbasetemp(), item.stash.get(_BEGAN, 0.0))
        if call.excinfo and isinstance(group := call.excinfo.value, BaseExceptionGroup):
            report.longrepr.reprcrash.message = "; ".join(causes(group))  # type: ignore[union-attr]
    return report  # type: ignore[return-value]


def causes(error: BaseException) -> Iterator[str]:
    """First lines of what is in a group of exceptions: the list at the end of a run shows no more of it."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from causes(one)
    else:
        yield f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def log_ends(folder: Path, since: float) -> list[tuple[str, str]]:
    """(title, last lines) of the logs below `folder` written to after `since`, the newest first."""
    found = []
    for file in folder.rglob("*.log"):
        written = file.stat()
        if written.st_mtime >= since and written.st_size:
            found.append((written.st_mtime, file))
    return [(f"end of {file}", _end(file)) for _, file in sorted(found, reverse=True)[:FILES]]


def _end(file: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:])


def _told(name: str) -> str:
    try:
        return str(STATES[name]())
    except Exception as error:  # the state of something broken may not be had
        return f"cannot be told: {error!r}"
