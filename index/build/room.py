"""How many calls of an embedder the machine, or the part of it that this process may use, has room for.

A call beside another costs memory of its own, and more of what is only set aside: NumPy's buffers and the
heap of one more thread. Under a limit (`ulimit -v`, a container's) OpenBLAS ends the process where it gets no
more, so calls that may not fit are made one after the other.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from index.search.embed import Embedder, calls_at_once

FIRST, EACH = 1024 * 2**20, 512 * 2**20
"""Bytes that a build needs which embeds in one call at a time, and those of each call beside it."""
_GROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def calls_that_fit(embedder: Embedder) -> int:
    """How many calls of `embed` beside each other are faster and have the memory and the processors."""
    wanted = calls_at_once(embedder)
    return wanted if wanted == 1 else max(min(wanted, _by_memory(wanted), _by_processors(wanted)), 1)


def _by_memory(wanted: int) -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limits = [soft] if soft != resource.RLIM_INFINITY else []
    for folder in _folders():
        limits += _numbers(folder / "memory.max") + _numbers(folder / "memory.limit_in_bytes")
    return 1 + (min(limits) - FIRST) // EACH if limits else wanted


def _by_processors(wanted: int) -> int:
    """Whole processors of the share that a container is given."""
    found = [wanted]
    for folder in _folders():
        quota = _numbers(folder / "cpu.max")
        if not quota:
            quota = _numbers(folder / "cpu.cfs_quota_us") + _numbers(folder / "cpu.cfs_period_us")
        if len(quota) == 2 and min(quota) > 0:
            found.append(quota[0] // quota[1])
    return min(found)


def _folders() -> Iterator[Path]:
    """The control groups that this process is in, of both versions, each with those that it lies in
    (docs.kernel.org/admin-guide/cgroup-v2.html)."""
    try:
        lines = _OWN.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = [*line.split(":", 2), "", ""][:3]
        own = Path(path.lstrip("/"))
        for kind in kinds.split(","):
            for place in (own, *own.parents):
                yield _GROUPS / kind / place


def _numbers(file: Path) -> list[int]:
    """The numbers of a limit; none where it is unlimited ("max 100000") or there is no such file."""
    try:
        words = file.read_text("ascii", "replace").split()
        return [int(word) for word in words]
    except (OSError, ValueError):
        return []
