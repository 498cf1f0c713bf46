"""Short forms that a page explains: asked with one form, answered with the other."""

from __future__ import annotations

import pytest

from index.text.terms import terms
from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.forms.abbreviated import explained_in
from worker.prompts import Prompts


@pytest.mark.parametrize(
    ("text", "short", "full"),
    [
        ("Every Night Duty Allowance (NDA) is paid in March.", "NDA", "Night Duty Allowance"),
        ("all guests, or right of way (ROW) holders", "ROW", "right of way"),
        ("A Leave of Absence (LOA) is longer.", "LOA", "Leave of Absence"),
        ("the two-step door code (TSDC)", "TSDC", "two-step door code"),
        ("- **Keeper Shift Plan** (KSP)", "KSP", "Keeper Shift Plan"),
        ("inner parcel belts (IPBs)", "IPB", "inner parcel belts"),
    ],
)
def test_what_a_text_explains(text: str, short: str, full: str) -> None:
    assert explained_in(text) == ((terms(short)[0], frozenset(terms(full))),)


@pytest.mark.parametrize(
    "text",
    [
        "Every door has a lamp (LED).",
        "Press the button (RED)",
        "Right of way. It (ROW) is wide",
        "a parcel (Belt) runs",
        "the best (TB) of",
        "(ROW)",
        "one (A)",
    ],
)
def test_what_explains_nothing(text: str) -> None:
    assert explained_in(text) == ()


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        (
            "how much nda do we get",
            "As a rule a keeper who stays after ten is paid a night duty allowance of 40 marks an hour.",
            "Write to the office where you get NDA too late.",
        ),
        (
            "how much is the night duty allowance an hour",
            "NDA is 40 marks an hour.",
            "Who is on duty at night counts 3 hours of it double.",
        ),
    ],
)
def test_either_form_finds_the_other(question: str, answer: str, other: str) -> None:
    pages = [
        Excerpt(1, "Pay", answer, ("Pay", "Amounts"), path="pay.md", score=1.0),
        Excerpt(2, "Accounts", other, ("Accounts", "Lists"), path="accounts.md", score=1.0),
        Excerpt(3, "Words", "A night duty allowance (NDA) is pay.", ("Words",), path="words.md", score=0.4),
    ]
    quotes = list(choose(Prompts(question, pages, "en").answer()))
    assert quotes[0] == (1, answer)
