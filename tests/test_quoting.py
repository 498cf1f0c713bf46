"""A model never makes the bot worse than no model: quotes where it finds nothing and a passage answers."""

from __future__ import annotations

import pytest

from worker.engines.extractive.stand_in import LEAST_SHARED, quoted
from worker.excerpts import Excerpt
from worker.prompts import Prompts

PORT = Excerpt(
    1, "Configure the port of Harbor", "Set `harbor.port` in harbor.yaml; the default port is 8099."
)


def test_a_passage_that_answers_is_quoted_with_its_source_and_says_why() -> None:
    found = quoted(Prompts("How do I configure the port of Harbor?", [PORT], "en").answer())
    assert "`harbor.port`" in found
    assert "[1]" in found


@pytest.mark.parametrize(
    "question", ["How do I bake bread in a clay oven?", "What does the Berlin office cost?"]
)
def test_what_no_passage_answers_stays_not_found(question: str) -> None:
    assert quoted(Prompts(question, [PORT], "en").answer()) == ""
    assert 0.5 <= LEAST_SHARED <= 0.8
