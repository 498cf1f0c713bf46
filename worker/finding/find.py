"""A question and its search -> the quotes that answer best, and how likely they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from worker.excerpts import Excerpt
from worker.finding.asked import NO_QUESTION
from worker.finding.quotes import Quote, quotes_of
from worker.finding.reading import Reading, Similarity, read_pages
from worker.finding.support import Background, probability, support_numbers

if TYPE_CHECKING:
    from index.gate.gate import Decision
    from index.search.searcher import Lookup, Passage, Searcher

PASSAGES = 12
"""Passages whose pages are read."""
FIFTIETH = 50
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


def find(
    searcher: Searcher,
    lookup: Lookup,
    passages: Sequence[Passage],
    decision: Decision,
    similarity: Similarity | None,
) -> Found:
    """Reads the pages of the passages and judges what they hold."""
    reading = read_pages(searcher, lookup, passages, similarity)
    quotes = tuple(quotes_of(reading))
    if not quotes:
        return Found(reading, (), 0.0)
    background = background_of(searcher, lookup, decision)
    return Found(reading, quotes, probability(support_numbers(reading, quotes, background)), background)


def judged(found: Found, text: str, cited: Sequence[Excerpt]) -> float:
    """How likely a text that was written from these excerpts answers: the same judgement, of other words."""
    if found.background is None or not found.reading.candidates:
        return 0.0
    written = [Quote(excerpt, text if place == 0 else "", 0.0) for place, excerpt in enumerate(cited)]
    return probability(support_numbers(found.reading, written, found.background))


def background_of(searcher: Searcher, lookup: Lookup, decision: Decision) -> Background:
    """What the index and the gate say of a question."""
    scores = np.sort(lookup.fused)[::-1]
    return Background(
        frequency=searcher.lexical.document_frequency,
        chunks=searcher.lexical.count,
        dense=float(lookup.dense.max(initial=0)),
        search=float(scores[0]) if len(scores) else 0.0,
        search_drop=float(scores[0] - scores[min(FIFTIETH, len(scores)) - 1]) if len(scores) else 0.0,
        gate=decision.probability,
        talk=_talk(decision),
    )


def _talk(decision: Decision) -> float:
    """What the gate read of small talk, for a message that asks nothing."""
    values = {reason.feature: reason.value for reason in decision.reasons}
    return max(0.0, values.get("talk", 0.0)) if values.get("asks", 0.0) < ASKS else 0.0
