"""A disk that does not do what is asked of it: full, mounted read-only, another user's. Said with the fix.

It stands in this room because every package may import from here. Whoever writes a file that a person named,
or that a command cannot do without, does so within `writing`.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import ConfigError

_FULL, _READ_ONLY = "free some space there", "mount it for writing"
OWNER = "give it to the user that Fennel runs as"
_FIXES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: OWNER,
    errno.EPERM: OWNER,
}
_SQLITE_FIXES = {"is full": _FULL, "readonly database": OWNER, "unable to open": OWNER}
"""SQLite's own words for the same, sqlite.org/rescode.html: FULL, READONLY, CANTOPEN."""
PROBE_BYTES = 65_536
"""What fits on a disk that has room for a file of keys or the first lines of a log."""


def fix(error: BaseException) -> str:
    """What to do about it; empty for a fault that is not of these kinds."""
    if isinstance(error, OSError):
        return _FIXES.get(error.errno or 0, "")
    if isinstance(error, sqlite3.Error):
        return next((words for mark, words in _SQLITE_FIXES.items() if mark in str(error)), "")
    return ""


def reason(error: BaseException) -> str:
    """What is wrong, without Python's number of it."""
    said = error.strerror if isinstance(error, OSError) else ""
    return said or " ".join(str(error).split()) or type(error).__name__


def to_do(error: BaseException, instead: str) -> str:
    """The fix, or else `instead`, as the end of a sentence."""
    return ", or ".join(words for words in (fix(error), instead) if words)


@contextmanager
def writing(place: Path, instead: str) -> Iterator[None]:
    """What is done in the block writes at `place`. Raises ConfigError that names it and what to do."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{place} cannot be written ({reason(error)}): {to_do(error, instead)}") from error


def try_writing(folder: Path, instead: str, wanted: Path | None = None) -> None:
    """Makes a folder, writes a little there and takes it back. Raises ConfigError where that fails, which
    names the file that is `wanted` there."""
    with writing(wanted or folder, instead):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))


def fault_of(folder: Path) -> OSError | None:
    """What the disk answers to a little that is written there now; None where it takes it."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
    except OSError as error:
        return error
    return None


def why_nothing_starts(folder: Path) -> str:
    """Why a program may not have come up that writes into `folder`; empty where the disk is not to blame."""
    try:
        try_writing(folder, "take another folder")
    except ConfigError as error:
        return str(error)
    return ""


def remove(folder: Path) -> None:
    """Takes back what was begun, as far as that goes."""
    with suppress(OSError):
        shutil.rmtree(folder)
