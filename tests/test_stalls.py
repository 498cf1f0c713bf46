"""tests.stalls: a test is stopped at lines that its name and the number choose, and at no others."""

from __future__ import annotations

import sys

import pytest

from tests import stalls
from tests.stalls import MOST, Stops, chance


def steps() -> int:
    """A few lines."""
    done = 0
    for _ in range(40):
        done += 1
    return done


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each stop was; none takes time."""
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def stopped(test: str) -> list[str]:
    """Where a test of this name, which takes the steps, is stopped."""
    stops, before = Stops(test), sys.gettrace()
    sys.settrace(stops.enter)
    try:
        steps()
    finally:
        sys.settrace(before)
    return stops.places


def test_the_same_lines_each_time_and_others_for_another_test(slept: list[float]) -> None:
    places = {name: stopped(name) for name in map(str, range(20))}
    assert places == {name: stopped(name) for name in places}
    assert len(set(map(tuple, places.values()))) > 1
    assert max(map(len, places.values())) == MOST
    assert len(slept) == 2 * sum(map(len, places.values()))
    assert {place.rpartition(":")[0] for one in places.values() for place in one} == {__file__}


def test_an_end_is_the_end(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalls, "chance", lambda file: 1.0)
    stops = Stops("any")
    assert stops.enter(sys._getframe(), "call", None)
    stops.end()
    assert stops.enter(sys._getframe(), "call", None) is None


@pytest.mark.parametrize(
    ("file", "stops"),
    [
        (__file__, True),
        (stalls.__file__.replace("tests/stalls", "bot/clock"), True),
        (stalls.__file__.replace("stalls", "waiting"), False),
        (pytest.__file__, False),
        ("<string>", False),
    ],
    ids=["a test", "the product", "what waits", "a library", "no file"],
)
def test_what_is_stopped_at(file: str, stops: bool) -> None:
    assert (chance(file) > 0) is stops
