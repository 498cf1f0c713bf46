"""Terms -> numbers, in a file: the terms sorted, one after another, found by halving.

A dictionary of a million chunks' terms would take hundreds of megabytes and seconds to read; a question asks
for some hundred of them. Their first eight bytes lie beside each other as numbers, so that most of the work
is one call of NumPy's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from index.search.store.arrays import keep, mapped

_HEAD = 8
_KEPT = 1 << 16
"""Terms whose numbers are kept, the last asked for."""


class Vocabulary(Sequence[bytes]):
    """The terms of an index as UTF-8, sorted by their bytes."""

    def __init__(self, folder: Path) -> None:
        self._text = memoryview(mapped(folder, "terms").data)
        self._starts = mapped(folder, "term_starts")
        self._heads = mapped(folder, "term_heads")
        self.number: Callable[[str], int] = lru_cache(maxsize=_KEPT)(self._found)
        """The number of a term; -1 for one that no chunk has."""

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...
    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        return bytes(self._text[int(self._starts[number]) : int(self._starts[number + 1])])

    def __iter__(self) -> Iterator[bytes]:
        text, starts = self._text.tobytes(), self._starts.tolist()
        return (text[start:end] for start, end in pairwise(starts))

    def _found(self, term: str) -> int:
        wanted = term.encode("utf-8", "replace")
        head = np.uint64(_head(wanted))
        first = int(self._heads.searchsorted(head))
        if first == len(self) or self._heads[first] != head:
            return -1
        place = first
        if len(wanted) >= _HEAD:
            place = bisect_left(self, wanted, first, int(self._heads.searchsorted(head, side="right")))
        return place if place < len(self) and self[place] == wanted else -1

    def numbers(self, terms: Sequence[str]) -> list[int]:
        """The numbers of many terms; one whose beginning no term of the index has costs next to nothing."""
        wanted = [term.encode("utf-8", "replace") for term in terms]
        heads = _heads(wanted)
        places = self._heads.searchsorted(heads)
        held = self._heads.take(places, mode="clip") == heads if len(self) else np.zeros(len(terms), bool)
        return [self.number(term) if there else -1 for term, there in zip(terms, held.tolist(), strict=True)]


def write_vocabulary(folder: Path, terms: Sequence[bytes]) -> None:
    """Writes sorted terms."""
    lengths = np.fromiter((len(term) for term in terms), dtype=np.int64, count=len(terms))
    keep(folder, "term_heads", _heads(terms))
    keep(folder, "term_starts", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    keep(folder, "terms", np.frombuffer(b"".join(terms), dtype=np.uint8))


def _heads(terms: Sequence[bytes]) -> NDArray[np.uint64]:
    """The first bytes of each as a number, see `_head`."""
    heads = np.array(terms, dtype=f"S{_HEAD}").view(">u8") if terms else np.empty(0)
    return heads.astype(np.uint64)


def _head(term: bytes) -> int:
    """The first bytes of a term as a number that sorts as they do."""
    return int.from_bytes(term[:_HEAD].ljust(_HEAD, b"\0"), "big")
