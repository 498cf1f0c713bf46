"""Tables as answers: the rows that answer under their head, with a sign where others are left out."""

from __future__ import annotations

import pytest

from worker.excerpts import Excerpt
from worker.finding.quotes import quotes_of
from worker.finding.reading import read_excerpts

FILLER = "The ferry house stands at the end of the quay and is looked after by two people. " * 4


def table(*rows: str) -> str:
    head, *others = rows
    return "\n".join([head, "|---" * (head.count("|") - 1) + "|", *others])


MATRIX = table(
    "| | captain | pilot | deckhand |",
    *(
        f"| {duty} | ✔️ | {'✔' if place < 6 else '✗'} | {'✔' if place < 3 else '✗'} |"
        for place, duty in enumerate(
            [
                *("tie up the boat", "wash the deck", "sell tickets", "read the chart"),
                *("sound the horn", "close the gate", "lower the anchor", "sign the log"),
            ]
        )
    ),
)
"""Who may do what: the question names a column and a row."""
PLAN = table(
    "| route | first boat | freight | dogs |",
    *(f"| {pier} pier | 0{hour}:15 | up to {hour}00 kg | on a lead |" for hour, pier in enumerate(
        ["Saltmarsh", "Coalport", "Ropewalk", "Tarbert", "Eelpie", "Mossbank", "Foglight", "Heronry"], 1
    )),
)  # fmt: skip


def card(question: str, *pages: tuple[str, str]) -> list[str]:
    excerpts = [Excerpt(number, title, text, (title,)) for number, (title, text) in enumerate(pages, 1)]
    return [quote.text for quote in quotes_of(read_excerpts(question, excerpts, None))]


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("Can a pilot sign the log?", "| sign the log |"),
        ("is a deckhand allowed to sell tickets?", "| sell tickets |"),
        ("may the pilot lower the anchor", "| lower the anchor |"),
    ],
)
def test_whether_is_answered_by_the_cell_where_row_and_column_meet(question: str, row: str) -> None:
    prose = f"The pilot can be asked for help by every deckhand. {FILLER}"
    quoted = card(question, ("Crew", prose), ("Duties", f"{FILLER}\n\n{MATRIX}"))
    assert row in quoted[0]
    assert quoted[0].index("| | captain | pilot |") < quoted[0].index(row)


def test_a_sign_stands_where_rows_are_left_out() -> None:
    (quoted, *_) = card("when does the first boat leave Tarbert pier?", ("Boats", PLAN))
    lines = quoted.splitlines()
    assert lines[0].startswith("| route |")
    at = next(place for place, line in enumerate(lines) if "Tarbert pier" in line)
    assert lines[2] == lines[-1] == "| … |  |  |  |"
    assert 2 < at < len(lines) - 1


def test_no_sign_stands_where_none_is_left_out() -> None:
    quoted = card("what is the plan of the first boats?", ("Boats", "\n".join(PLAN.splitlines()[:5])))
    assert "…" not in quoted[0]


def test_rows_beside_the_one_that_answers_are_not_shown() -> None:
    (quoted, *_) = card("when does the first boat leave Tarbert pier?", ("Boats", PLAN))
    assert "Saltmarsh pier" not in quoted
    assert "Heronry pier" not in quoted
