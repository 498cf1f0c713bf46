"""The score out of a chat completion, whatever shape it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.engines.replies.chunks import first_choice, read_chunk
from worker.engines.replies.marks import without_marks
from worker.engines.replies.reasoning import split_reasoning
from worker.engines.replies.scoring import expectation, first_token, first_token_probabilities, parse_reply
from worker.engines.replies.stop_words import STOP_WORDS
from worker.llm import Score, Usage


def read_score(answer: Mapping[str, Any], *, probabilities: bool, opened: str = "no") -> Score:
    """The score, from probabilities where they are shown, else from the text; with what it cost.

    `opened` as of `ReasoningFilter`.
    """
    chunk, choice = read_chunk(answer), first_choice(answer)
    return replace(_score(chunk.text, choice, probabilities, opened), usage=chunk.usage or Usage(1))


def _score(text: str, choice: Mapping[str, Any], probabilities: bool, opened: str) -> Score:
    if probabilities:
        try:
            positions = first_token_probabilities(choice)
        except ValueError as error:
            return Score(None, reason=str(error))
        if positions:
            return expectation(positions, sampled=first_token(choice))
    shown, thought = split_reasoning(text, opened=opened)
    for word in STOP_WORDS:
        shown = shown.removesuffix(word)
    shown = without_marks(shown)
    if thought and not shown:
        return Score(None, reason="the model thought and gave no number")
    return parse_reply(shown)
