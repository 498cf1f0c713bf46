"""What somebody at a terminal sees of what takes long; a pipe sees nothing."""

from __future__ import annotations

import io

import pytest

from bot.config import progress
from bot.config.progress import Display, counted, line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, Clock]:
    terminal, clock = Terminal(), Clock()
    monkeypatch.setattr(progress, "_display", Display(terminal, clock))
    return terminal, clock


def test_a_line_says_phase_share_and_time_left() -> None:
    assert line("embedding", 120, 480, 40.0) == "embedding 25%, 120 of 480, 2:00 left"
    assert line("reading", 0, 480, 0.0) == "reading 0%, 0 of 480"
    assert line("reading", 31, 0, 65.0) == "reading 31, 1:05"
    assert line("asking", 0, 0, 7.0) == "asking, 0:07"


def test_what_is_quick_is_not_shown(shown: tuple[Terminal, Clock]) -> None:
    terminal, clock = shown
    for _ in counted(range(9), "reading", 9):
        clock.now += 0.1
    assert terminal.getvalue() == ""


def test_what_takes_long_is_shown_and_gone_when_it_ends(shown: tuple[Terminal, Clock]) -> None:
    terminal, clock = shown
    for _ in counted(range(4), "reading", 4):
        clock.now += 1.0
    drawn = [one.strip() for one in terminal.getvalue().split("\r") if one.strip()]
    assert drawn == [
        "reading 25%, 1 of 4, 0:03 left",
        "reading 50%, 2 of 4, 0:02 left",
        "reading 75%, 3 of 4, 0:01 left",
    ]
    assert terminal.getvalue().endswith("\r")


def test_what_is_waited_for_in_a_loop_is_a_step_of_it(shown: tuple[Terminal, Clock]) -> None:
    """As each whole answer of `index check` is, which is quick by itself."""
    terminal, clock = shown
    for _ in counted(range(4), "asking", 4):
        with progress.waiting("loading"):
            clock.now += 0.5
        for _ in counted(range(2), "answering", 2):
            clock.now += 0.25
    drawn = [one.strip() for one in terminal.getvalue().split("\r") if one.strip()]
    assert drawn == [
        "asking 25%, 1 of 4, 0:03 left",
        "asking 50%, 2 of 4, 0:02 left",
        "asking 75%, 3 of 4, 0:01 left",
    ]
    with progress.waiting("comparing"):
        clock.now += 2.0
        progress.tell("comparing", 0)
    assert "comparing, 0:02" in terminal.getvalue(), "the loop has ended"


def test_the_line_goes_when_the_loop_breaks(shown: tuple[Terminal, Clock]) -> None:
    terminal, clock = shown
    for number in counted(range(9), "reading", 9):
        clock.now += 2.0
        if number == 3:
            break
    assert terminal.getvalue().endswith("\r")


def test_a_pipe_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_display", None)
    pipe = io.StringIO()
    progress.show_on(pipe)
    progress.tell("reading", 1, 2)
    with progress.waiting("asking"):
        assert list(counted("ab", "reading", 2)) == ["a", "b"]
    assert pipe.getvalue() == ""


def test_a_log_gets_a_line_every_ten_seconds_though_the_phases_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, log = Clock(), io.StringIO()
    monkeypatch.setattr(progress, "_display", progress.Lines(log, clock))
    for number in range(12):
        clock.now += 2.0
        progress.tell("asking", number, 12)
        progress.tell("waiting for the model", 0, 0)
    assert len(log.getvalue().splitlines()) == 2


def test_work_goes_on_where_the_terminal_is_gone(shown: tuple[Terminal, Clock]) -> None:
    terminal, clock = shown
    terminal.close()
    done = []
    for item in counted(range(4), "reading", 4):
        clock.now += 1.0
        done.append(item)
    assert done == [0, 1, 2, 3]
