"""Opens a file that may be anything: a pipe, a device, gone, unreadable, far too large.

Only a regular file is read, without ever waiting for a writer, and no more of it than the limit.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bot.errors import LoadError

_GROWS = 1 << 20
"""Bytes by which a file may grow between the look at its size and its end."""


def read_bytes(file: Path, limit: int) -> bytes:
    """The file's bytes. Raises LoadError with what to do, or OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as opened:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise LoadError("not a regular file")
        raw = opened.read(min(limit, facts.st_size + _GROWS) + 1)  # as much is set aside before it is read
    if len(raw) > limit:
        raise LoadError(f"larger than {limit // 1_000_000} MB; split it or exclude it")
    return raw
