"""Which chunks of a version an earlier one has too, word for word: their words need not be counted again.

Told by a mark of all that is counted, and of the code that counts: a release that splits words otherwise
finds nothing here. The marks lie in the version, beside what was counted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.search.store.arrays import Rows, mapped
from index.text.split import Chunk

MARKS = "chunk_marks"
Marks = npt.NDArray[np.uint64]
_ROOM = Path(__file__).parents[2]
_COUNTING = (
    "text/terms.py", "text/chinese.py", "text/words/stop_words.txt", "search/lexical.py",
    "search/store/like_words.py", "search/store/postings.py", "search/store/earlier.py",
    "search/store/stayed.py",
)  # fmt: skip


def marks_of(chunks: Iterable[Chunk]) -> Marks:
    """A mark of what is counted of each chunk, (chunks,)."""
    begun = blake2b(digest_size=8, key=_rules())
    found = bytearray()
    for chunk in chunks:
        mark = begun.copy()
        facts = (chunk.source, chunk.path, chunk.title, *chunk.heading_path, "", chunk.text)
        mark.update("\0".join(facts).encode("utf-8", "surrogatepass"))
        found += mark.digest()
    return np.frombuffer(bytes(found), dtype=np.uint64)


@cache
def _rules() -> bytes:
    """A mark of everything that decides what is counted: our code, the word lists and the libraries."""
    mark = blake2b(digest_size=16)
    for place in _COUNTING:
        mark.update(f"{place}\0".encode() + (_ROOM / place).read_bytes())
    mark.update(f"{_splitter()} {unicodedata.unidata_version}".encode())
    return mark.digest()


def _splitter() -> str:
    """The release of what splits Chinese; "?" where its package does not say it."""
    try:
        return version("rjieba")
    except PackageNotFoundError:
        return "?"


@dataclass(frozen=True)
class Stayed:
    """The chunks that two versions share; each of the one stands for one of the other."""

    folder: Path
    """The earlier version."""
    marks: Marks
    """Its marks, (chunks of it,)."""
    new: Rows
    """(chunks of it,): their numbers now, -1 for those that are gone."""
    old: Rows
    """(chunks now,): their numbers there, -1 for those that are new."""

    @property
    def in_order(self) -> bool:
        """Whether the shared ones stand in one order in both."""
        return bool((np.diff(self.new[self.new >= 0]) > 0).all())


def stayed(before: Path | None, marks: Marks) -> Stayed | None:
    """What a version of chunks with these marks shares with the one in the folder `before`, which is whole.

    None where nothing is shared, or where that one has no marks: it is of an earlier release.
    """
    try:
        earlier = mapped(before, MARKS) if before else np.empty(0, dtype=np.uint64)
    except (OSError, ValueError):
        return None
    _, new, old = np.intersect1d(marks, earlier, return_indices=True)
    if not len(new):
        return None
    rows, places = np.full(len(earlier), -1, dtype=np.int64), np.full(len(marks), -1, dtype=np.int64)
    rows[old], places[new] = new, old
    return Stayed(before, earlier, rows, places) if before else None
