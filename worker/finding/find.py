"""A question and its search -> the quotes that answer best, and how likely they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from worker.excerpts import Excerpt
from worker.finding.asked import NO_QUESTION, Asked, about_of
from worker.finding.quote import Quote
from worker.finding.quotes import quotes_of
from worker.finding.reading import Reading, Similarity, read_pages
from worker.finding.second_look.pieces import read_again
from worker.finding.several import apart
from worker.finding.support import Background, probability, support_numbers

if TYPE_CHECKING:
    from index.gate.gate import Decision
    from index.search.searcher import Lookup, Passage, Searcher

Scores = npt.NDArray[np.float32]
PASSAGES = 12
"""Passages whose pages are read."""
FIFTIETH = 50
CROWD = 4 * FIFTIETH
"""Chunks of an index whose fiftieth is one of the crowd."""
USUAL = 0.54
"""The fiftieth score as a share of the best, for questions that documents answer."""
ASKS = 0.5
"""The gate's number for a message that asks is above this."""


@dataclass(frozen=True)
class Found:
    """What the documents say to a question."""

    reading: Reading
    quotes: tuple[Quote, ...]
    support: float
    """How likely the quotes answer it, 0 to 1."""
    background: Background | None = None


NOTHING = Found(Reading(NO_QUESTION, ()), (), 0.0)
"""Before anything was read."""


def prepare(searcher: Searcher, question: str) -> None:
    """Embeds a question and what it is about together, before it is looked up and its pages are read."""
    from index.search.embed import remembered

    query = searcher.spelt(question)
    remembered(searcher.embedder).ask([query, about_of(query)])


def find(
    searcher: Searcher,
    lookup: Lookup,
    passages: Sequence[Passage],
    decision: Decision,
    similarity: Similarity | None,
    again: Similarity | None = None,
) -> Found:
    """Reads the pages of the passages and judges what they hold; `again`: the second look's cosines."""
    reading = _looked_at(read_pages(searcher, lookup, passages, similarity), again)
    parts = [_read(searcher, part, similarity, again) for part in apart(reading.asked)]
    quotes = tuple(quotes_of(reading, parts))
    if not quotes:
        return Found(reading, (), 0.0)
    background = background_of(searcher, lookup, decision, fault=names_a_fault(reading.asked))
    numbers = support_numbers(reading, quotes, background)
    return Found(reading, quotes, probability(numbers, second=reading.second), background)


def _read(
    searcher: Searcher, question: str, similarity: Similarity | None, again: Similarity | None
) -> Reading:
    """What is read for a part of a question by itself."""
    lookup = searcher.look_up(question)
    passages = searcher.search(question, PASSAGES, lookup=lookup)
    return _looked_at(read_pages(searcher, lookup, passages, similarity), again)


def _looked_at(reading: Reading, again: Similarity | None) -> Reading:
    return reading if again is None else read_again(reading, again)


def judged(found: Found, text: str, cited: Sequence[Excerpt]) -> float:
    """How likely a text that was written from these excerpts answers: the same judgement, of other words."""
    if found.background is None or not found.reading.candidates:
        return 0.0
    written = [Quote(excerpt, text if place == 0 else "", 0.0) for place, excerpt in enumerate(cited)]
    numbers = support_numbers(found.reading, written, found.background)
    return probability(numbers, second=found.reading.second)


def names_a_fault(asked: Asked) -> bool:
    """Whether it tells of a fault by its number or name: "got 431", however short, is no small talk."""
    return "trouble" in asked.kinds and any(
        "_" in word or (word.isdecimal() and len(word) > 2) for word in asked.weights
    )


def background_of(
    searcher: Searcher, lookup: Lookup, decision: Decision, *, fault: bool = False
) -> Background:
    """What the index and the gate say of a question."""
    return Background(
        chunks=searcher.lexical.count,
        search_drop=stands_out(np.sort(lookup.fused)[::-1]),
        talk=0.0 if fault else _talk(decision),
    )


def stands_out(scores: Scores) -> float:
    """How far the best score lies above the fiftieth.

    A small index has no crowd of chunks that resemble the question by chance; there it is what is usual.
    """
    if not len(scores):
        return 0.0
    crowd = min(1.0, len(scores) / CROWD)
    below = float(scores[min(FIFTIETH, max(1, len(scores) // 4)) - 1])
    return float(scores[0]) - crowd * below - (1 - crowd) * USUAL * float(scores[0])


def _talk(decision: Decision) -> float:
    """What the gate read of small talk, for a message that asks nothing."""
    values = {reason.feature: reason.value for reason in decision.reasons}
    return max(0.0, values.get("talk", 0.0)) if values.get("asks", 0.0) < ASKS else 0.0


def similarity_of(searcher: Searcher) -> Similarity:
    """Cosines by the index's own embedder."""

    from index.search.embed import remembered

    def similarity(text: str, others: Sequence[str]) -> Sequence[float]:
        return remembered(searcher.embedder).cosines(text, others) if others else []

    return similarity
