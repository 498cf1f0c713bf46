"""Where tests write: in memory where there is room, for a suite waits for its disk a third of its time.

Whoever sets TMPDIR decides. Nothing is lost by it: processes are killed here, machines are not. Of tests that
pass nothing is kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST = 6 << 30
"""Bytes that must be free in the file system and in the machine: several times what a whole run keeps."""


def choose() -> None:
    """Puts the temporary files of this process, and of all that it starts, into memory where that is wise."""
    if "TMPDIR" not in os.environ and _takes_programs(MEMORY) and _free(MEMORY) >= LEAST:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _takes_programs(folder: Path) -> bool:
    """Some tests write a program and run it."""
    return os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)


def _free(folder: Path) -> int:
    """Bytes that files there may take without the machine running short."""
    facts = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    available = int(facts.get("MemAvailable", "0 kB").split()[0]) * 1024
    return min(shutil.disk_usage(folder).free, available)
