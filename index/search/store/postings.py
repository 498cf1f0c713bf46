"""Term -> the chunks that have it and how often: inverted lists, of which a question touches its own.

Lists are written in two steps, so that a build needs memory for a block of chunks, not for all of them: each
block is sorted and put aside, and when all are counted every list gets its place and the blocks are dealt
out. What an earlier version holds of chunks that stayed is dealt out first, under their new numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.search.store.arrays import Array, Rows, blank, keep, mapped, spans

Ids = npt.NDArray[np.uint32]
_MOST_OFTEN = 255
"""A term that a chunk has more often counts so often."""
_BLOCK = 1 << 23
"""List entries looked at at once when a part is taken, or what an earlier version holds."""


@dataclass(frozen=True)
class Postings:
    """The lists of one field."""

    ids: Ids
    """Chunks of every list, one list after another, each sorted."""
    often: npt.NDArray[np.uint8]
    """How often the chunk has the term, beside `ids`."""
    starts: Rows
    """(terms + 1,): where each list begins."""

    @classmethod
    def load(cls, folder: Path, name: str) -> Postings:
        """Maps what `Inverting` wrote."""
        parts = (mapped(folder, f"{name}_{part}") for part in ("ids", "often", "starts"))
        return cls(*parts)

    def length(self, term: int) -> int:
        """How many chunks have a term; 0 for the number -1."""
        return int(self.starts[term + 1] - self.starts[term]) if term >= 0 else 0

    def of(self, term: int) -> tuple[Ids, npt.NDArray[np.uint8]]:
        """(chunks, how often) of a term."""
        start, end = int(self.starts[term]), int(self.starts[term + 1])
        return self.ids[start:end], self.often[start:end]

    def keys(self, first: int, last: int, chosen: Array) -> Rows:
        """term * chunks + chunk of the entries of chosen chunks, of a range of lists; `chosen`: (chunks,)."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        ids = self.ids[begin:end]
        inside = np.flatnonzero(chosen[ids])
        terms = np.repeat(np.arange(first, last), np.diff(self.starts[first : last + 1]))[inside]
        return np.asarray(terms * len(chosen) + ids[inside], dtype=np.int64)

    def part(self, numbers: Array, folder: Path, name: str) -> None:
        """Writes the lists of some chunks; `numbers`: (chunks,), a chunk's new number or -1, ascending."""
        kept = np.zeros(len(self.starts) - 1, dtype=np.int64)
        ids, often = [], []
        for start in range(0, len(self.ids), _BLOCK):
            new = numbers[self.ids[start : start + _BLOCK]]
            inside = np.flatnonzero(new >= 0)
            ids.append(new[inside].astype(np.uint32))
            often.append(self.often[start : start + _BLOCK][inside])
            terms = np.searchsorted(self.starts, inside + start, side="right") - 1
            kept += np.bincount(terms, minlength=len(kept))
        keep(folder, f"{name}_ids", np.concatenate([*ids, np.empty(0, np.uint32)]))
        keep(folder, f"{name}_often", np.concatenate([*often, np.empty(0, np.uint8)]))
        keep(folder, f"{name}_starts", np.concatenate([[0], np.cumsum(kept)]).astype(np.int64))


@dataclass(frozen=True)
class EarlierLists:
    """The lists of an earlier version, of which those chunks count that stayed."""

    postings: Postings
    terms: Rows
    """(terms of it,): their numbers now; any number for a term that no chunk has any more."""
    chunks: Rows
    """(chunks of it,): their numbers now, -1 for those that are gone."""
    in_order: bool
    """Whether those that stayed stand in the same order now."""

    def blocks(self) -> Iterator[tuple[Array, Array, Array]]:
        """(terms, chunks, how often) of the entries that stay, by term as they were; lists are not cut."""
        starts = self.postings.starts
        for first, last in blocks_of(starts):
            begin, end = int(starts[first]), int(starts[last])
            chunks = self.chunks[self.postings.ids[begin:end]]
            inside = np.flatnonzero(chunks >= 0)
            terms = np.repeat(self.terms[first:last], np.diff(starts[first : last + 1]))
            yield terms[inside], chunks[inside], self.postings.often[begin:end][inside]


def blocks_of(starts: Rows) -> Iterator[tuple[int, int]]:
    """Ranges of lists, (first, last + 1), that hold about a block of entries; `starts`: (lists + 1,)."""
    first, count = 0, len(starts) - 1
    while first < count:
        last = int(np.searchsorted(starts, starts[first] + _BLOCK, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last


class Inverting:
    """Writes the lists of one field, block by block."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._runs: list[tuple[Path, int]] = []
        self._counts = np.zeros(0, dtype=np.int64)

    def add(self, terms: Array, chunks: Array) -> tuple[Array, Array]:
        """Takes up a block: the terms of its chunks with repeats, and whose they are; chunks ascend by block.

        Gives the distinct (terms, chunks).
        """
        low = int(chunks.min()) if len(chunks) else 0
        span = (int(chunks.max()) - low + 1) if len(chunks) else 1
        keys, often = np.unique(terms.astype(np.int64) * span + (chunks - low), return_counts=True)
        own, where = keys // span, keys % span + low
        self._grow(own)
        file = self._folder / f".{self._name}.{len(self._runs)}"
        with file.open("wb") as out:
            own.astype(np.uint32).tofile(out)
            where.astype(np.uint32).tofile(out)
            np.minimum(often, _MOST_OFTEN).astype(np.uint8).tofile(out)
        self._runs.append((file, len(own)))
        return own, where

    def _grow(self, terms: Array) -> None:
        counts = np.bincount(terms, minlength=len(self._counts)).astype(np.int64)
        counts[: len(self._counts)] += self._counts
        self._counts = counts

    def finish(self, numbers: Array, count: int, earlier: EarlierLists | None = None) -> None:
        """Writes the lists of `count` terms; `numbers`: (terms,), the final number of each one added."""
        counts = np.zeros(count, dtype=np.int64)
        counts[numbers[: len(self._counts)]] = self._counts
        for terms, _, _ in earlier.blocks() if earlier else ():
            counts += np.bincount(terms, minlength=count)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        keep(self._folder, f"{self._name}_starts", starts)
        total = int(starts[-1])
        ids = blank(self._folder, f"{self._name}_ids", np.uint32, (total,))
        often = blank(self._folder, f"{self._name}_often", np.uint8, (total,))
        following = starts[:-1].copy()
        for terms, chunks, counted in earlier.blocks() if earlier else ():
            places = dealt(terms, following)
            ids[places], often[places] = chunks, counted
        for file, length in self._runs:
            terms = numbers[np.fromfile(file, np.uint32, length)]
            chunks = np.fromfile(file, np.uint32, length, offset=4 * length)
            counted = np.fromfile(file, np.uint8, length, offset=8 * length)
            places = dealt(terms, following)
            ids[places], often[places] = chunks, counted
            file.unlink()
        if earlier is not None:
            own = np.sort(numbers[np.flatnonzero(self._counts)]) if earlier.in_order else np.arange(count)
            _sort(ids, often, starts, own)


def _sort(ids: Array, often: Array, starts: Rows, lists: Rows) -> None:
    """Puts the entries of some lists in the order of their chunks."""
    lengths = starts[lists + 1] - starts[lists]
    for first, last in blocks_of(np.concatenate([[0], np.cumsum(lengths)])):
        own = lists[first:last]
        places = spans(starts[own], starts[own + 1])
        chunks = ids[places]
        keys = (np.repeat(own, lengths[first:last]) << 32) + chunks
        order = np.argsort(keys, kind="stable")
        ids[places], often[places] = chunks[order], often[places[order]]


def dealt(lists: Array, following: Rows) -> Rows:
    """Where entries go: `lists` names the list of each, equal ones beside each other; `following`, where the
    next entry of each list goes, moves on."""
    if not len(lists):
        return np.empty(0, dtype=np.int64)
    firsts = np.flatnonzero(np.diff(lists, prepend=-1))
    lengths = np.diff(np.append(firsts, len(lists)))
    own = lists[firsts]
    places = np.repeat(following[own] - firsts, lengths) + np.arange(len(lists))
    following[own] += lengths
    return np.asarray(places, dtype=np.int64)
