"""Hybrid search: a question -> the passages that answer it, best first.

`look_up` computes every score of every chunk once; the search ranks by them and the gate reads its features
from them. The ranking then keeps one copy of each page and of near-equal text, and lets each passage grow to
its section, so that an answer sees what stands around the words that matched.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from index.search.copies import page_numbers
from index.search.embed import Embedder, Vectors
from index.search.fusion import Scores, Signals, Weights, fused
from index.search.projects import Projects
from index.search.related import made_of_questions, related_terms
from index.search.sections import Grower
from index.text.asking import is_asked
from index.text.chinese import has_chinese
from index.text.glossary import translated
from index.text.spelling import spelt
from index.text.split import Chunk
from index.text.terms import terms

if TYPE_CHECKING:
    from index.search.rerank import Reranker
    from index.search.storage import Snapshot

CANDIDATES = 200
"""Chunks looked at when copies are collapsed."""
NEAR_DUPLICATE = 0.9
"""From this cosine of character n-grams on, two chunks say the same."""
LIKE_VECTORS = 0.9
"""Chunks whose vectors have a lesser cosine cannot say the same."""
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
    text: str
    """Markdown, without its heading."""


@dataclass(frozen=True)
class Lookup:
    """Every score of every chunk for one question; arrays are (chunks,) in the order of `Searcher.chunks`."""

    query: str
    terms: tuple[str, ...]
    """The question's own terms, distinct, in order."""
    translations: tuple[str, ...]
    """English terms for the Chinese technical terms in the question."""
    vector: Vectors
    dense_text: Scores
    dense_headings: Scores
    """Cosine with title and headings as one line."""
    bm25_text: Scores
    bm25_headings: Scores
    bm25_place: Scores
    characters: Scores
    signals: Signals
    """The same and more, as the fusion takes them."""
    fused: Scores
    """About 0..1; what chunks are ranked by before copies are collapsed."""

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
        self.reranker = reranker
        self.reranks = reranker is not None
        self.documents = len({(chunk.source, chunk.path) for chunk in self.chunks})
        """How many documents there are to search."""
        self.weights = weights or Weights()
        self._pages = page_numbers(self.chunks, self.dense.text_vectors)
        self._grower = Grower(self.chunks)
        self._projects = Projects(self.chunks)
        self._chinese = np.array([chunk.language == "zh" for chunk in self.chunks], dtype=np.bool_)
        self._bare = np.array([chunk.bare for chunk in self.chunks], dtype=np.bool_)
        self._faq = made_of_questions(self.chunks)
        self._headless = np.array([not chunk.heading_path for chunk in self.chunks], dtype=np.bool_)

    def look_up(self, query: str, vector: Vectors | None = None) -> Lookup:
        """All scores for a question; `vector` (d,) spares embedding it again.

        Misspelt words count as the documents write them: see index.text.spelling.
        """
        query = spelt(query, self.lexical.document_frequency)
        own, english = tuple(dict.fromkeys(terms(query))), translated(query)
        if vector is None:
            vector = self.embedder.embed([query])[0]
        dense, lexical = self.dense.scores(vector), self.lexical.scores(own)
        translation = self.lexical.scores(english)
        characters = self.lexical.characters.scores(query)
        own_language = (self._chinese == has_chinese(query)).astype(np.float32)
        signals = Signals(
            dense_text=dense.text,
            dense_heading=dense.heading,
            dense_headings=dense.headings,
            dense_title=dense.title,
            bm25_text=lexical.text,
            bm25_place=lexical.place,
            translated_text=translation.text,
            translated_headings=translation.headings,
            characters=characters,
            language=own_language,
            project=self._projects.signal(query),
            bare=self._bare,
            headless=self._headless,
            headings=lexical.headings * own_language,
            related=np.zeros_like(lexical.text),
            faq=self._faq if is_asked(query) else np.zeros_like(self._faq),
            rarity=self.lexical.rarity(own),
            translated_rarity=self.lexical.rarity(english),
        )
        signals = self._with_related(signals, own)
        return Lookup(
            query=query,
            terms=own,
            translations=english,
            vector=vector,
            dense_text=dense.text,
            dense_headings=dense.headings,
            bm25_text=lexical.text,
            bm25_headings=lexical.headings,
            bm25_place=lexical.place,
            characters=characters,
            signals=signals,
            fused=fused(signals, self.weights, self._pages),
        )

    def _with_related(self, signals: Signals, own: tuple[str, ...]) -> Signals:
        """The signals with the words of the best passages looked up too."""
        first = fused(signals, replace(self.weights, headings=0, faq=0), self._pages)
        words = related_terms(first, self.chunks, own, self.lexical)
        return replace(
            signals, related=self.lexical.text_scores(words), related_rarity=self.lexical.rarity(words)
        )

    def search(self, query: str, k: int, lookup: Lookup | None = None) -> list[Passage]:
        """The best `k` passages, best first; fewer where the index holds fewer. An empty query finds none.

        Raises EngineUnavailable when a reranker is configured and does not answer.
        """
        if not query.strip() or k < 1:
            return []
        lookup = lookup or self.look_up(query)
        if self.reranker is None:
            return [
                self._passage(row, float(lookup.fused[row]), lookup) for row in self.rank(lookup.fused, k)
            ]
        rows = self.rank(lookup.fused, max(k, self.reranker.top))
        passages = [self._passage(row, float(lookup.fused[row]), lookup) for row in rows]
        again = self.reranker.score(query, [passage.chunk.text for passage in passages])
        scored = [replace(passage, score=score) for passage, score in zip(passages, again, strict=True)]
        return sorted(scored, key=lambda passage: -passage.score)[:k]

    def page(self, row: int) -> list[PageSection]:
        """The sections of the document that chunk `row` is from, in order."""
        return [
            PageSection(self.chunks[first], first, last, self._grower.text(first, last))
            for first, last in self._grower.page(row)
        ]

    def copy_in(self, row: int, language: str, scores: Scores) -> int:
        """The best chunk of this chunk's page in that language; itself where the page has no copy in it."""
        if self.chunks[row].language == language:
            return row
        copies = np.flatnonzero((self._pages == self._pages[row]) & (self._chinese == (language == "zh")))
        return int(copies[np.argmax(scores[copies])]) if len(copies) else row

    def fuse(self, lookup: Lookup, weights: Weights) -> Scores:
        """The scores that other weights would give, (chunks,)."""
        return fused(lookup.signals, weights, self._pages)

    def rank(self, scores: Scores, k: int) -> list[int]:
        """Rows of the best `k` chunks by `scores`: one copy of a page, no section or like text twice."""
        count = min(len(scores), max(CANDIDATES, 8 * k))
        candidates = np.argpartition(-scores, count - 1)[:count] if count else np.empty(0, np.int64)
        candidates = candidates[np.lexsort((candidates, -scores[candidates]))]
        chosen: list[int] = []
        kept = _Kept()
        for row in map(int, candidates):
            if kept.admits(self.chunks[row], int(self._pages[row])) and not self._repeats(row, chosen):
                kept.add(self.chunks[row], int(self._pages[row]))
                chosen.append(row)
                if len(chosen) == k:
                    break
        return chosen

    def _repeats(self, row: int, chosen: list[int]) -> bool:
        """Whether the chunk says the same as a chosen one; only those with like vectors are compared."""
        if not chosen:
            return False
        cosines = self.dense.text_vectors[chosen] @ self.dense.text_vectors[row]
        like = [chosen[place] for place in np.flatnonzero(cosines >= LIKE_VECTORS)]
        if not like:
            return False
        return float(self.lexical.characters.similarities(row, like).max()) >= NEAR_DUPLICATE

    def _passage(self, row: int, score: float, lookup: Lookup) -> Passage:
        return Passage(
            chunk=self.chunks[row],
            score=score,
            dense=float(max(lookup.dense_text[row], lookup.dense_headings[row])),
            lexical=float(lookup.bm25_text[row] + lookup.bm25_headings[row]),
            text=self._grower.grow(row),
            row=row,
        )


class _Kept:
    """What a ranking holds so far: of each page one copy and not too many sections, each section once."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[str, str]] = {}
        self._pages: Counter[int] = Counter()
        self._sections: set[tuple[str, str, tuple[str, ...], str]] = set()

    def admits(self, chunk: Chunk, page: int) -> bool:
        """Whether this chunk of this page says something new."""
        place = (chunk.source, chunk.path)
        fits = self._copies.get(page, place) == place and self._pages[page] < PASSAGES_PER_PAGE
        return fits and chunk.section not in self._sections

    def add(self, chunk: Chunk, page: int) -> None:
        """Keeps a chunk."""
        self._copies[page] = (chunk.source, chunk.path)
        self._pages[page] += 1
        self._sections.add(chunk.section)
