"""Files of counts that a full disk cannot break.

prometheus_client maps files that are mostly holes into memory, and writing into a hole of a full disk ends
the process with SIGBUS, in the middle of whatever it was doing. So the room is taken when a file is begun;
where there is none, that process counts in memory alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

BYTES = 1 << 20
"""Of one file, of which a process has three: ten times what all counts of Fennel take."""


class WholeFile(MmapedDict):  # type: ignore[misc,unused-ignore]
    """The same with its room taken."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        begin: Any = super().__init__
        begin(filename if read_mode else _with_room(filename), read_mode)


def use() -> None:
    """Has prometheus_client count in such files; before the first metric is made."""
    module: Any = values
    module.MmapedDict = WholeFile


def _with_room(filename: str) -> str:
    """The file, its bytes taken on the disk; one in memory where the disk has none left.

    Also of a file that was begun before, by a release that left holes in it: what it holds stays.
    """
    file = Path(filename)
    size = file.stat().st_size if file.exists() else 0
    if not hasattr(os, "posix_fallocate"):
        return filename
    try:
        with file.open("a+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, max(BYTES, size))
    except OSError as error:
        if not size:
            file.unlink(missing_ok=True)
        if not hasattr(os, "memfd_create"):
            raise
        print(f"{file} cannot be written ({error.strerror}); counts are kept in memory", file=sys.stderr)  # noqa: T201
        return f"/proc/self/fd/{os.memfd_create(file.name)}"
    return filename
