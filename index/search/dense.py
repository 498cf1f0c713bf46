"""The dense half: cosines between a question and every chunk: its text, its headings, its title.

A section's headings are embedded apart from its text: a short question and a short heading that mean the
same lie close even across languages, while a chunk's own vector is an average over everything it says.
FAISS keeps the vectors, flat: exact, and up to about 100,000 chunks faster than a graph would be to build,
which at the usual settings misses the true first chunk for one question in five.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from index.search.embed import Vectors

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DenseScores:
    """Cosines of a question with every chunk, each (chunks,)."""

    text: Vectors
    headings: Vectors
    """With title and headings as one line."""
    heading: Vectors
    """With the section's own heading."""
    title: Vectors


class Dense:
    """Vectors of the chunks' texts and of their short strings (headings, titles), each string once."""

    def __init__(self, texts: Any, strings: Any, rows: Rows) -> None:
        """`rows` is (3, chunks): where in `strings` each chunk's headings, own heading and title stand."""
        self._texts = texts
        self._strings = strings
        self._rows = rows
        self.text_vectors = _vectors_of(texts)
        self._string_vectors = _vectors_of(strings)

    @classmethod
    def build(cls, texts: Vectors, strings: Vectors, rows: Rows) -> Self:
        """Indexes vectors of length 1: (chunks, d), (strings, d) and where each chunk's strings stand."""
        return cls(_flat(texts), _flat(strings), rows)

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return int(self._texts.ntotal)

    def scores(self, vector: Vectors) -> DenseScores:
        """Cosines with a question's vector (d,)."""
        headings, heading, title = (self._string_vectors @ vector)[self._rows]
        return DenseScores(self.text_vectors @ vector, headings, heading, title)

    def part(self, chunks: Rows) -> Dense:
        """The vectors of some chunks, by their numbers."""
        strings, rows = np.unique(self._rows[:, chunks], return_inverse=True)
        own = rows.reshape(3, len(chunks)).astype(np.int64)
        return Dense.build(self.text_vectors[chunks], self._string_vectors[strings], own)

    def save(self, folder: Path) -> None:
        """Writes three files into a folder that exists."""
        faiss.write_index(self._texts, str(folder / "texts.faiss"))
        faiss.write_index(self._strings, str(folder / "strings.faiss"))
        np.save(folder / "string_rows.npy", self._rows)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote."""
        texts = faiss.read_index(str(folder / "texts.faiss"))
        strings = faiss.read_index(str(folder / "strings.faiss"))
        return cls(texts, strings, np.load(folder / "string_rows.npy"))


def _flat(vectors: Vectors) -> Any:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return flat


def _vectors_of(index: Any) -> Vectors:
    """The index's own memory as an array: every score is wanted, so FAISS's top lists would only sort."""
    if not index.ntotal:
        return np.empty((0, index.d), dtype=np.float32)
    flat = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
    return np.asarray(flat).reshape(index.ntotal, index.d)
