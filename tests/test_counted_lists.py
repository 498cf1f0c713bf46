"""Lists that say how many points they have: shown whole, or with a line that says which are shown."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.procedures.counted import count_of
from worker.finding.quote import Quote, Steps
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.pipeline.quoted import signed

FILLER = "The keeper writes down in the book of the tower what was done, by whom and when. "
POINTS = (
    "- With whale oil, the lamp burns bright all night. ",
    "- With rapeseed, it takes a wider wick and the glass is cleaned in the morning. ",
    "- On gas, whoever has a pipe needs a valve that the harbour office sells. ",
)


def quote(question: str, text: str) -> Quote:
    page = Excerpt(1, "Lamp", text, ("Lamp", "Fuel"))
    return quotes_of(read_excerpts(question, [page], None))[0]


def listed(said: str, filler: str, code: bool = False) -> str:
    below = "\n\n```\nlamp --fuel\n```\n" if code else ""
    return "\n\n".join([said, *(f"{point}{filler}{below}" for point in POINTS)])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The lamp burns in three ways:", 3),
        ("It knows 4 modes of burning:", 4),
        ("先看说明。常用的有以下三种灯油：", 3),
        ("灯有 2 种模式，如下：", 2),
        ("Three keepers live below the lamp.", 0),
        ("Since 2024:", 0),
        ("The lamp burns like this:", 0),
    ],
)
def test_how_many_there_are_is_read(text: str, count: int) -> None:
    assert count_of(text) == count


@pytest.mark.parametrize("code", [False, True])
def test_no_point_of_a_counted_list_is_left_out_where_there_is_room(code: bool) -> None:
    found = quote("does the lamp burn whale oil", listed("The lamp burns in three ways:", FILLER * 2, code))
    assert all(point.strip() in found.text for point in POINTS)
    assert found.steps is None


def test_where_a_counted_list_is_too_long_it_is_said_which_points_are_shown() -> None:
    found = quote("does the lamp burn whale oil", listed("The lamp burns in three ways:", FILLER * 6))
    assert found.steps == Steps((1,), 3)
    assert signed(found, "en").endswith("(Shown: point 1 of 3; the page has the others.)*")


def test_of_a_list_that_says_no_number_or_another_nothing_is_said() -> None:
    for said in ("The lamp burns like this:", "The lamp burns in four ways:"):
        found = quote("does the lamp burn whale oil", listed(said, FILLER * 6))
        assert found.steps is None
        assert POINTS[2].strip() not in found.text
