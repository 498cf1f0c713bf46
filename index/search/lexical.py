"""The lexical half: BM25 over three fields of every chunk, and character n-grams.

The fields are scored apart, because a word in a heading or in a path says more about a page than one in its
text: somebody who writes mmpose wants mmpose's pages. A question touches the lists of its own words and no
others; what is scored are the chunks it is asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import log
from pathlib import Path
from typing import Self

import numpy as np

from index.search.ngrams import CharacterNGrams, NGramWriter
from index.search.store.arrays import Array, Growing, Rows, Scores, among, best_of, keep, mapped
from index.search.store.earlier import EarlierWords
from index.search.store.postings import Inverting, Postings
from index.search.store.stayed import Stayed
from index.search.store.vocabulary import Vocabulary, write_vocabulary
from index.text.split import Chunk
from index.text.terms import terms

FIELDS = ("text", "headings", "place")
_FIELD_SETTINGS = {"text": (1.2, 0.75), "headings": (1.2, 0.5), "place": (1.2, 0.5)}
"""k1 and b of BM25 for each field."""
_PATH_WORDS = re.compile(r"[/\\#]")
MOST_ENTRIES = 300_000
"""Entries of lists that are added up to find a question's best chunks, its rarest words first. A word that
is left out by then is in so many chunks that it chooses none of them; the chosen ones are scored with it."""


@dataclass(frozen=True)
class FieldScores:
    """BM25 of some chunks by field, each (rows,)."""

    text: Scores
    headings: Scores
    """Title and headings."""
    place: Scores
    """Source and path."""


class Field:
    """BM25 of one field: Lucene's, without its constant factor."""

    def __init__(self, name: str, postings: Postings, lengths: Array) -> None:
        """`lengths`: (chunks,), how many terms each has."""
        k1, b = _FIELD_SETTINGS[name]
        self._postings = postings
        self._count = len(lengths)
        mean = float(np.mean(lengths, dtype=np.float64)) if self._count else 1.0
        self._lengths = lengths
        self._base, self._slope = k1 * (1 - b), k1 * b / max(mean, 1.0)

    def length(self, term: int) -> int:
        """How many chunks have the term in this field."""
        return self._postings.length(term)

    def weight(self, term: int) -> float:
        """The most that a term can score."""
        having = self.length(term)
        return float(np.log1p((self._count - having + 0.5) / (having + 0.5)))

    def scores(self, numbers: Mapping[int, float], rows: Rows) -> Scores:
        """BM25 of some chunks, (rows,), each term as much as it counts; `rows` ascend."""
        found = np.zeros(len(rows), dtype=np.float32)
        wanted = rows.astype(np.uint32)
        for number, counts_for in numbers.items():
            if not self.length(number):
                continue
            ids, often = self._postings.of(number)
            if len(ids) < len(wanted):
                places, inside = among(wanted, np.asarray(ids))
                own, counts = places[inside], often[inside]
            else:
                places, inside = among(ids, wanted)
                own, counts = np.flatnonzero(inside), often[places[inside]]
            found[own] += counts_for * self.weight(number) * self._share(wanted[own], counts)
        return found

    def best(self, numbers: Iterable[int], count: int) -> Rows:
        """The `count` chunks that score most, in no order."""
        lists = sorted((self.length(number), number) for number in set(numbers))
        scores = np.zeros(self._count, dtype=np.float32)
        touched: list[Array] = []
        entries = 0
        for length, number in lists:
            if not length or (touched and entries + length > MOST_ENTRIES):
                continue
            ids, often = self._postings.of(number)
            scores[ids] += self.weight(number) * self._share(ids, often)
            touched.append(ids)
            entries += length
        return best_of(touched, scores, count)

    def _share(self, ids: Array, often: Array) -> Scores:
        counts = often.astype(np.float32)
        return np.asarray(counts / (counts + (self._base + self._slope * self._lengths[ids])), np.float32)


class Lexical:
    """BM25 of the fields and TF-IDF of the character n-grams. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        """Maps what `LexicalWriter` wrote."""
        self._vocabulary = Vocabulary(folder)
        self._frequencies = mapped(folder, "frequencies")
        self._lengths = {name: mapped(folder, f"{name}_lengths") for name in FIELDS}
        self._postings = {name: Postings.load(folder, name) for name in FIELDS}
        self._fields = {name: Field(name, self._postings[name], self._lengths[name]) for name in FIELDS}
        self.characters = CharacterNGrams(folder)
        self.count = len(self._lengths["text"])

    @classmethod
    def build(
        cls,
        chunks: Iterable[Chunk],
        folder: Path,
        before: Path | None = None,
        shared: Stayed | None = None,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Self:
        """Indexes the chunks in a folder that exists; `before`: an earlier version's, which spares counting
        what it holds, and what the two share. `meanwhile` is done while n-grams are listed, in a thread."""
        with closing(LexicalWriter(folder, before, shared)) as writer:
            block: list[Chunk] = []
            for chunk in chunks:
                block.append(chunk)
                if len(block) == BLOCK:
                    writer.add(block)
                    block = []
            writer.add(block)
            writer.finish(meanwhile)
        return cls(folder)

    def scores(self, words: Iterable[str], rows: Rows) -> FieldScores:
        """BM25 of chunks in each field, for distinct terms as `index.text.terms.terms` gives them.

        A mapping says how much each term counts; otherwise it is 1. `rows` ascend, here and below.
        """
        numbers = self._counted(words)
        text, headings, place = (self._fields[name].scores(numbers, rows) for name in FIELDS)
        return FieldScores(text, headings, place)

    def text_scores(self, words: Iterable[str], rows: Rows) -> Scores:
        """BM25 of chunks' texts alone, (rows,)."""
        return self._fields["text"].scores(self._counted(words), rows)

    def best(self, words: Iterable[str], count: int, fields: Sequence[str] = FIELDS) -> Rows:
        """The `count` best chunks of each field, ascending."""
        numbers = self.numbers(words)
        found = [self._fields[name].best(numbers, count) for name in fields]
        return np.unique(np.concatenate([*found, np.empty(0, np.int64)]))

    def document_frequency(self, term: str) -> int:
        """How many chunks hold this term (as `index.text.terms.terms` gives it) in any field."""
        number = self._vocabulary.number(term)
        return int(self._frequencies[number]) if number >= 0 else 0

    def document_frequencies(self, terms: Sequence[str]) -> list[int]:
        """The same of many terms, most of which no chunk holds."""
        numbers = self._vocabulary.numbers(terms)
        return [int(self._frequencies[number]) if number >= 0 else 0 for number in numbers]

    def idf(self, term: str) -> float:
        """ln((chunks + 1) / (document frequency + 1)) + 1: 1 for a term of every chunk."""
        return log((self.count + 1) / (self.document_frequency(term) + 1)) + 1

    def rarity(self, words: Iterable[str]) -> float:
        """The sum of the terms' BM25 weights, words that no chunk has included: no text scores more.

        A mapping says how much each term counts.
        """
        worth = _worth(words)
        frequencies = np.array([self.document_frequency(word) for word in worth], dtype=np.float64)
        weights = np.log1p((self.count - frequencies + 0.5) / (frequencies + 0.5))
        return float(weights @ np.array(list(worth.values()), dtype=np.float64))

    def numbers(self, words: Iterable[str]) -> list[int]:
        """The numbers of those words that some chunk has."""
        numbers = (self._vocabulary.number(word) for word in dict.fromkeys(words))
        return [number for number in numbers if number >= 0]

    def _counted(self, words: Iterable[str]) -> dict[int, float]:
        """Number -> how much it counts, of those words that some chunk has."""
        known = ((self._vocabulary.number(word), worth) for word, worth in _worth(words).items())
        return {number: worth for number, worth in known if number >= 0}

    def words_of(self, chunks: Iterable[Chunk]) -> Iterator[list[int]]:
        """For each chunk the numbers of the terms of all its fields, with repeats."""
        for chunk in chunks:
            found = [term for field in _terms_of(chunk).values() for term in field]
            known = {term: self._vocabulary.number(term) for term in set(found)}
            yield [known[term] for term in found]

    def part(self, rows: Rows, folder: Path) -> Lexical:
        """The same over some chunks, which ascend, as if there were no others; written into `folder`."""
        numbers = np.full(self.count, -1, dtype=np.int64)
        numbers[rows] = np.arange(len(rows))
        keys = []
        for name in FIELDS:
            self._postings[name].part(numbers, folder, name)
            keep(folder, f"{name}_lengths", self._lengths[name][rows])
            own = Postings.load(folder, name)
            terms_of = np.repeat(np.arange(len(self._vocabulary)), np.diff(own.starts))
            keys.append(terms_of * max(len(rows), 1) + own.ids)
        distinct = np.unique(np.concatenate(keys)) // max(len(rows), 1)
        frequencies = np.bincount(distinct, minlength=len(self._vocabulary))
        keep(folder, "frequencies", frequencies.astype(np.int32))
        write_vocabulary(folder, list(self._vocabulary))
        self.characters.part(rows, folder)
        return Lexical(folder)


BLOCK = 4096
"""Chunks that are counted at once while an index is written."""


class LexicalWriter:
    """Writes the lexical half block by block: memory holds the words and one block."""

    def __init__(self, folder: Path, before: Path | None = None, shared: Stayed | None = None) -> None:
        """`before`: the folder of an earlier version, whose n-grams are taken; `shared`: the chunks whose
        words it has counted."""
        self._folder = folder
        self._earlier = EarlierWords(shared, FIELDS) if shared else None
        self._known: dict[str, int] = defaultdict()
        self._known.default_factory = self._known.__len__
        self._inverting = {name: Inverting(folder, name) for name in FIELDS}
        self._lengths = {name: Growing(folder, f"{name}_lengths", np.uint32) for name in FIELDS}
        self._frequencies = np.zeros(0, dtype=np.int64)
        self._characters = NGramWriter(folder, before)
        self._counting = ThreadPoolExecutor(1, "ngrams")
        """Counts n-grams, which NumPy does without the interpreter, while words are split, which needs it."""
        self._counted: Future[None] | None = None
        self._count = 0

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Takes up the next chunks."""
        if not chunks:
            return
        self._count_ngrams([f"{headings_of(chunk)}\n{chunk.text}" for chunk in chunks])
        rows = self._earlier.rows(self._count, len(chunks)) if self._earlier else np.full(len(chunks), -1)
        new = np.flatnonzero(rows < 0)
        split = [_terms_of(chunks[row]) for row in new.tolist()]
        keys = []
        for name in FIELDS:
            lists = [one[name] for one in split]
            lengths = np.fromiter((len(one) for one in lists), dtype=np.int64, count=len(lists))
            numbers = np.fromiter(
                map(self._known.__getitem__, chain.from_iterable(lists)), np.int64, int(lengths.sum())
            )
            own, where = self._inverting[name].add(numbers, np.repeat(new + self._count, lengths))
            keys.append(own * len(chunks) + (where - self._count))
            known = self._earlier.lengths(name, rows) if self._earlier else np.zeros(len(chunks), np.int64)
            # A field without any term counts as one of length 1, as in a list of words it would be.
            known[new] = np.maximum(lengths, 1)
            self._lengths[name].add(known)
        every = np.sort(np.concatenate(keys))  # np.unique hashes, which takes ten times as long
        distinct = every[np.diff(every, prepend=-1) > 0] // len(chunks)
        counts = np.bincount(distinct, minlength=len(self._known))
        counts[: len(self._frequencies)] += self._frequencies
        self._frequencies = counts
        self._count += len(chunks)

    def _count_ngrams(self, texts: Sequence[str]) -> None:
        if self._counted is not None:
            self._counted.result()
        self._counted = self._counting.submit(self._characters.add, texts)

    def close(self) -> None:
        """Ends the thread, whatever it was doing, and the files that grow."""
        self._counting.shutdown(cancel_futures=True)
        self._characters.close()
        for lengths in self._lengths.values():
            lengths.close()

    def finish(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Writes what could only be known at the end; see `Lexical.build`."""
        listing = self._counting.submit(self._characters.finish)
        spelt = [term.encode("utf-8", "replace") for term in self._known]
        left = self._earlier.left() if self._earlier else {}
        every = sorted({*spelt, *left} if left else spelt)
        number = {term: place for place, term in enumerate(every)}
        write_vocabulary(self._folder, every)
        numbers = np.fromiter(map(number.__getitem__, spelt), dtype=np.int64, count=len(spelt))
        frequencies = np.zeros(len(every), dtype=np.int64)
        frequencies[numbers] = self._frequencies
        for term, chunks in left.items():
            frequencies[number[term]] += chunks
        keep(self._folder, "frequencies", frequencies.astype(np.int32))
        earlier = self._earlier.lists(number) if self._earlier else {}
        for name in FIELDS:
            self._lengths[name].close()
            self._inverting[name].finish(numbers, len(every), earlier.get(name))
        meanwhile()
        if self._counted is not None:
            self._counted.result()
        listing.result()
        self.close()


def _worth(words: Iterable[str]) -> Mapping[str, float]:
    """Word -> how much it counts."""
    return words if isinstance(words, Mapping) else dict.fromkeys(words, 1.0)


def _terms_of(chunk: Chunk) -> dict[str, Sequence[str]]:
    return {
        "text": terms(chunk.text),
        "headings": _repeated(headings_of(chunk)),
        "place": _repeated(_PATH_WORDS.sub(" ", f"{chunk.source}/{chunk.path}")),
    }


@lru_cache(maxsize=1024)
def _repeated(text: str) -> tuple[str, ...]:
    """The terms of a text that stands beside every chunk of a document or a section."""
    return tuple(terms(text))


def headings_of(chunk: Chunk) -> str:
    """Title and headings as one line, the title once."""
    return " > ".join([chunk.title, *(step for step in chunk.heading_path if step != chunk.title)])


def heading_of(chunk: Chunk) -> str:
    """The heading right above the chunk; the title where there is none."""
    return chunk.heading_path[-1] if chunk.heading_path else chunk.title
