"""The dense half: cosines between a question and chunks: their text, their headings, their title.

A section's headings are embedded apart from its text: a short question and a short heading that mean the
same lie close even across languages, while a chunk's own vector is an average over everything it says.
FAISS finds the texts and the headings that are nearest; cosines are then taken from the vectors themselves.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from index.search.embed import Vectors
from index.search.store.arrays import Array, Rows, Scores, keep, mapped, spans
from index.search.store.vectors import FLAT_BELOW, VectorIndex, write_rows, write_vectors

TEXTS, STRINGS = 200, 200
"""Texts, and headings and titles, that FAISS finds for a question."""
CHUNKS_OF_A_STRING = 50
"""Chunks taken under one heading or title: what stands under a title like README is found by its text."""
MOST_BY_STRINGS = 400


@dataclass(frozen=True)
class DenseScores:
    """Cosines of a question with some chunks, each (rows,)."""

    text: Scores
    headings: Scores
    """With title and headings as one line."""
    heading: Scores
    """With the section's own heading."""
    title: Scores


class Dense:
    """Vectors of the chunks' texts and of their short strings (headings, titles), each string once."""

    def __init__(self, folder: Path) -> None:
        """Maps what `build` wrote. Raises OSError or ValueError."""
        self.texts = VectorIndex(folder, "texts")
        self.strings = VectorIndex(folder, "strings")
        self._rows = mapped(folder, "string_rows")
        self._chunks = mapped(folder, "string_chunks")
        self._starts = mapped(folder, "string_starts")

    @classmethod
    def build(
        cls,
        texts: Array,
        strings: Array,
        rows: Array,
        folder: Path,
        flat_below: int = FLAT_BELOW,
        *,
        on_server: bool = False,
    ) -> Self:
        """Indexes vectors of length 1: (chunks, d), (strings, d), into a folder that exists.

        `rows` is (3, chunks): where in `strings` each chunk's headings, own heading and title stand. Fewer
        than `flat_below` vectors are all compared. `on_server`: a server finds the nearest, FAISS nothing.
        """
        for name, vectors in (("texts", texts), ("strings", strings)):
            if on_server:
                write_rows(folder, name, vectors)
            else:
                write_vectors(folder, name, vectors, flat_below)
        keep(folder, "string_rows", rows.astype(np.int32))
        chunks = rows.shape[1]
        keys = np.unique(rows.astype(np.int64).ravel() * max(chunks, 1) + np.tile(np.arange(chunks), 3))
        counts = np.bincount(keys // max(chunks, 1), minlength=len(strings))
        keep(folder, "string_chunks", (keys % max(chunks, 1)).astype(np.int32))
        keep(folder, "string_starts", np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
        return cls(folder)

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return len(self.texts)

    @property
    def string_rows(self) -> Rows:
        """(3, chunks): where in `strings` each chunk's headings, own heading and title stand."""
        return self._rows

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """What FAISS keeps the vectors in, for the manifest."""
        return {"texts": asdict(self.texts.facts), "strings": asdict(self.strings.facts)}

    def best(self, vector: Vectors) -> Rows:
        """Chunks whose text, heading or title is nearest to a question's vector (d,), ascending."""
        return np.union1d(
            self.texts.nearest(vector, TEXTS), self.under(self.strings.nearest(vector, STRINGS))
        )

    def under(self, found: Rows) -> Rows:
        """Chunks that stand under some headings and titles, by their numbers, the best first."""
        starts = self._starts[found]
        ends = np.minimum(self._starts[found + 1], starts + CHUNKS_OF_A_STRING)
        return np.asarray(self._chunks[spans(starts, ends)[:MOST_BY_STRINGS]], dtype=np.int64)

    def nearest(self, vector: Vectors, count: int) -> Rows:
        """The chunks whose texts are nearest to a vector (d,), the nearest first."""
        return self.texts.nearest(vector, count)

    def vectors(self, rows: Array) -> Vectors:
        """The vectors of some chunks' texts, (rows, d)."""
        return self.texts.rows(rows)

    def scores(self, vector: Vectors, rows: Rows) -> DenseScores:
        """Cosines of a question's vector (d,) with some chunks."""
        own = self._rows[:, rows]
        strings, places = np.unique(own, return_inverse=True)
        headings, heading, title = self.strings.scores(vector, strings)[places.reshape(own.shape)]
        return DenseScores(self.texts.scores(vector, rows), headings, heading, title)

    def part(self, chunks: Rows, folder: Path) -> Dense:
        """The vectors of some chunks, by their numbers, written into `folder`."""
        strings, places = np.unique(self._rows[:, chunks], return_inverse=True)
        own = places.reshape(3, len(chunks))
        return Dense.build(self.texts.rows(chunks), self.strings.rows(strings), own, folder)
