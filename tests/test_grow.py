"""A passage is put together as the page stood: what was apart stays apart, what was one stays one."""

from __future__ import annotations

import pytest

from index.search.sections import Grower
from index.text.split import Chunk


def grown(*texts: str, row: int = 0, budget: int = 2400) -> str:
    chunks = [
        Chunk(str(position), "s", "p.md", "P", ("P",), "", text, "", "en", 0.0, position)
        for position, text in enumerate(texts)
    ]
    return Grower(chunks).grow(row, budget)


@pytest.mark.parametrize(
    ("above", "below", "joint"),
    [
        ("1. one\n2. two", "The rest is free.", "\n\n"),
        ("One paragraph.", "Another one.", "\n\n"),
        ("Do this:", "- one", "\n\n"),
        ("- one", "- two", "\n"),
        ("1. one\n   more", "2. two", "\n"),
        ("| a |\n|---|\n| b |", "| c |", "\n"),
        ("```\none", "two\n```", "\n"),
    ],
)
def test_pieces_are_joined_as_they_stood(above: str, below: str, joint: str) -> None:
    assert grown(above, below) == f"{above}{joint}{below}"


def test_a_passage_that_begins_inside_code_opens_it() -> None:
    assert grown("```python\nfirst", "second\n```\n\nAfter it.", row=1, budget=1).startswith(
        "```python\nsecond"
    )


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("1. Install\n\n   ```sh\n   pip install x", "   ```"),
        ("> ~~~~ text\n> a", "> ~~~~"),
        ("- a\n  > ```\n  > b", "  > ```"),
        ("!!! note\n\n    ```\n    c", "    ```"),
    ],
)
def test_code_in_a_list_or_quote_is_closed_where_it_stands(text: str, closing: str) -> None:
    assert grown(text, "```", budget=1) == f"{text}\n{closing}"


def test_a_passage_that_ends_inside_code_closes_it() -> None:
    assert grown("Before.\n\n````sh\nfirst", "second\n````", budget=1) == "Before.\n\n````sh\nfirst\n````"
