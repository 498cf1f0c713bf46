"""Vectors in FAISS: the nearest ones by its index, and any of them by number, both read where they lie.

Which kind of index depends on how many there are. Up to FLAT_BELOW vectors all are compared as they are:
exact. Above, FAISS compares all of them in a short form, two bits a number (PQ, 4 bits for two numbers, in
the order that one instruction compares many at once: "fast scan"), and whoever searches ranks what was found
by the vectors themselves, which lie beside in half precision. A million such forms are 128 MB at 512 numbers
and are compared in some milliseconds. Cells (IVF) were tried and are worse here: questions lie far from their
answers, so a quarter of all cells had to be looked into to find 0.967 of the ten nearest, where comparing all
short forms finds 0.9995 in a fortieth of the time (a hundred thousand chunks). What was measured when an
index was made stands in the version's manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.search.store.arrays import Array, Growing, Rows, Scores, mapped

Vectors = npt.NDArray[np.float32]
FLAT_BELOW = 50_000
LOOKED_AT = 200
"""Vectors that FAISS finds, of which the ten nearest are taken, when it is measured."""
SERVER = "Server"
_SAMPLE = 200
_TRAINED_ON = 10_000
"""Vectors that the short forms are made from."""
_BLOCK = 16_384


@dataclass(frozen=True)
class VectorFacts:
    """What an index of vectors is."""

    kind: str
    """As FAISS's factory names it: Flat, or PQ256x4fs. Server: the nearest are found elsewhere."""
    count: int
    dimensions: int
    recall: float = 1.0
    """Share of the exact ten nearest that were found, measured when it was built."""


class VectorIndex:
    """Vectors of length 1. Safe from many threads: FAISS lets go of the interpreter while it searches."""

    def __init__(self, folder: Path, name: str) -> None:
        """Maps what `write_vectors` wrote. Raises OSError or ValueError."""
        self.facts = VectorFacts(**json.loads((folder / f"{name}.json").read_text("utf-8")))
        self._flat = self.facts.kind == "Flat"
        self._index = None if self.facts.kind == SERVER else _mapped(folder / f"{name}.faiss", self.facts)
        self._rows = _own_memory(self._index) if self._flat else mapped(folder, name)
        if len(self._rows) != self.facts.count:
            raise ValueError(f"{name}: {len(self._rows)} vectors, not {self.facts.count}")

    def __len__(self) -> int:
        return self.facts.count

    @property
    def exact(self) -> bool:
        """Whether the vectors are kept bit for bit."""
        return self._flat

    def nearest(self, vector: Vectors, count: int) -> Rows:
        """Numbers of the `count` vectors nearest to (d,), the nearest first as far as the index knows."""
        if not len(self):
            return np.empty(0, dtype=np.int64)
        if self._index is None:
            raise RuntimeError("these vectors are searched by a server")
        faiss.omp_set_num_threads(1)  # of this thread: several searches at once share the processors better
        _, rows = self._index.search(vector[None].astype(np.float32), min(count, len(self)))
        return np.asarray(rows[0][rows[0] >= 0], dtype=np.int64)

    def rows(self, numbers: Array) -> Vectors:
        """Some of the vectors, (n, d)."""
        return np.asarray(self._rows[numbers], dtype=np.float32)

    def scores(self, vector: Vectors, numbers: Array) -> Scores:
        """Cosines of a vector (d,) with some of them, (n,)."""
        return np.asarray(self.rows(numbers) @ vector, dtype=np.float32)

    def blocks(self) -> Iterator[Vectors]:
        """All of them in order."""
        for start in range(0, len(self), _BLOCK):
            yield np.asarray(self._rows[start : start + _BLOCK], dtype=np.float32)


def write_vectors(folder: Path, name: str, vectors: Array, flat_below: int = FLAT_BELOW) -> VectorFacts:
    """Writes vectors (n, d) of length 1, which may be mapped; memory holds one block and the index.

    `flat_below`: fewer than this are all compared.
    """
    count, dimensions = vectors.shape
    faiss.omp_set_num_threads(1)  # its steps are small: threads would mostly wait for each other
    if count < flat_below:
        facts = VectorFacts("Flat", count, dimensions)
        index = faiss.IndexFlatIP(dimensions)
        _fill(index, vectors)
    else:
        _keep_rows(folder, name, vectors)
        index, kind = _short_forms(vectors)
        _fill(index, vectors)
        facts = _measured(index, VectorFacts(kind, count, dimensions), vectors)
    faiss.write_index(index, str(folder / f"{name}.faiss"))
    (folder / f"{name}.json").write_text(json.dumps(asdict(facts)), "utf-8")
    return facts


def write_rows(folder: Path, name: str, vectors: Array) -> VectorFacts:
    """Writes the vectors alone, in half precision: a server finds the nearest."""
    facts = VectorFacts(SERVER, *vectors.shape)
    _keep_rows(folder, name, vectors)
    (folder / f"{name}.json").write_text(json.dumps(asdict(facts)), "utf-8")
    return facts


def _keep_rows(folder: Path, name: str, vectors: Array) -> None:
    with Growing(folder, name, np.float16, vectors.shape[1]) as kept:
        for start in range(0, len(vectors), _BLOCK):
            kept.add(np.asarray(vectors[start : start + _BLOCK], dtype=np.float16))


def _fill(index: Any, vectors: Array) -> None:
    for start in range(0, len(vectors), _BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + _BLOCK], dtype=np.float32))


def _short_forms(vectors: Array) -> tuple[Any, str]:
    """An empty index that knows how to shorten, and its kind."""
    count, dimensions = vectors.shape
    kind = f"PQ{dimensions // 2}x4fs" if dimensions % 2 == 0 else "SQ8"
    index: Any = faiss.index_factory(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
    sample = np.sort(np.random.default_rng(0).choice(count, min(count, _TRAINED_ON), replace=False))
    index.train(np.ascontiguousarray(vectors[sample], dtype=np.float32))
    return index, kind


def _measured(index: Any, facts: VectorFacts, vectors: Array) -> VectorFacts:
    """The facts with the share of the ten nearest that is found.

    Asked for are some of the vectors, moved away from themselves as far as a question lies from its answer.
    """
    generator = np.random.default_rng(1)
    chosen = np.sort(generator.choice(facts.count, min(_SAMPLE, facts.count), replace=False))
    noise = generator.standard_normal((len(chosen), facts.dimensions)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    asked = np.asarray(vectors[chosen], dtype=np.float32) + 0.75 * noise
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    found = index.search(asked, min(LOOKED_AT, facts.count))[1]
    recall = round(recall_of(found, exact_nearest(vectors, asked, 10)), 4)
    return VectorFacts(facts.kind, facts.count, facts.dimensions, recall)


def exact_nearest(vectors: Array, asked: Vectors, count: int) -> Rows:
    """The `count` nearest of all vectors to each asked one, (asked, count), by comparing all."""
    heap = faiss.ResultHeap(len(asked), count, keep_max=True)
    for start in range(0, len(vectors), _BLOCK):
        block = np.ascontiguousarray(vectors[start : start + _BLOCK], dtype=np.float32)
        scores, rows = faiss.knn(asked, block, min(count, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        heap.add_result(scores, rows + start)
    heap.finalize()
    return np.asarray(heap.I, dtype=np.int64)


def recall_of(found: Array, exact: Rows) -> float:
    """Share of the exact rows that are among the found ones, row by row."""
    return float(np.mean([np.isin(own, its).mean() for own, its in zip(exact, found, strict=True)]))


def _mapped(file: Path, facts: VectorFacts) -> Any:
    """FAISS's index over the file: vectors mapped, short forms in memory."""
    if facts.kind == "Flat":
        return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
    return faiss.read_index(str(file))


def _own_memory(index: Any) -> Vectors:
    """A flat index's own memory as an array."""
    if not index.ntotal:
        return np.empty((0, index.d), dtype=np.float32)
    flat = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
    return np.asarray(flat).reshape(index.ntotal, index.d)
