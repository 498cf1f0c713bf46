"""Hybrid search: a question -> the passages that answer it, best first.

`look_up` computes every score of every chunk once; the search ranks by them and the gate reads its features
from them. The ranking then keeps one copy of each page and of near-equal text, and lets each passage grow to
its section, so that an answer sees what stands around the words that matched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.embed import Embedder, Vectors
from index.fusion import Scores, Weights, fused
from index.grow import Grower
from index.pages import page_numbers
from index.split import Chunk
from index.terms import terms

if TYPE_CHECKING:
    from index.rerank import Reranker
    from index.storage import Snapshot

CANDIDATES = 200
"""Chunks looked at when copies are collapsed."""
NEAR_DUPLICATE = 0.9
"""From this cosine of character n-grams on, two chunks say the same."""
PASSAGES_PER_PAGE = 3


@dataclass(frozen=True)
class Passage:
    """A chunk that was found, with the text around it."""

    chunk: Chunk
    score: float
    """What it is ranked by: 0..1 fused, or the reranker's where there is one."""
    dense: float
    """Cosine of the question with the chunk's text or headings, whichever is closer."""
    lexical: float
    """BM25 of the chunk's text and headings."""
    text: str
    """The chunk grown to its section, Markdown."""


@dataclass(frozen=True)
class Lookup:
    """Every score of every chunk for one question; arrays are (chunks,) in the order of `Searcher.chunks`."""

    query: str
    terms: tuple[str, ...]
    """The question's own terms, distinct, in order."""
    vector: Vectors
    dense_text: Scores
    dense_headings: Scores
    bm25_text: Scores
    bm25_headings: Scores
    bm25_place: Scores
    characters: Scores
    fused: Scores
    """0..1; what chunks are ranked by before copies are collapsed."""

    @property
    def dense(self) -> Scores:
        """The better of text and headings, for every chunk."""
        return np.maximum(self.dense_text, self.dense_headings)


class Searcher:
    """One version of the index, ready for questions. Never changes; safe to use from many threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        embedder: Embedder,
        reranker: Reranker | None = None,
        weights: Weights | None = None,
    ) -> None:
        self.chunks = snapshot.chunks
        self.version = snapshot.version
        self.statistics = snapshot.statistics
        self.dense = snapshot.dense
        self.lexical = snapshot.lexical
        self.embedder = embedder
        self._reranker = reranker
        self._weights = weights or Weights()
        self._pages = page_numbers(self.chunks, self.dense.text_vectors)
        self._grower = Grower(self.chunks)

    def look_up(self, query: str, vector: Vectors | None = None) -> Lookup:
        """All scores for a question; `vector` (d,) spares embedding it again."""
        own = tuple(dict.fromkeys(terms(query)))
        if vector is None:
            vector = self.embedder.embed([query])[0]
        dense_text, dense_headings = self.dense.scores(vector)
        lexical = self.lexical.scores(query, dict.fromkeys(own, 1.0))
        signals = {
            "dense_text": dense_text,
            "dense_headings": dense_headings,
            "bm25_text": lexical.text,
            "bm25_headings": lexical.headings,
            "bm25_place": lexical.place,
            "characters": lexical.characters,
        }
        return Lookup(query, own, vector, fused=fused(signals, self._weights), **signals)

    def search(self, query: str, k: int, lookup: Lookup | None = None) -> list[Passage]:
        """The best `k` passages, best first; fewer where the index holds fewer. An empty query finds none."""
        if not query.strip():
            return []
        lookup = lookup or self.look_up(query)
        return [self._passage(row, float(lookup.fused[row]), lookup) for row in self.rank(lookup, k)]

    def rank(self, lookup: Lookup, k: int) -> list[int]:
        """Rows of the best `k` chunks: one copy of a page, no near-equal text, no section twice."""
        candidates = np.argsort(-lookup.fused, kind="stable")[: max(CANDIDATES, 8 * k)]
        chosen: list[int] = []
        copy_of: dict[int, tuple[str, str]] = {}
        per_page: dict[int, int] = {}
        for row in (int(candidate) for candidate in candidates):
            chunk, page = self.chunks[row], self._pages[row]
            place = (chunk.source, chunk.path)
            if copy_of.setdefault(page, place) != place or per_page.get(page, 0) >= PASSAGES_PER_PAGE:
                continue
            if any(self.chunks[other].section == chunk.section for other in chosen):
                continue
            if self._repeats(row, chosen):
                continue
            chosen.append(row)
            per_page[page] = per_page.get(page, 0) + 1
            if len(chosen) == k:
                break
        return chosen

    def _repeats(self, row: int, chosen: list[int]) -> bool:
        return (
            bool(chosen) and float(self.lexical.characters.similarities(row, chosen).max()) >= NEAR_DUPLICATE
        )

    def _passage(self, row: int, score: float, lookup: Lookup) -> Passage:
        return Passage(
            chunk=self.chunks[row],
            score=score,
            dense=float(max(lookup.dense_text[row], lookup.dense_headings[row])),
            lexical=float(lookup.bm25_text[row] + lookup.bm25_headings[row]),
            text=self._grower.grow(row),
        )
