"""Character n-grams: finds what word segmentation cuts differently, misspelt words and parts of identifiers.

TF-IDF over hashed 2- to 4-grams, computed on arrays of code points rather than strings: some ten times
faster than a vectoriser that builds the strings, and there is no vocabulary to store. Every chunk's n-grams
lie beside each other in one file, for scoring; lists by n-gram lead to the chunks, and n-grams that too many
chunks have need none. Only the buckets that some chunk fills are kept: a place for every bucket made each
version of a folder of three pages twelve megabytes larger.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.search.store.arrays import (
    Array,
    Growing,
    ReadSpans,
    Rows,
    Scores,
    among,
    blank,
    greatest,
    keep,
    mapped,
    spans,
)

SIZES = (2, 3, 4)
_BITS = 20
_BUCKETS = 1 << _BITS
_GROUP_BITS = 16
_GROUPS = 1 << _GROUP_BITS
"""Neighbouring buckets, looked at together first: a table of so many stays in the processor's cache."""
_OFTEN_BITS = 32 - _BITS
_MOST_OFTEN = (1 << _OFTEN_BITS) - 1
_DAMPED = 1 + np.log(np.maximum(np.arange(_MOST_OFTEN + 1), 1).astype(np.float32))
_COUNTING = b"ngrams 1"
"""Another one where n-grams are counted otherwise: those of a version before are taken as they are."""
_FACTORS = {size: np.uint64(size * 0x9E3779B97F4A7C15 % 2**64) for size in SIZES}
_SHIFT = np.uint64(64 - _BITS)
_STEP = np.uint64(1_000_003)
_FIRST = np.ones(1, dtype=np.bool_)
_SPACES = re.compile(r"\s+")
MOST_ENTRIES = 200_000
"""Entries of lists that are added up to find a question's best chunks, its rarest n-grams first."""
LISTED, LISTED_SHARE = 2_000, 0.005
"""An n-gram of more chunks than this, and than this share of all, has no list."""
_BLOCK = 1 << 22
ASKED = 64
"""Queries whose n-grams are kept: a search asks for those of its own several times."""


class CharacterNGrams:
    """TF-IDF of the character n-grams of every chunk, each of length 1. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        """Maps what `NGramWriter` wrote."""
        self._grams = mapped(folder, "ngrams")
        self._read = ReadSpans(folder, "ngrams")
        self._starts = mapped(folder, "ngram_starts")
        self._norms = mapped(folder, "ngram_norms")
        self._idf = mapped(folder, "ngram_idf")
        self._buckets = _filled(folder, len(self._idf))
        self._unknown = np.float32(np.log(1 + len(self._norms)) + 1)
        self._listed = mapped(folder, "ngram_chunks")
        self._list_starts = mapped(folder, "ngram_chunk_starts")
        self._asked = lru_cache(maxsize=ASKED)(self._read_query)

    def best(self, query: str, count: int) -> Rows:
        """The `count` chunks nearest to the query by its rarest n-grams, in no order."""
        buckets, weights, rarities = self._asked(query)
        places, found = among(self._buckets, buckets)
        places, weights, rarities = places[found], weights[found], rarities[found]
        starts, ends = self._list_starts[places], self._list_starts[places + 1]
        order = np.argsort(ends - starts, kind="stable")
        scores = np.zeros(len(self._norms), dtype=np.float32)
        entries = 0
        for place in order:
            length = int(ends[place] - starts[place])
            if not length:
                continue
            if entries and entries + length > MOST_ENTRIES:
                break
            ids = self._listed[starts[place] : ends[place]]
            scores[ids] += weights[place] * rarities[place]
            entries += length
        rows = np.flatnonzero(scores > 0)
        cosines = scores[rows] / np.maximum(self._norms[rows], np.float32(1e-9))
        return greatest(rows, cosines, count)

    def scores(self, query: str, rows: Rows) -> Scores:
        """Cosine of the query with some chunks, (rows,)."""
        buckets, weights, rarities = self._asked(query)
        if not len(buckets) or not len(rows):
            return np.zeros(len(rows), dtype=np.float32)
        may_be_asked = np.zeros(_GROUPS, dtype=np.bool_)
        may_be_asked[buckets >> np.uint32(_BITS - _GROUP_BITS)] = True
        starts, ends = self._starts[rows], self._starts[rows + 1]
        grams = self._read.of(starts, ends)
        hits = np.flatnonzero(may_be_asked.take(grams >> np.uint32(32 - _GROUP_BITS), mode="clip"))
        own, asked = among(buckets, grams[hits] >> np.uint32(_OFTEN_BITS))
        hits, own = hits[asked], own[asked]
        found = grams[hits]
        values = _damped(found) * rarities[own] * weights[own]
        owners = np.searchsorted(np.cumsum(ends - starts), hits, side="right")
        sums = np.bincount(owners, weights=values, minlength=len(rows))
        return np.asarray(sums / np.maximum(self._norms[rows], 1e-9), dtype=np.float32)

    def similarities(self, row: int, others: Sequence[int]) -> Scores:
        """Cosines of one chunk with some others, (len(others),)."""
        buckets, weights = self._row(row)
        cosines = []
        for other in others:
            other_buckets, other_weights = self._row(other)
            _, own, its = np.intersect1d(buckets, other_buckets, assume_unique=True, return_indices=True)
            cosines.append(float(weights[own] @ other_weights[its]))
        return np.array(cosines, dtype=np.float32)

    def _read_query(self, query: str) -> tuple[Array, Scores, Scores]:
        """(buckets, weights, rarities) of a query; the weights are of length 1."""
        counted, weights = ngram_counts(query)
        buckets = counted.astype(np.uint32)
        rarities = self._rarities(buckets)
        weights = weights * rarities
        weights /= max(float(np.linalg.norm(weights)), 1e-9)
        return buckets, weights, rarities

    def _rarities(self, buckets: Array) -> Scores:
        """How rare n-grams are, also those that no chunk has."""
        places, found = among(self._buckets, buckets)
        rarities = np.full(len(buckets), self._unknown)
        rarities[found] = self._idf[places[found]]
        return rarities

    def _row(self, row: int) -> tuple[Array, Scores]:
        grams = self._grams[self._starts[row] : self._starts[row + 1]]
        buckets = grams >> np.uint32(_OFTEN_BITS)
        weights = _damped(grams) * self._rarities(buckets)
        return buckets, np.asarray(weights / max(float(self._norms[row]), 1e-9), dtype=np.float32)

    def part(self, rows: Rows, folder: Path) -> None:
        """Writes the n-grams of some chunks as if there were no others."""
        writer = NGramWriter(folder)
        for start in range(0, len(rows), 4096):
            own = rows[start : start + 4096]
            starts, ends = self._starts[own], self._starts[own + 1]
            writer.add_counted(self._grams[spans(starts, ends)], ends - starts)
        writer.finish()


def _filled(folder: Path, count: int) -> Array:
    """The buckets that have a rarity and a list, ascending; a version of a release before has them all."""
    try:
        return mapped(folder, "ngram_buckets")
    except FileNotFoundError:
        if count != _BUCKETS:
            raise
        return np.arange(_BUCKETS, dtype=np.uint32)


class _Known:
    """The n-grams of an earlier version, found by the mark of the text that they were counted in."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError or ValueError where the version has no marks or is not whole."""
        marks = mapped(folder, "ngram_marks")
        self._grams, self._starts = mapped(folder, "ngrams"), mapped(folder, "ngram_starts")
        if len(self._starts) != len(marks) + 1 or int(self._starts[-1]) != len(self._grams):
            raise ValueError("the marks are not those of the n-grams")
        self._order = np.argsort(marks)
        self._marks = marks[self._order]

    def of(self, marks: Array) -> list[Array | None]:
        """The packed n-grams of texts by their marks; None for a text that was not there."""
        places, found = among(self._marks, marks)
        rows = self._order[places] if len(self._order) else places
        starts, ends = self._starts[rows].tolist(), self._starts[rows + 1].tolist()
        spans_of = zip(starts, ends, found.tolist(), strict=True)
        return [self._grams[start:end] if one else None for start, end, one in spans_of]


def _known(folder: Path | None) -> _Known | None:
    try:
        return _Known(folder) if folder else None
    except (OSError, ValueError):  # of a release before, or damaged: all is counted anew
        return None


def _mark(text: str) -> int:
    raw = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(raw, digest_size=8, key=_COUNTING).digest(), "little")


class NGramWriter:
    """Writes n-grams block by block; what depends on all chunks is written at the end."""

    def __init__(self, folder: Path, before: Path | None = None) -> None:
        """`before`: the folder of an earlier version, whose n-grams are taken for the texts that stayed."""
        self._folder = folder
        self._before = _known(before)
        self._grams = Growing(folder, "ngrams", np.uint32)
        self._marks = Growing(folder, "ngram_marks", np.uint64)
        self._lengths: list[Array] = []
        self._frequency = np.zeros(_BUCKETS, dtype=np.int64)

    def add(self, texts: Sequence[str]) -> None:
        """Counts the n-grams of texts; they may be empty."""
        marks = np.array([_mark(text) for text in texts], dtype=np.uint64)
        known = self._before.of(marks) if self._before else [None] * len(texts)
        counted = [
            _packed(text) if grams is None else grams for text, grams in zip(texts, known, strict=True)
        ]
        self._marks.add(marks)
        lengths = np.fromiter((len(grams) for grams in counted), dtype=np.int64, count=len(counted))
        self.add_counted(np.concatenate([*counted, np.empty(0, np.uint32)]), lengths)

    def add_counted(self, grams: Array, lengths: Array) -> None:
        """The same of n-grams that are counted already."""
        self._grams.add(grams)
        self._lengths.append(lengths)
        self._frequency += np.bincount(grams >> np.uint32(_OFTEN_BITS), minlength=_BUCKETS)

    def close(self) -> None:
        """Ends the files that grow."""
        self._grams.close()
        self._marks.close()

    def finish(self) -> None:
        """Writes rarities, lengths and lists."""
        self.close()
        lengths = np.concatenate([*self._lengths, np.empty(0, np.int64)])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        keep(self._folder, "ngram_starts", starts)
        filled = np.flatnonzero(self._frequency)
        frequency = self._frequency[filled]
        keep(self._folder, "ngram_buckets", filled.astype(np.uint32))
        idf = (np.log((1 + len(lengths)) / (1 + frequency)) + 1).astype(np.float32)
        keep(self._folder, "ngram_idf", idf)
        listed = frequency <= max(LISTED, int(LISTED_SHARE * len(lengths)))
        list_starts = np.concatenate([[0], np.cumsum(np.where(listed, frequency, 0))]).astype(np.int64)
        keep(self._folder, "ngram_chunk_starts", list_starts)
        list_of = np.zeros(_BUCKETS, dtype=np.int32)
        list_of[filled] = np.arange(len(filled), dtype=np.int32)
        ids = blank(self._folder, "ngram_chunks", np.uint32, (int(list_starts[-1]),))
        norms = blank(self._folder, "ngram_norms", np.float32, (len(lengths),))
        following = list_starts[:-1].copy()
        read = ReadSpans(self._folder, "ngrams")  # mapped, all of it would stay in the process
        for first, last in _blocks(starts):
            own = read.of(starts[first : first + 1], starts[last : last + 1])
            lists = list_of[own >> np.uint32(_OFTEN_BITS)]
            squares = np.concatenate([[0.0], np.cumsum((_damped(own) * idf[lists]).astype(np.float64) ** 2)])
            ends = starts[first : last + 1] - starts[first]
            norms[first:last] = np.sqrt(squares[ends[1:]] - squares[ends[:-1]])
            _list(ids, following, lists, ends, first, listed)


def _blocks(starts: Rows) -> list[tuple[int, int]]:
    """Ranges of chunks with about _BLOCK n-grams."""
    count = len(starts) - 1
    cuts, first = [], 0
    while first < count:
        last = int(np.searchsorted(starts, starts[first] + _BLOCK, side="right")) - 1
        last = min(max(last, first + 1), count)
        cuts.append((first, last))
        first = last
    return cuts


def _list(
    ids: Array, following: Rows, lists: Array, ends: Rows, first: int, listed: npt.NDArray[np.bool_]
) -> None:
    """Deals a block of chunks out to the lists of their n-grams; `ends`: (chunks + 1,), where in `lists`
    each begins. `following`, where the next entry of each list goes, moves on."""
    from scipy import sparse  # only where an index is built

    kept = listed[lists]
    own = lists[kept]
    begins = np.concatenate([[0], np.cumsum(kept, dtype=np.int32)])[ends].astype(np.int32)
    shape = (len(ends) - 1, len(following))
    by_list = sparse.csr_matrix((np.ones(len(own), np.int8), own, begins), shape=shape).tocsc()
    lengths = np.diff(by_list.indptr)
    places = np.repeat(following - by_list.indptr[:-1], lengths) + np.arange(len(own))
    ids[places] = by_list.indices + np.uint32(first)
    following += lengths


def _damped(grams: Array) -> Scores:
    """1 + ln count of packed n-grams."""
    return np.asarray(_DAMPED[grams & np.uint32(_MOST_OFTEN)], dtype=np.float32)


def _packed(text: str) -> npt.NDArray[np.uint32]:
    """The n-grams of a text, sorted, each with its count in its low bits."""
    buckets, counts = _counted(text)
    often = np.minimum(counts, _MOST_OFTEN).astype(np.uint32)
    return np.asarray((buckets.astype(np.uint32) << np.uint32(_OFTEN_BITS)) | often, dtype=np.uint32)


def ngram_counts(text: str) -> tuple[npt.NDArray[np.int32], Scores]:
    """(buckets, 1 + ln count) of a text's n-grams."""
    buckets, counts = _counted(text)
    return buckets, (1 + np.log(counts)).astype(np.float32)


def _counted(text: str) -> tuple[npt.NDArray[np.int32], Rows]:
    clean = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()
    codes = np.frombuffer(clean.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    hashes = []
    rolling = codes
    for size in range(2, min(SIZES[-1], len(codes)) + 1):
        rolling = rolling[:-1] * _STEP + codes[size - 1 :]
        hashes.append((rolling * _FACTORS[size]) >> _SHIFT)
    if not hashes:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    found = np.concatenate(hashes).astype(np.int32)
    found.sort()
    starts = np.flatnonzero(np.concatenate([_FIRST, found[1:] != found[:-1]]))
    return found[starts], np.diff(starts, append=len(found))
