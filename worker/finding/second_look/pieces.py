"""Which pieces get a second look, and what it makes of them.

The pieces are what the question is about already; which of them answers it is what the model is asked. So a
piece's number is how much nearer to the question it is than the others, which needs no scale of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from worker.finding.blocks.tidy import one_line
from worker.finding.features import SECOND_LOOK
from worker.finding.quote import page_of
from worker.finding.ranking import rank
from worker.finding.reading import SCORE, Candidate, Reading, Similarity

BEST, OTHER_PAGES = 10, 6
"""Pieces that are looked at again: the best, and the best one of so many pages that have none among them."""
LENGTH, QUESTION = 200, 300
"""Characters that are read of a piece, its headings among them, and of a question."""


def read_again(reading: Reading, similarity: Similarity) -> Reading:
    """The reading, ranked anew after a second look at its best pieces."""
    ranked = reading.candidates
    if not ranked:
        return reading
    places = _chosen(ranked)
    cosines = np.array(similarity(reading.asked.text[:QUESTION], [_text(ranked[place]) for place in places]))
    numbers = np.array([candidate.numbers for candidate in ranked])
    numbers[places, SECOND_LOOK] = cosines - cosines.mean()
    scores = rank(numbers, second=True).tolist()
    again = [
        replace(candidate, numbers=tuple(own), score=score)
        for candidate, own, score in zip(ranked, numbers.tolist(), scores, strict=True)
    ]
    return Reading(reading.asked, tuple(sorted(again, key=SCORE, reverse=True)), second=True)


def _chosen(ranked: Sequence[Candidate]) -> list[int]:
    best = list(range(min(BEST, len(ranked))))
    seen = {page_of(ranked[place].section.excerpt) for place in best}
    others: list[int] = []
    for place in range(len(best), len(ranked)):
        page = page_of(ranked[place].section.excerpt)
        if page not in seen and len(others) < OTHER_PAGES:
            seen.add(page)
            others.append(place)
    return best + others


def _text(candidate: Candidate) -> str:
    """The piece below its title and heading, as far as it is read."""
    atom, excerpt = candidate.atom, candidate.section.excerpt
    heading = atom.heading or (excerpt.heading_path[-1] if excerpt.heading_path else "")
    above = dict.fromkeys(filter(None, (excerpt.title, heading)))
    lead = atom.lead if atom.kind == "item" else ""
    return f"{' > '.join(above)}: {one_line(f'{lead} {atom.text}')}"[:LENGTH]
