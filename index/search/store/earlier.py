"""The words of an earlier version, so that those of chunks that stayed are not counted again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.search.store.arrays import Rows, mapped
from index.search.store.postings import EarlierLists, Postings, blocks_of
from index.search.store.stayed import Stayed
from index.search.store.vocabulary import Vocabulary


class EarlierWords:
    """What an earlier version has counted of the chunks that stayed."""

    def __init__(self, shared: Stayed, fields: Sequence[str]) -> None:
        """Maps its lists. Raises OSError or ValueError."""
        self._shared = shared
        self._terms = list(Vocabulary(shared.folder))
        self._frequencies = mapped(shared.folder, "frequencies")
        self._postings = {name: Postings.load(shared.folder, name) for name in fields}
        self._lengths = {name: mapped(shared.folder, f"{name}_lengths") for name in fields}

    def rows(self, first: int, count: int) -> Rows:
        """What the chunks from `first` on were there, -1 for the new ones."""
        return self._shared.old[first : first + count]

    def lengths(self, name: str, rows: Rows) -> Rows:
        """How many terms chunks have in a field, by `rows`; any number for the new ones."""
        return self._lengths[name][rows].astype(np.int64)

    def left(self) -> dict[bytes, int]:
        """Term -> chunks that stayed and have it, of those terms that some have."""
        counts = self._frequencies.astype(np.int64)
        count = len(self._shared.new)
        if (self._shared.new < 0).any():
            for first, last in blocks_of(np.sum([one.starts for one in self._postings.values()], axis=0)):
                keys = [one.keys(first, last, self._shared.new < 0) for one in self._postings.values()]
                counts -= np.bincount(np.unique(np.concatenate(keys)) // count, minlength=len(counts))
        return {term: left for term, left in zip(self._terms, counts.tolist(), strict=True) if left > 0}

    def lists(self, number: dict[bytes, int]) -> dict[str, EarlierLists]:
        """The lists of each field, for the numbers that terms have now."""
        terms_now = np.fromiter((number.get(term, 0) for term in self._terms), np.int64, len(self._terms))
        chunks, in_order = self._shared.new, self._shared.in_order
        return {name: EarlierLists(own, terms_now, chunks, in_order) for name, own in self._postings.items()}
