"""Arrays in files: written once, then mapped into memory, so that only what a question touches is read.

A mapped array costs no time to open and no memory of its own: the system keeps what is used and lets go of
the rest.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from weakref import finalize

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


def keep(folder: Path, name: str, values: Array) -> None:
    """Writes `name`.npy into a folder that exists."""
    np.save(folder / f"{name}.npy", values, allow_pickle=False)


def mapped(folder: Path, name: str) -> Array:
    """What `keep` or `Growing` wrote, mapped. Raises OSError or ValueError."""
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))


class ReadSpans:
    """A list of numbers in a file, of which ranges are read when they are wanted.

    For what is large and of which a question wants a thousand short pieces: mapped, each of them would
    bring its neighbours into the process, and soon all of the file would be there.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Raises OSError, or ValueError for a file that is not whole."""
        found = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        self._offset, self._dtype = int(getattr(found, "offset", 0)), found.dtype
        self._file = os.open(folder / f"{name}.npy", os.O_RDONLY)
        finalize(self, os.close, self._file)

    def of(self, starts: Rows, ends: Rows) -> Array:
        """The numbers of all ranges, one range after another; ranges ascend. Safe from many threads.

        Raises OSError when the file has become shorter.
        """
        if not len(starts):
            return np.empty(0, dtype=self._dtype)
        cuts = np.flatnonzero(starts[1:] != ends[:-1]) + 1
        firsts, lasts = starts[np.append(0, cuts)], ends[np.append(cuts - 1, len(ends) - 1)]
        size, number = self._dtype.itemsize, self._file
        pieces = [
            os.pread(number, (last - first) * size, self._offset + first * size)
            for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        ]
        found = np.frombuffer(b"".join(pieces), dtype=self._dtype)
        if len(found) != int((ends - starts).sum()):
            raise OSError("a file of the index has become shorter; run `python -m index build`")
        return found


def blank(folder: Path, name: str, dtype: npt.DTypeLike, shape: tuple[int, ...]) -> Array:
    """An array of zeros in a file, to be filled in any order. Raises OSError where the disk has no room."""
    file = folder / f"{name}.npy"
    if 0 in shape:
        np.save(file, np.empty(shape, dtype))
        return np.empty(shape, dtype)
    made = np.lib.format.open_memmap(file, mode="w+", dtype=np.dtype(dtype), shape=shape)
    with file.open("r+b") as opened:
        take_room(opened, file.stat().st_size)
    return made


def take_room(file: IO[bytes], size: int) -> None:
    """Has the disk give a file its bytes before they are mapped. Raises OSError where it has none left.

    What is mapped is mostly holes, and writing into a hole of a full disk ends the process with SIGBUS.
    """
    try:
        os.posix_fallocate(file.fileno(), 0, size)
    except AttributeError:
        return  # macOS has no such call
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # the file system cannot do it
            raise


class Growing:
    """An array whose rows are written one block after another; how many there are is known at the end."""

    _HEADER = 128

    def __init__(self, folder: Path, name: str, dtype: npt.DTypeLike, width: int = 0) -> None:
        """`width`: numbers in a row of a table; 0 for a plain list."""
        self._file = (folder / f"{name}.npy").open("wb")
        self._file.write(b"\0" * self._HEADER)
        self._dtype = np.dtype(dtype)
        self._width = width
        self.count = 0

    def add(self, values: Array) -> None:
        """Appends rows."""
        np.ascontiguousarray(values, dtype=self._dtype).tofile(self._file)
        self.count += len(values)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Writes the header, once; `mapped` reads the file afterwards."""
        if self._file.closed:
            return
        shape = (self.count, self._width) if self._width else (self.count,)
        facts = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        text = repr(facts).encode("latin1")
        length = self._HEADER - 10
        self._file.seek(0)
        self._file.write(b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little"))
        self._file.write(text + b" " * (length - len(text) - 1) + b"\n")
        self._file.close()


def among(values: Array, wanted: Array) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """(places, found): where each of `wanted` stands in the sorted `values`, and whether it is there.

    Both must have one dtype: NumPy would otherwise copy all of `values`.
    """
    if not len(values):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    places = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return places, values[places] == wanted


def spans(starts: Rows, ends: Rows) -> Rows:
    """The numbers of all ranges, one range after another: (2, 7), (4, 9) -> 2, 3, 7, 8."""
    lengths = ends - starts
    total = int(lengths.sum())
    if not total:
        return np.empty(0, dtype=np.int64)
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(total) + np.repeat(starts - before, lengths), dtype=np.int64)


def greatest(rows: Rows, scores: npt.NDArray[np.floating[Any]], count: int) -> Rows:
    """The `count` rows with the greatest scores above zero, in no order."""
    if len(rows) > count:
        best = np.argpartition(-scores, count - 1)[:count]
        rows, scores = rows[best], scores[best]
    return np.asarray(rows[scores > 0], dtype=np.int64)


def best_of(lists: Sequence[Array], scores: Scores, count: int) -> Rows:
    """The `count` rows with the greatest scores among those that some list names, the shortest list first.

    What a list's `count` best score is a bound below which nobody need be looked at.
    """
    least = 0.0
    for rows in lists:
        if len(rows) >= count:
            own = scores[rows]
            least = float(np.partition(own, len(own) - count)[len(own) - count])
            break
    found = np.flatnonzero(scores >= least if least > 0 else scores > 0)
    return greatest(found, scores[found], count)
