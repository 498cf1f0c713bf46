"""Hybrid search: a question -> the passages that answer it, best first.

`look_up` works in two steps. Candidates come from FAISS (texts, headings, titles), from BM25 and from the
character n-grams, the best of each; then every signal is computed for the candidates alone, and for the other
chunks of the best pages. The search ranks by them and the gate reads its features from them. The ranking then
keeps one copy of each page and of near-equal text, and lets each passage grow to its section, so that an
answer sees what stands around the words that matched.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import fields, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.errors import IndexMismatch
from index.search.dense import STRINGS, TEXTS
from index.search.embed import Embedder, Vectors, remembered
from index.search.fusion import Scores, Signals, Weights, fused
from index.search.lookup import Asked, Candidates, Lookup, PageSection, Passage, Server
from index.search.related import PASSAGES, related_terms
from index.search.sections import Grower
from index.search.store.arrays import Rows, among
from index.search.store.crossing import Crossing
from index.search.store.elsewhere import made_for
from index.search.store.places import BARE, CHINESE, FAQ, HEADLESS
from index.search.store.projects import named
from index.text.asking import is_asked
from index.text.chinese import has_chinese
from index.text.cutting import cut_anew
from index.text.spelling import spelt
from index.text.spoken import written
from index.text.terms import terms

__all__ = ["Lookup", "PageSection", "Passage", "Searcher"]

if TYPE_CHECKING:
    from index.search.rerank import Reranker
    from index.search.storage import Snapshot

CANDIDATES = 200
"""Chunks looked at when copies are collapsed."""
BY_WORDS, BY_CHARACTERS, BY_RELATED = 150, 150, 100
"""Candidates that each field's words, the character n-grams and the related words bring."""
PAGES, CHUNKS_OF_A_PAGE, MOST_BY_PAGES = 24, 200, 1500
"""Pages that are looked at whole, at most so many chunks of each document, and of all."""
NEAR_DUPLICATE = 0.9
"""From this cosine of character n-grams on, two chunks say the same."""
LIKE_VECTORS = 0.9
"""Chunks whose vectors have a lesser cosine cannot say the same."""
PASSAGES_PER_PAGE = 3
LOOKED_UP = 64
"""Questions whose scores are kept, more than a worker has at once; those of one are some 150 KB."""
PAGES_KEPT, SECTIONS_KEPT = 256, 2048
"""So many pages and texts of sections are remembered: questions of a group are about the same ones."""


class Searcher:
    """One version of the index, ready for questions. Never changes; safe to use from many threads."""

    def __init__(
        self,
        snapshot: Snapshot,
        embedder: Embedder,
        reranker: Reranker | None = None,
        weights: Weights | None = None,
        server: Server | None = None,
    ) -> None:
        """`server` finds the candidates; None: FAISS and the version's own lists.

        Raises IndexMismatch for a version whose candidates only a server can find.
        """
        if server is None and made_for(snapshot.manifest.vectors) != "faiss":
            raise IndexMismatch(f"{snapshot.version} was made for a server; open it with index.store: milvus")
        self.chunks = snapshot.chunks
        self.version = snapshot.version
        self.statistics = snapshot.statistics
        self.dense = snapshot.dense
        self.lexical = snapshot.lexical
        self.places = snapshot.places
        self.words = snapshot.words
        self.embedder = embedder
        self.reranker = reranker
        self.reranks = reranker is not None
        self.documents = snapshot.places.documents
        """How many documents there are to search."""
        self.weights = weights or Weights()
        self._server = server
        self.crossing = Crossing(self.words, embedder, self.places.chinese_share)
        self._grower = Grower(self.chunks)
        self._page = lru_cache(maxsize=PAGES_KEPT)(self._grower.page)
        self._section = lru_cache(maxsize=SECTIONS_KEPT)(self._grower.text)
        self._looked: OrderedDict[str, Lookup] = OrderedDict()
        self._looking = threading.Lock()
        self._grown = lru_cache(maxsize=SECTIONS_KEPT)(self._grower.grow)
        self.projects = frozenset({*self.places.sources, *self.places.folders} - {""})
        """Names of sources, and of folders that are projects; lower case."""
        self._named = lru_cache(maxsize=256)(partial(named, names=self.projects))

    def names_project(self, text: str) -> bool:
        """Whether the text is the name of a source, or of a project in one: "Pi-hole" of pihole too."""
        return bool(self._named(text) or self._named(text.replace("-", "").replace(" ", "")))

    def look_up(self, query: str, vector: Vectors | None = None) -> Lookup:
        """The candidates for a question with all their scores; `vector` (d,) spares embedding it again.

        Misspelt words count as the documents write them: see index.text.spelling. The last questions' are
        kept: in a conversation one is looked up to see what it is about, and then to be answered.
        """
        query = self.spelt(query)
        if vector is not None:
            return self._measured_all(query, vector)
        with self._looking:
            known = self._looked.get(query)
        found = known or self._measured_all(query, remembered(self.embedder).asked(query))
        with self._looking:
            self._looked[query] = found
            self._looked.move_to_end(query)
            while len(self._looked) > LOOKED_UP:
                self._looked.popitem(last=False)
        return found

    def spelt(self, query: str) -> str:
        """The question with its misspelt words and its spoken verbs as the documents write them, and a space
        where its words were cut in the wrong place."""
        frequency = self.lexical.document_frequency
        return cut_anew(written(spelt(query, self.lexical.document_frequencies), frequency), frequency)

    def _measured_all(self, query: str, vector: Vectors) -> Lookup:
        own, english = tuple(dict.fromkeys(terms(query))), self.crossing.terms(query)
        asked = Asked(query, own, english, vector)
        first = self._measured(asked, self.candidates(asked))
        pages = self.places.page(first.rows)
        scores = fused(first.signals, replace(self.weights, headings=0, faq=0), pages)
        words = related_terms(self._best_texts(first.rows, scores), own, self.lexical)
        found = self._with(asked, first, self._near(first.rows, pages, scores, words))
        signals = replace(
            found.signals,
            related=self.lexical.text_scores(words, found.rows),
            related_rarity=self.lexical.rarity(words),
        )
        pages = self.places.page(found.rows)
        return Lookup(
            query=query,
            terms=own,
            translations=tuple(english),
            vector=vector,
            rows=found.rows,
            dense_text=signals.dense_text,
            dense_headings=signals.dense_headings,
            bm25_text=signals.bm25_text,
            bm25_headings=found.bm25_headings,
            bm25_place=signals.bm25_place,
            characters=signals.characters,
            signals=signals,
            pages=pages,
            fused=fused(signals, self.weights, pages),
        )

    def candidates(self, asked: Asked) -> Rows:
        """Rows of the chunks that are best by one signal or another, ascending."""
        characters = self.lexical.characters.best(asked.query, BY_CHARACTERS)
        found = self._asked_server(asked) if self._server else self._looked_up(asked)
        return np.unique(np.concatenate([characters, *found]))

    def _looked_up(self, asked: Asked) -> list[Rows]:
        return [
            self.dense.best(asked.vector),
            self.lexical.best(asked.own, BY_WORDS),
            self.lexical.best(asked.english, BY_WORDS, ("text", "headings")),
        ]

    def _asked_server(self, asked: Asked) -> list[Rows]:
        server = self._server
        if server is None:
            return []
        words = self.lexical.numbers((*asked.own, *asked.english))
        return [
            server.chunks(asked.vector, words, TEXTS, BY_WORDS),
            self.dense.under(server.strings(asked.vector, STRINGS)),
        ]

    def _near(self, rows: Rows, pages: Rows, scores: Scores, words: list[str]) -> Rows:
        """Further candidates: chunks with the related words, and the other chunks of the best pages."""
        best = np.argsort(-scores, kind="stable")
        _, firsts = np.unique(pages[best], return_index=True)
        chosen = pages[best][np.sort(firsts)[:PAGES]]
        whole = self.places.rows_of_pages(chosen, CHUNKS_OF_A_PAGE)[:MOST_BY_PAGES]
        related = self.lexical.best(words, BY_RELATED, ("text",))
        return np.setdiff1d(np.union1d(whole, related), rows, assume_unique=False)

    def _best_texts(self, rows: Rows, scores: Scores) -> list[tuple[str, float]]:
        best = np.argsort(-scores, kind="stable")[:PASSAGES]
        return [(self.chunks[int(rows[place])].text, float(scores[place])) for place in np.sort(best)]

    def _with(self, asked: Asked, found: Candidates, more: Rows) -> Candidates:
        """The candidates and some more, measured too."""
        if not len(more):
            return found
        other = self._measured(asked, more)
        rows = np.concatenate([found.rows, other.rows])
        order = np.argsort(rows, kind="stable")
        joined: dict[str, Any] = {
            field.name: np.concatenate([mine, getattr(other.signals, field.name)])[order]
            for field in fields(Signals)
            if isinstance(mine := getattr(found.signals, field.name), np.ndarray)
        }
        headings = np.concatenate([found.bm25_headings, other.bm25_headings])[order]
        return Candidates(rows[order], replace(found.signals, **joined), headings)

    def _measured(self, asked: Asked, rows: Rows) -> Candidates:
        """Every signal of some chunks; the related words are not known yet."""
        dense, lexical = self.dense.scores(asked.vector, rows), self.lexical.scores(asked.own, rows)
        translation = self.lexical.scores(asked.english, rows)
        chinese = self.places.is_kind(CHINESE, rows)
        own_language = (chinese == has_chinese(asked.query)).astype(np.float32)
        projects = self._named(asked.query)
        asks = is_asked(asked.query)
        known = [term for term in asked.own if self.lexical.document_frequency(term)]
        signals = Signals(
            dense_text=dense.text,
            dense_heading=dense.heading,
            dense_headings=dense.headings,
            dense_title=dense.title,
            bm25_text=lexical.text,
            bm25_place=lexical.place,
            translated_text=translation.text,
            translated_headings=translation.headings,
            characters=self.lexical.characters.scores(asked.query, rows),
            language=own_language,
            project=self.places.in_source(rows, projects).astype(np.float32),
            bare=self.places.is_kind(BARE, rows),
            headless=self.places.is_kind(HEADLESS, rows),
            headings=lexical.headings * own_language,
            related=np.zeros(len(rows), dtype=np.float32),
            faq=(self.places.is_kind(FAQ, rows) & asks).astype(np.float32),
            rarity=self.lexical.rarity(asked.own),
            translated_rarity=self.lexical.rarity(known) + self.lexical.rarity(asked.english),
        )
        return Candidates(rows, signals, lexical.headings)

    def search(self, query: str, k: int, lookup: Lookup | None = None) -> list[Passage]:
        """The best `k` passages, best first; fewer where the index holds fewer. An empty query finds none.

        Raises EngineUnavailable when a reranker is configured and does not answer.
        """
        if not query.strip() or k < 1:
            return []
        lookup = lookup or self.look_up(query)
        if self.reranker is None:
            return [self._passage(row, lookup) for row in self.rank(lookup, lookup.fused, k)]
        rows = self.rank(lookup, lookup.fused, max(k, self.reranker.top))
        passages = [self._passage(row, lookup) for row in rows]
        again = self.reranker.score(query, [passage.chunk.text for passage in passages])
        scored = [replace(passage, score=score) for passage, score in zip(passages, again, strict=True)]
        return sorted(scored, key=lambda passage: -passage.score)[:k]

    def page(self, row: int) -> list[PageSection]:
        """The sections of the document that chunk `row` is from, in order."""
        return [PageSection(self.chunks[first], first, last) for first, last in self._page(row)]

    def text(self, section: PageSection) -> str:
        """A section's Markdown, without its heading."""
        return self._section(section.first, section.last)

    def copy_in(self, row: int, language: str, lookup: Lookup) -> int:
        """The best chunk of this chunk's page in that language; itself where the page has no copy in it."""
        if self.chunks[row].language == language:
            return row
        copies = self.places.rows_of_pages(self.places.page(np.array([row])), len(self.chunks))
        copies = np.sort(copies[self.places.is_kind(CHINESE, copies) == (language == "zh")])
        if not len(copies):
            return row
        places, inside = among(lookup.rows, copies)
        scores = np.where(inside, lookup.fused[places], 0) if len(lookup.rows) else np.zeros(len(copies))
        return int(copies[np.argmax(scores)])

    def fuse(self, lookup: Lookup, weights: Weights) -> Scores:
        """The scores that other weights would give the candidates, (rows,)."""
        return fused(lookup.signals, weights, lookup.pages)

    def rank(self, lookup: Lookup, scores: Scores, k: int) -> list[int]:
        """Rows of the best `k` candidates by `scores`: one copy of a page, no section or like text twice."""
        count = min(len(scores), max(CANDIDATES, 8 * k))
        best = np.lexsort((lookup.rows, -scores))[:count]
        chosen: list[int] = []
        kept = _Kept()
        columns = (lookup.rows[best], self.places.document(lookup.rows[best]), lookup.pages[best])
        sections = self.places.section(lookup.rows[best])
        for row, document, page, section in zip(*map(np.ndarray.tolist, (*columns, sections)), strict=True):
            if kept.admits(document, page, section) and not self._repeats(row, chosen):
                kept.add(document, page, section)
                chosen.append(row)
                if len(chosen) == k:
                    break
        return chosen

    def _repeats(self, row: int, chosen: list[int]) -> bool:
        """Whether the chunk says the same as a chosen one; only those with like vectors are compared."""
        if not chosen:
            return False
        cosines = self.dense.vectors(np.array(chosen)) @ self.dense.vectors(np.array([row]))[0]
        like = [chosen[place] for place in np.flatnonzero(cosines >= LIKE_VECTORS)]
        if not like:
            return False
        return float(self.lexical.characters.similarities(row, like).max()) >= NEAR_DUPLICATE

    def _passage(self, row: int, lookup: Lookup) -> Passage:
        place = int(np.searchsorted(lookup.rows, row))
        return Passage(
            chunk=self.chunks[row],
            score=float(lookup.fused[place]),
            dense=float(max(lookup.dense_text[place], lookup.dense_headings[place])),
            lexical=float(lookup.bm25_text[place] + lookup.bm25_headings[place]),
            text=self._grown(row),
            row=row,
        )


class _Kept:
    """What a ranking holds so far: of each page one copy and not too many sections, each section once."""

    def __init__(self) -> None:
        self._copies: dict[int, int] = {}
        self._pages: Counter[int] = Counter()
        self._sections: set[int] = set()

    def admits(self, document: int, page: int, section: int) -> bool:
        """Whether a chunk of this document, page and section says something new."""
        fits = self._copies.get(page, document) == document and self._pages[page] < PASSAGES_PER_PAGE
        return fits and section not in self._sections

    def add(self, document: int, page: int, section: int) -> None:
        """Keeps a chunk."""
        self._copies[page] = document
        self._pages[page] += 1
        self._sections.add(section)
