"""How the signals of one question become one score for every candidate. Pure arithmetic on arrays.

The signals are added as they are, not by their ranks: a heading that means exactly what was asked has a
cosine near 1, and where no heading does the best one is near 0.5 and should count for little; ranks would
make both a winner. BM25 is divided by the most that the question's words could score, so that a Chinese
question of which an English index knows one word leans on the dense half by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Pages = npt.NDArray[np.int64]
TITLE_FROM = 0.5
"""A title counts by how far its cosine lies above this."""
HEADINGS_FROM = 0.35
"""Headings count by how far they cover more than this of the question's words: a heading that shares one
common word with a question says nothing."""
_NO_PART_OF_TOTAL = frozenset({"page", "bare", "headings", "related", "faq"})
"""Weights that come on top of what a perfect chunk scores."""


@dataclass(frozen=True)
class Weights:
    """What each signal counts. Fitted on questions about nine projects' documents; see bench/results."""

    dense_text: float = 0.7
    dense_heading: float = 1.4
    dense_headings: float = 0.3
    dense_title: float = 1.5
    bm25_text: float = 1.8
    bm25_place: float = 1.2
    translated_text: float = 1.0
    translated_headings: float = 2.0
    characters: float = 0.5
    language: float = 0.2
    project: float = 0.3
    bare: float = 0.3
    """Taken off a heading with nothing under it: such a page is announced, not written."""
    headings: float = 0.5
    """Of the question's own words in the headings, as far as they cover more than HEADINGS_FROM of it."""
    related: float = 0.4
    """Of words that stand together with the question's in the best passages (`index.search.related`)."""
    faq: float = 0.2
    """Added to pages made of questions, where something is asked."""
    page: float = 0.6
    """What the best of a page's chunks, signal by signal, adds to each of them."""

    @property
    def total(self) -> float:
        """What a chunk would score that is perfect in every signal."""
        signals = sum(
            float(getattr(self, field.name)) for field in fields(self) if field.name not in _NO_PART_OF_TOTAL
        )
        return signals * (1 + self.page)

    def dense_only(self) -> Weights:
        """The same without the lexical half."""
        return replace(
            self,
            bm25_text=0,
            bm25_place=0,
            translated_text=0,
            translated_headings=0,
            characters=0,
            project=0,
            headings=0,
            related=0,
            faq=0,
        )

    def lexical_only(self) -> Weights:
        """The same without the dense half."""
        return replace(self, dense_text=0, dense_heading=0, dense_headings=0, dense_title=0)


LEAST_RARITY = 1.0
"""A question whose words stand in every chunk, such as the product's name alone, can reach next to no BM25:
what is divided by less than this grows without end."""


@dataclass(frozen=True)
class Signals:
    """What is known of the candidates for one question, each (candidates,)."""

    dense_text: Scores
    dense_heading: Scores
    dense_headings: Scores
    dense_title: Scores
    bm25_text: Scores
    bm25_place: Scores
    translated_text: Scores
    translated_headings: Scores
    characters: Scores
    language: Scores
    """1 where the chunk is in the question's language."""
    project: Scores
    """1 where the chunk belongs to a project that the question names."""
    bare: npt.NDArray[np.bool_]
    """True where a chunk is a heading with nothing under it."""
    headless: npt.NDArray[np.bool_]
    """True where a chunk stands under no heading: its text then counts as its heading and its title."""
    headings: Scores
    """BM25 of the question's own terms in title and headings, of chunks in its language."""
    related: Scores
    """BM25 of the related terms in the text; zeros before they are known."""
    faq: Scores
    """1 where something is asked and the chunk is of a page made of questions."""
    rarity: float
    """The most BM25 the question's own terms can reach."""
    translated_rarity: float
    """The same of the translated terms."""
    related_rarity: float = 0.0
    """The same of the related terms."""


def fused(signals: Signals, weights: Weights, pages: Pages) -> Scores:
    """One score for every candidate, about 0..1; `pages[i]` is the number of candidate i's page."""
    scores = np.zeros(len(signals.dense_text), dtype=np.float32)
    shared = np.zeros_like(scores)
    order = np.argsort(pages, kind="stable")
    starts = np.flatnonzero(np.diff(pages[order], prepend=-1))
    counts = np.diff(np.append(starts, len(order)))
    for values in _weighted(signals, weights):
        scores += values
        shared[order] += np.repeat(np.maximum.reduceat(values[order], starts), counts)
    total = scores + weights.page * shared - weights.bare * signals.bare
    return np.asarray(np.maximum(total, 0) / weights.total, dtype=np.float32)


def _weighted(signals: Signals, weights: Weights) -> list[Scores]:
    text = np.maximum(signals.dense_text, 0)
    heading, headings, title = (
        np.where(signals.headless, np.maximum(values, signals.dense_text), values)
        for values in (signals.dense_heading, signals.dense_headings, signals.dense_title)
    )
    own = max(signals.rarity, LEAST_RARITY)
    both = max(signals.translated_rarity, LEAST_RARITY)
    return [
        weights.dense_text * text,
        weights.dense_heading * np.maximum(heading, 0),
        weights.dense_headings * np.maximum(headings, 0),
        weights.dense_title * np.maximum(title - TITLE_FROM, 0) / (1 - TITLE_FROM),
        weights.bm25_text / own * signals.bm25_text,
        weights.bm25_place / own * signals.bm25_place,
        weights.translated_text / both * signals.translated_text,
        weights.translated_headings / both * signals.translated_headings,
        weights.characters / max(float(signals.characters.max(initial=0)), 1e-6) * signals.characters,
        weights.language * signals.language,
        weights.project * signals.project,
        weights.headings * np.maximum(signals.headings / own - HEADINGS_FROM, 0) / (1 - HEADINGS_FROM),
        weights.related / max(signals.related_rarity, 1e-6) * signals.related,
        weights.faq * signals.faq,
    ]
