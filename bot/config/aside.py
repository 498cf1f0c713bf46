"""Writing a file that others read meanwhile: aside first, then renamed, so that nobody sees half of it.

It stands in this room because every package may import from here: versions and gates are written so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def aside(place: Path) -> Iterator[Path]:
    """Where to write what is to become `place`, a file or a folder, when the block has ended well.

    It lies in the same folder, hidden by a dot, which is made where there is none. What was written goes when
    the block raises; a process that is killed leaves it behind.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    written = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield written
        written.replace(place)
    except BaseException:
        shutil.rmtree(written) if written.is_dir() else written.unlink(missing_ok=True)
        raise
