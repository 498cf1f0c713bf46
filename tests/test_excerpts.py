"""What the list of sources shows of an excerpt: one line, with no lines of tables."""

from __future__ import annotations

import pytest

from worker.excerpts import EXCERPT_LENGTH, Excerpt


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Two\n\nparagraphs.", "Two paragraphs."),
        ("| Field | Type |\n| :--- | ---: |\n| port | int |", "Field · Type port · int"),
        ("Before:\n\n| a |  |\n|---|---|\n| b | c |\n\nAfter.", "Before: a b · c After."),
        ("cat a | grep b", "cat a | grep b"),
        ("|", "|"),
        (
            "## Light it\n\n- Fill in oil\n- [x] Trim\n\n```sh\nlamp --on\n```",
            "Light it Fill in oil Trim lamp --on",
        ),
        ("1. ~~~ bash\n   lamp\n   ~~~\n\n::: tip\n> Wait\n:::", "lamp Wait"),
        ("lamp-{{ lamp.version }}.tgz {% raw %}burns{% endraw %}", "lamp-….tgz burns"),
    ],
)
def test_a_source_is_shown_in_one_line(text: str, shown: str) -> None:
    assert Excerpt(1, "Page", text).source().excerpt == shown


def test_a_long_one_is_cut() -> None:
    assert len(Excerpt(1, "Page", "| a | b |\n" * 900).source().excerpt) == EXCERPT_LENGTH
