"""The chunks of a version in their file, read one by one: a chunk becomes an object when it is looked at."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np

from index.search.store.arrays import Growing, mapped
from index.text.split import Chunk

FILE = "chunks.jsonl"
_STARTS = "chunk_starts"
_KEPT = 4096
"""Chunks kept as objects, the last looked at."""
_encoded = json.JSONEncoder(ensure_ascii=False).encode
"""One encoder for all lines: `json.dumps` makes one for each."""


class ChunkFile(Sequence[Chunk]):
    """All chunks in order. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, or ValueError for a file that is not as it was written."""
        self._starts = mapped(folder, _STARTS)
        with (folder / FILE).open("rb") as file:
            size = file.seek(0, 2)
            if len(self._starts) < 1 or int(self._starts[-1]) != size:
                raise ValueError(f"{FILE} has {size} bytes, {_STARTS} say otherwise")
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else None
        self._read = lru_cache(maxsize=_KEPT)(self._parsed)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, row: int) -> Chunk: ...
    @overload
    def __getitem__(self, row: slice) -> list[Chunk]: ...
    def __getitem__(self, row: int | slice) -> Chunk | list[Chunk]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        place = row + len(self) if row < 0 else row
        if not 0 <= place < len(self):
            raise IndexError(row)
        return self._read(int(place))

    def __iter__(self) -> Iterator[Chunk]:
        for row in range(len(self)):
            yield self._parsed(row)

    def _parsed(self, row: int) -> Chunk:
        lines = self._lines
        if lines is None:
            raise IndexError(row)
        return chunk_of(json.loads(lines[int(self._starts[row]) : int(self._starts[row + 1])]))


def chunk_of(data: dict[str, Any]) -> Chunk:
    """A chunk from its line."""
    return Chunk(**{**data, "heading_path": tuple(data["heading_path"])})


class ChunkWriter:
    """Writes the chunks of a version one after another."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / FILE).open("wb")
        self._starts = Growing(folder, _STARTS, np.int64)
        self._at = 0

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Appends chunks."""
        starts = []
        for chunk in chunks:
            line = _encoded(vars(chunk)).encode("utf-8", "replace") + b"\n"
            self._file.write(line)
            starts.append(self._at)
            self._at += len(line)
        self._starts.add(np.array(starts, dtype=np.int64))

    def close(self) -> None:
        """Ends the file."""
        self._starts.add(np.array([self._at], dtype=np.int64))
        self._starts.close()
        self._file.close()
