"""The vectors of an earlier version for the texts that stayed, bit for bit what the embedder gave for them.

The cache of embeddings has them too, but looking up every text of every chunk in a database takes a fifth of
the time of a build in which little changed. Where the earlier version keeps its vectors shortened, because
there are many, the cache is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from index.search.dense import Dense
from index.search.embed import Vectors
from index.search.storage import read_manifest
from index.search.store.arrays import Rows
from index.search.store.like_words import LikeWords, Spellings
from index.search.store.stayed import Stayed

Kept = tuple[Rows, Vectors]
"""Numbers of texts, and a vector for each."""


@dataclass(frozen=True)
class EarlierVectors:
    """What an earlier version has of the chunks that stayed."""

    shared: Stayed
    embedder: str
    dimensions: int

    def of(self, rows: Rows, strings: int, words: Sequence[str], spelt: Spellings) -> list[Kept]:
        """Vectors of the texts of a version, which come in this order: its distinct headings and titles, its
        chunks, its words. `rows` (3, chunks): the numbers of each chunk's headings and title.

        Nothing where the earlier version is of another embedder. Raises what a damaged version raises.
        """
        manifest = read_manifest(self.shared.folder)
        dense = Dense(self.shared.folder)
        sizes = {dense.texts.facts.dimensions, dense.strings.facts.dimensions}
        if manifest.embedder != self.embedder or sizes != {self.dimensions}:
            return []
        found = [_words(LikeWords.load(self.shared.folder), words, spelt, strings + rows.shape[1])]
        stayed = np.flatnonzero(self.shared.old >= 0)
        old = self.shared.old[stayed]
        if dense.texts.exact:
            found.append((strings + stayed, dense.texts.rows(old)))
        if dense.strings.exact:
            places, firsts = np.unique(rows[:, stayed], return_index=True)
            found.append((places, dense.strings.rows(dense.string_rows[:, old].ravel()[firsts])))
        return found


def _words(earlier: LikeWords, words: Sequence[str], spelt: Spellings, start: int) -> Kept:
    """Those of the words whose spelling cannot have changed. A version keeps them in half precision, the next
    one too."""
    counted = spelt.counted
    number = {term: row for row, term in enumerate(earlier.terms)} if counted is not None else {}
    moved: Collection[str] = counted or ()
    rows = np.fromiter(
        (-1 if term in moved else number.get(term, -1) for term in words), np.int64, len(words)
    )
    known = np.flatnonzero(rows >= 0)
    return known + start, earlier.vectors[rows[known]].astype(np.float32)
