"""Character n-grams: finds what word segmentation cuts differently, misspelt words and parts of identifiers.

TF-IDF over hashed 2- to 4-grams, computed on arrays of code points rather than strings: some ten times
faster than a vectoriser that builds the strings, and there is no vocabulary to store.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

Scores = npt.NDArray[np.float32]
SIZES = (2, 3, 4)
_BUCKETS = 1 << 20
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(44)
_SPACES = re.compile(r"\s+")


class CharacterNGrams:
    """TF-IDF of the character n-grams of every chunk, rows of length 1."""

    def __init__(self, matrix: Any, idf: Scores) -> None:
        """`matrix`: sparse (chunks, buckets) by row; `idf`: (buckets,)."""
        self._rows = matrix
        self._columns = matrix.T.tocsr()
        self._idf = idf

    @classmethod
    def build(cls, texts: list[str]) -> Self:
        """Counts, weighs and normalises; texts may be empty."""
        counted = [ngram_counts(text) for text in texts]
        lengths = np.fromiter((len(buckets) for buckets, _ in counted), dtype=np.int64, count=len(counted))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        buckets = np.concatenate([buckets for buckets, _ in counted] or [np.empty(0, np.int32)])
        weights = np.concatenate([weights for _, weights in counted] or [np.empty(0, np.float32)])
        frequency = np.bincount(buckets, minlength=_BUCKETS)
        idf = (np.log((1 + len(texts)) / (1 + frequency)) + 1).astype(np.float32)
        weights = weights * idf[buckets]
        matrix = sparse.csr_matrix((weights, buckets, starts), shape=(len(texts), _BUCKETS))
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.maximum(norms, 1e-9), lengths).astype(np.float32)
        return cls(matrix, idf)

    def scores(self, query: str) -> Scores:
        """Cosine of the query with every chunk, (chunks,)."""
        buckets, weights = ngram_counts(query)
        if not len(buckets):
            return np.zeros(self._rows.shape[0], dtype=np.float32)
        weights = weights * self._idf[buckets]
        weights /= max(float(np.linalg.norm(weights)), 1e-9)
        return np.asarray(self._columns[buckets].T @ weights, dtype=np.float32)

    def similarities(self, row: int, others: list[int]) -> Scores:
        """Cosines of one chunk with some others, (len(others),)."""
        buckets, weights = self._row(row)
        cosines = []
        for other in others:
            other_buckets, other_weights = self._row(other)
            _, own, its = np.intersect1d(buckets, other_buckets, assume_unique=True, return_indices=True)
            cosines.append(float(weights[own] @ other_weights[its]))
        return np.array(cosines, dtype=np.float32)

    def _row(self, row: int) -> tuple[npt.NDArray[np.int32], Scores]:
        start, end = self._rows.indptr[row], self._rows.indptr[row + 1]
        return self._rows.indices[start:end], self._rows.data[start:end]

    def save(self, folder: Path) -> None:
        """Writes one file into a folder that exists."""
        parts = {"data": self._rows.data, "indices": self._rows.indices, "indptr": self._rows.indptr}
        np.savez(folder / "characters.npz", idf=self._idf, shape=np.array(self._rows.shape), **parts)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote."""
        file = folder / "characters.npz"
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            parts = (kept["data"], kept["indices"], kept["indptr"])
            return cls(sparse.csr_matrix(parts, shape=tuple(kept["shape"])), kept["idf"])


def ngram_counts(text: str) -> tuple[npt.NDArray[np.int32], Scores]:
    """(buckets, 1 + ln count) of a text's n-grams."""
    clean = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()
    codes = np.frombuffer(clean.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    hashes = []
    for size in SIZES:
        if len(codes) < size:
            break
        rolling = np.zeros(len(codes) - size + 1, dtype=np.uint64)
        for offset in range(size):
            rolling = rolling * np.uint64(1_000_003) + codes[offset : len(codes) - size + 1 + offset]
        hashes.append((rolling * np.uint64(size) * _FACTOR) >> _SHIFT)
    if not hashes:
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
    buckets, counts = np.unique(np.concatenate(hashes).astype(np.int32), return_counts=True)
    return buckets, (1 + np.log(counts)).astype(np.float32)
