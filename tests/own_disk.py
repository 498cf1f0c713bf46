"""What a process does to itself before a command that finds a full disk, a read-only one or another's files.

For `before` of tests.warm_start, and so without imports that cost anything.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

SMALL_DISK = """
set -e
mount -t tmpfs -o size=1m none "$1/disk"
cp -a "$1/machine/." "$1/disk/"
cd "$1/disk"
"$1/spoil"
"""
OVERRULING = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of capabilities(7)."""


def onto_small_disk(place: str) -> None:
    """From now on this process alone sees a file system of 1 MB in place/disk, which is spoilt."""
    user, group, system = os.getuid(), os.getgid(), ctypes.CDLL(None, use_errno=True)
    if system.unshare(0x10000000 | 0x00020000):  # CLONE_NEWUSER, CLONE_NEWNS of unshare(2)
        raise OSError(ctypes.get_errno(), "unshare")
    for file, line in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path("/proc/self", file).write_text(line, "ascii")
    subprocess.run(["sh", "-c", SMALL_DISK, "sh", place], check=True)


def as_anybody() -> None:
    """From now on rights count for this process, too."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the third version of capset(2), this process
    sets = (ctypes.c_uint32 * 6)()
    system = ctypes.CDLL(None, use_errno=True)
    system.capget(header, sets)
    for number in range(3):  # effective, permitted, inheritable
        sets[number] &= ~sum(1 << capability for capability in OVERRULING)
    if system.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")
