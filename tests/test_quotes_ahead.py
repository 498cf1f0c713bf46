"""A quote that says what is below has it: the text, or the names of the sections."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.procedures.ahead import number_in, points_ahead
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts

FILLER = "The keeper writes down in the book of the tower what was done that day, by whom and when. " * 5
SIGNALS = ("Ways of signalling",)
WAYS = "A ship in the fog is signalled in one of three ways, and the keeper picks the way."
RULES = "Whoever stays in the lighthouse for more than one night has to follow these additional guidelines."
ASK = "The keeper is asked at least nine days before, in a letter."
TITLE = "Asking the keeper"


def quoted(question: str, *pages: Excerpt) -> str:
    return "\n\n".join(one.text for one in quotes_of(read_excerpts(question, pages, None)))


def page(number: int, text: str, *path: str) -> Excerpt:
    return Excerpt(number, "Harbour", text, path, path="harbour.md")


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("You need to follow these additional guidelines.", True),
        ("It is done in one of three ways, described below.", True),
        ("The command is as follows.", True),
        ("The lamp takes the following values.", True),
        ("灯的参数如下。", True),
        ("Should the wick still smoke, trim it and light the lamp anew:", True),
        ("灯芯冒烟时，先剪灯芯再点灯：", True),
        ("可以使用以下几种方式。", True),
        ("It is lit on the following Monday.", False),
        ("The tank lies below.", False),
        ("These are the settings of the lamp that nobody changes.", False),
        ("水位在以下，灯亮。", False),
    ],
)
def test_a_sentence_that_says_that_more_is_below_is_told(text: str, ahead: bool) -> None:
    assert points_ahead(text) is ahead


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("one of three ways", 3),
        ("There are two quite different modes", 2),
        ("支持四种模式", 4),
        ("三种不同的方式", 3),
        ("It takes three days", 0),
        ("十三种方式", 0),
        ("23 types", 0),
        ("", 0),
    ],
)
def test_how_many_there_are_is_read(text: str, number: int) -> None:
    assert number_in(text) == number


def test_what_a_sentence_announces_with_a_full_stop_is_quoted_below_it() -> None:
    text = f"{FILLER}\n\n{RULES}\n\n{TITLE}\n\n{ASK}\n\n{FILLER}"
    told = quoted("may I stay in the lighthouse for more than one night", page(1, text, "Guests"))
    assert told.index("guidelines") < told.index(TITLE) < told.index(ASK)


def signalling(*names: str, text: str = WAYS) -> str:
    sections = [page(2 + at, f"{FILLER} {at}", *SIGNALS, name) for at, name in enumerate(names)]
    return quoted("in which ways is a ship in the fog signalled", page(1, text, *SIGNALS), *sections)


def test_of_ways_that_are_sections_of_their_own_all_are_named_in_their_order() -> None:
    told = signalling("The horn", "The bell", "The flag")
    assert told.index("- The horn\n- The bell\n- The flag") > told.index("three ways")


def test_sections_are_named_only_where_their_number_is_told_or_they_are_announced() -> None:
    assert "- The horn" not in signalling("The horn", "The bell")
    announced = "The ways in which a ship in the fog is signalled are described below."
    assert "- The horn\n- The bell" in signalling("The horn", "The bell", text=announced)
    named = f"{WAYS} They are the horn, the bell and the flag."
    assert "- The horn" not in signalling("The horn", "The bell", "The flag", text=named)
