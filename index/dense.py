"""The dense half: cosines between a question and every chunk, of its text and of its headings.

A section's headings are embedded apart from its text: a short question and a short heading that mean the
same lie close even across languages, while a chunk's own vector is an average over everything it says.
FAISS keeps the vectors, flat: exact, and up to about 100,000 chunks faster than a graph would be to build,
which at the usual settings misses the true first chunk for one question in five.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from index.embed import Vectors

Rows = npt.NDArray[np.int64]


class Dense:
    """Vectors of the chunks' texts and of their headings; headings that repeat are kept once."""

    def __init__(self, texts: Any, headings: Any, heading_rows: Rows) -> None:
        """`heading_rows[i]` is the row of chunk i's headings in `headings`."""
        self._texts = texts
        self._headings = headings
        self._heading_rows = heading_rows
        self.text_vectors = _vectors_of(texts)
        self._heading_vectors = _vectors_of(headings)

    @classmethod
    def build(cls, texts: Vectors, headings: Vectors, heading_rows: Rows) -> Self:
        """Indexes vectors of length 1: (chunks, d), (distinct headings, d) and (chunks,)."""
        return cls(_flat(texts), _flat(headings), heading_rows)

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return int(self._texts.ntotal)

    def scores(self, vector: Vectors) -> tuple[Vectors, Vectors]:
        """Cosines of a question's vector (d,) with every chunk's text and headings, each (chunks,)."""
        texts = self.text_vectors @ vector
        return texts, (self._heading_vectors @ vector)[self._heading_rows]

    def save(self, folder: Path) -> None:
        """Writes three files into a folder that exists."""
        faiss.write_index(self._texts, str(folder / "texts.faiss"))
        faiss.write_index(self._headings, str(folder / "headings.faiss"))
        np.save(folder / "heading_rows.npy", self._heading_rows)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote."""
        texts = faiss.read_index(str(folder / "texts.faiss"))
        headings = faiss.read_index(str(folder / "headings.faiss"))
        return cls(texts, headings, np.load(folder / "heading_rows.npy"))


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
