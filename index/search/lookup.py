"""What a search is made of: the question as it is looked up, its candidates, and the passages it finds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from index.search.embed import Vectors
from index.search.fusion import Scores, Signals
from index.search.store.arrays import Rows
from index.text.split import Chunk


@dataclass(frozen=True)
class Asked:
    """A question as it is looked up."""

    query: str
    own: tuple[str, ...]
    english: Mapping[str, float]
    """Terms of the documents' other language, each with how much it counts."""
    vector: Vectors


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
    row: int = -1
    """The chunk's place in `Searcher.chunks`."""


@dataclass(frozen=True)
class PageSection:
    """A section of a document, whole."""

    chunk: Chunk
    """Its first chunk: it says where the section stands."""
    first: int
    last: int
    """Rows of its chunks, both included."""


class Server(Protocol):
    """A server that finds candidates in place of FAISS and the lists of words. Raises EngineUnavailable."""

    def chunks(self, vector: Vectors, words: Sequence[int], nearest: int, by_words: int = 0) -> Rows:
        """The `nearest` chunks by vector (d,) and the best `by_words` by words (numbers in the version's
        vocabulary), each once."""
        ...

    def strings(self, vector: Vectors, count: int) -> Rows:
        """Headings and titles that are nearest, the nearest first."""
        ...


@dataclass(frozen=True)
class Candidates:
    """Chunks with their signals for one question; arrays are (rows,)."""

    rows: Rows
    """Places in `Searcher.chunks`, ascending."""
    signals: Signals
    bm25_headings: Scores


@dataclass(frozen=True)
class Lookup:
    """Every score of the candidates for one question; arrays are (rows,), in the order of `rows`."""

    query: str
    terms: tuple[str, ...]
    """The question's own terms, distinct, in order."""
    translations: tuple[str, ...]
    """Its words in the other language of the documents: `index.search.store.crossing`."""
    vector: Vectors
    rows: Rows
    """The candidates' places in `Searcher.chunks`, ascending."""
    dense_text: Scores
    dense_headings: Scores
    """Cosine with title and headings as one line."""
    bm25_text: Scores
    bm25_headings: Scores
    bm25_place: Scores
    characters: Scores
    signals: Signals
    """The same and more, as the fusion takes them."""
    pages: Rows
    """Numbers of the candidates' pages."""
    fused: Scores
    """About 0..1; what chunks are ranked by before copies are collapsed."""

    @property
    def dense(self) -> Scores:
        """The better of text and headings, for every candidate."""
        return np.maximum(self.dense_text, self.dense_headings)

    def score(self, row: int) -> float:
        """The fused score of a chunk; 0 for one that is no candidate."""
        return self.best(self.fused, row, row)

    def best(self, scores: Scores, first: int, last: int) -> float:
        """The greatest of some scores among chunks `first` to `last`; 0 where none is a candidate."""
        start = bisect_left(self._rows, first)
        end = bisect_left(self._rows, last + 1, start)
        if end - start == 1:
            return float(scores[start])
        return float(scores[start:end].max()) if end > start else 0.0

    @cached_property
    def _rows(self) -> list[int]:
        """`rows` as a list: a page's sections are looked up one by one, and NumPy's calls cost more."""
        found: list[int] = self.rows.tolist()
        return found
