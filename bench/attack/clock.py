"""One clock for several processes, that somebody turns: half an hour of Feishu's absence passes in seconds.

What it is ahead of the machine's stands in a file that all of them map into memory.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path

from bot.clock import Clock

VARIABLE = "CHAOS_CLOCK"
"""Names the file in the environment of a process that lives by it."""
_SECONDS = struct.Struct("d")
_LOOK = 0.05
"""Seconds, of the machine's, between two looks of one who sleeps."""


class SharedClock(Clock):
    """Reads, and turns, the clock in a file; the file is made where it is missing."""

    def __init__(self, file: Path) -> None:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.truncate(descriptor, _SECONDS.size)
            self._shared = mmap.mmap(descriptor, _SECONDS.size)
        finally:
            os.close(descriptor)

    @property
    def ahead(self) -> float:
        return float(_SECONDS.unpack_from(self._shared)[0])

    def turn(self, seconds: float) -> None:
        """So many seconds pass. One process turns it."""
        _SECONDS.pack_into(self._shared, 0, self.ahead + seconds)

    def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
