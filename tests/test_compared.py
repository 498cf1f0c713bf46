"""Two things that a question compares, and parts of a question that have no words of their own."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.asked import Asked, read_question
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts
from worker.finding.several import apart, parts_of, unanswered

LAMP = Excerpt(
    1,
    "Lamps",
    "The mainlamp is lit at dusk and burns until dawn. The mainlamp is never lit twice in one night, "
    "whatever the weather. Whoever lights the mainlamp writes it down.",
    ("Mainlamp",),
    path="lamps.md",
)
KEYS = Excerpt(
    2,
    "Keys",
    "Beside the door hang several keys, and sidelamp oil stands below them in a can that nobody moves.\n\n"
    "| Key | Does |\n|---|---|\n| sidelamp | warns ships that pass the mole |\n| horn | is blown in fog |",
    ("Panel",),
    path="keys.md",
)


def asked(question: str) -> Asked:
    return read_question(question, lambda word: 3.0, lambda word: True)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("what is the difference between a red buoy and a green buoy?", [{"red"}, {"green"}]),
        ("mole vs. pier", [{"mole"}, {"pier"}]),
        ("Compare the horn with the bell", [{"horn"}, {"bell"}]),
        ("红灯和绿灯有什么区别", [{"红灯"}, {"绿灯"}]),
        ("lamp vs lamp-lite", []),
        ("mode 1 vs mode 2", []),
        ("When does the horn blow?", []),
        ("Where is the ship between the mole and the pier?", []),
    ],
)
def test_what_is_compared_is_told(question: str, sides: list[set[str]]) -> None:
    parts = parts_of(asked(question))
    assert [{*part.weights} for part in parts] == [
        side | {*part.weights} for side, part in zip(sides, parts, strict=True)
    ]
    assert not any({*a.weights} & {*b.weights} for a in parts for b in parts if a is not b)


def test_of_two_things_that_are_compared_both_are_quoted() -> None:
    reading = read_excerpts("mainlamp vs sidelamp", [LAMP, KEYS], None)
    shown = "\n\n".join(quote.text for quote in quotes_of(reading))
    assert "lit at dusk" in shown
    assert "| sidelamp | warns ships that pass the mole |" in shown


def test_a_part_without_words_of_its_own_is_neither_looked_up_nor_said_to_be_open() -> None:
    question = asked("do we get a lamp and which kind")
    assert apart(question) == ["do we get a lamp"]
    assert unanswered(question, []) == ["do we get a lamp"]
    assert apart(asked("who lights the lamp / how do I order oil")) == [
        "who lights the lamp",
        "how do I order oil",
    ]
