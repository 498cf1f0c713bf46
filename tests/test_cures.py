"""Whoever asks with an error message is not shown the message alone: its solution stands beside it."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.procedures.cures import with_cures
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts

FAULT = "pump refused: valve 7 of the tank is stuck half open"
ASKED = f"{FAULT} on the north tower"
SYMPTOM = f"Where the valve has rusted you may see a line such as:\n\n```text\n{FAULT}\n```"
CURE = "Warm the valve with the small lamp for ten minutes and turn it by hand."
CAUSE = "Salt water dries in the thread of the valve over the winter."


def page(number: int, text: str, *path: str) -> Excerpt:
    """A section, published at an address that leads to its heading."""
    url = f"https://harbour.example/tank.md#{path[-1].lower()}"
    return Excerpt(number, "The tank", text, path, url=url, path="tank.md")


def quoted(question: str, *pages: Excerpt) -> str:
    return "\n\n".join(one.text for one in quotes_of(read_excerpts(question, pages, None)))


@pytest.mark.parametrize(
    ("symptom", "solution"),
    [
        (("Valves", "Symptoms"), ("Valves", "Solutions")),
        (("Valves", "Symptoms"), ("Valves", "How to fix it")),
        (("Valves",), ("Valves", "Workaround")),
        (("阀门", "现象"), ("阀门", "解决办法")),
        (("Symptoms",), ("Resolution",)),
    ],
)
def test_the_solution_beside_a_symptom_is_shown(symptom: tuple[str, ...], solution: tuple[str, ...]) -> None:
    assert CURE in quoted(ASKED, page(1, SYMPTOM, *symptom), page(2, CURE, *solution))


def test_causes_may_stand_between_and_ways_below() -> None:
    pages = (
        page(1, SYMPTOM, "Valves", "Symptoms"),
        page(2, CAUSE, "Valves", "Causes"),
        page(3, "There is more than one way.", "Valves", "Solutions"),
        page(4, CURE, "Valves", "Solutions", "Warm it"),
    )
    assert CURE in quoted(ASKED, *pages)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        (("Valves", "History"), "tank.md"),
        (("Lamps", "Solutions"), "tank.md"),
        (("Valves", "Solutions"), "lamp.md"),
    ],
)
def test_what_is_no_solution_of_it_is_not(path: tuple[str, ...], other: str) -> None:
    below = Excerpt(2, "The tank", "Polish the brass on Sundays with vinegar and ash.", path, path=other)
    reading = read_excerpts(ASKED, [page(1, SYMPTOM, "Valves", "Symptoms"), below], None)
    first = quotes_of(reading)[:1]
    assert with_cures(first, reading) == first


def test_nor_is_it_where_nothing_is_wrong() -> None:
    pages = page(1, "The tank holds 900 litres of oil.", "Tank", "Size"), page(2, CURE, "Tank", "Solutions")
    assert CURE not in quoted("how many litres does the tank hold", *pages)
