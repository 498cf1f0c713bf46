"""Vectors in FAISS: the nearest ones by its index, and any of them by number, both read where they lie.

Which kind of index depends on how many there are. Up to FLAT_BELOW vectors all are compared: exact, and
faster than anything that has to be trained. Above, the vectors are put into cells (IVF) as bytes (SQ8), of
which a question compares those of the nearest cells; the vectors themselves lie beside them in half
precision, and whoever searches ranks what was found by these. So many cells are looked into that the ten
nearest are found as often as ENOUGH says; what was measured stands in the version's manifest.
"""

from __future__ import annotations

import json
import os
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
ENOUGH = 0.985
"""Share of the ten nearest that must be among what is found, when the number of cells is chosen."""
LOOKED_AT = 100
"""Vectors that FAISS finds, of which the ten nearest are taken, when it is measured."""
SERVER = "Server"
_SAMPLE = 200
_TRAINED_ON = 40
"""Vectors a cell that the cells are made from."""
_LEAST_CELLS, _MOST_CELLS = 256, 8192
_BLOCK = 16_384


@dataclass(frozen=True)
class VectorFacts:
    """What an index of vectors is."""

    kind: str
    """As FAISS's factory names it: Flat, or IVF4096,SQ8. Server: the nearest are found elsewhere."""
    count: int
    dimensions: int
    cells: int = 0
    """Cells that a question looks into; 0: there are none."""
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
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    if count < flat_below:
        facts = VectorFacts("Flat", count, dimensions)
        index = faiss.IndexFlatIP(dimensions)
        _fill(index, vectors)
    else:
        _keep_rows(folder, name, vectors)
        index, kind = _cells_for(vectors)
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


def _cells_for(vectors: Array) -> tuple[Any, str]:
    """An empty index with its cells made, and its kind."""
    count, dimensions = vectors.shape
    cells = int(np.clip(2 ** round(np.log2(4 * np.sqrt(count))), _LEAST_CELLS, _MOST_CELLS))
    cells = min(cells, max(count // _TRAINED_ON, 1))
    kind = f"IVF{cells},SQ8"
    index: Any = faiss.index_factory(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = _TRAINED_ON
    index.cp.min_points_per_centroid = 1
    index.cp.niter = 10
    if faiss.get_num_gpus():  # on a card the cells are made in seconds; its memory is free again afterwards
        index.clustering_index = faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(dimensions))
    wanted = min(count, _TRAINED_ON * cells)
    sample = np.sort(np.random.default_rng(0).choice(count, wanted, replace=False))
    index.train(np.ascontiguousarray(vectors[sample], dtype=np.float32))
    return index, kind


def _measured(index: Any, facts: VectorFacts, vectors: Array) -> VectorFacts:
    """The facts with so many cells to look into that enough is found.

    Asked for are some of the vectors, moved away from themselves as far as a question lies from its answer.
    """
    generator = np.random.default_rng(1)
    chosen = np.sort(generator.choice(facts.count, min(_SAMPLE, facts.count), replace=False))
    noise = generator.standard_normal((len(chosen), facts.dimensions)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    asked = np.asarray(vectors[chosen], dtype=np.float32) + 0.75 * noise
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    exact = exact_nearest(vectors, asked, 10)
    most = max(index.nlist // 4, 1)
    cells = min(16, most)
    while True:
        index.nprobe = cells
        recall = recall_of(index.search(asked, LOOKED_AT)[1], exact)
        if recall >= ENOUGH or cells >= most:
            return VectorFacts(facts.kind, facts.count, facts.dimensions, cells, round(recall, 4))
        cells = min(2 * cells, most)


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
    """FAISS's index over the file, its vectors or cells mapped."""
    if facts.kind == "Flat":
        return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
    index: Any = faiss.read_index(str(file), faiss.IO_FLAG_MMAP)
    index.nprobe = facts.cells
    lists = faiss.downcast_InvertedLists(index.invlists)
    if hasattr(lists, "prefetch_nthread"):
        lists.prefetch_nthread = 0  # threads of its own for every search would cost more than they read
    return index


def _own_memory(index: Any) -> Vectors:
    """A flat index's own memory as an array."""
    if not index.ntotal:
        return np.empty((0, index.d), dtype=np.float32)
    flat = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
    return np.asarray(flat).reshape(index.ntotal, index.d)
