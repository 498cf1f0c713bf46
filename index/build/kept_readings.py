"""What was read is kept, so that a build reads only what changed, also after one that was broken off.

One SQLite file beside the versions. A file counts as the same while the system says that it was not touched,
else by its bytes: a fresh clone of a repository is read through and not read anew. What readers make of the
same bytes depends on their code, so a release that reads differently finds nothing here.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
import zlib
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

import structlog

import index
from bot.errors import LoadError
from index.sources.reading.messages import Loaded, ReadingAnswer, ReadingRequest
from index.sources.reading.open_file import read_bytes
from index.sources.reading.reader import ReadingLimits

log = structlog.get_logger(__name__)

_PACKAGES = (
    "beautifulsoup4", "docutils", "lxml", "markdown-it-py", "markdownify", "openpyxl", "pypdf", "PyYAML",
    "rjieba", "semantic-text-splitter",
)  # fmt: skip
_READING = ("sources/formats", "sources/reading", "text", "sources/question_pairs.py")
_TABLES = (
    "CREATE TABLE IF NOT EXISTS readings (key BLOB PRIMARY KEY, answer BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS files (place BLOB PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL)",
)
_SAVED_EVERY = 1.0
"""Seconds after which what was read is on the disk."""
_FRESH = 2.0
"""Seconds since a file's last change within which it may change again without its time showing it."""


class KeptReadings:
    """The file; for one build at a time, in one thread. A damaged one is begun anew."""

    def __init__(self, file: Path, limits: ReadingLimits, *, whole: bool = True) -> None:
        """`whole`: whether every source is read; what a build of one source passes over is not old for that.

        Raises sqlite3.OperationalError where it cannot be written.
        """
        self._whole = whole
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._limits = limits
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self._begin_anew(error)
        self._used: list[tuple[int, bytes]] = []
        self._stamps: dict[str, str] = {}
        self._saved = time.monotonic()

    def _open(self) -> None:
        self._database = sqlite3.connect(self._file)
        for table in _TABLES:
            self._database.execute(table)
        (last,) = self._database.execute("SELECT COALESCE(MAX(used), 0) FROM readings").fetchone()
        self._build = max(int(last) + self._whole, 1)

    def _begin_anew(self, error: Exception) -> None:
        log.warning("kept_readings_damaged", error=str(error))
        self._database.close()
        for ending in ("", "-journal", "-wal"):
            self._file.with_name(self._file.name + ending).unlink(missing_ok=True)
        self._open()

    def __enter__(self) -> KeptReadings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.save()
        except sqlite3.Error:
            if kind is None:
                raise
        finally:
            self._database.close()

    def find(self, request: ReadingRequest) -> ReadingAnswer | None:
        """What this request gave the last time; None where what it reads has changed."""
        if request.with_text:
            return None
        digest = self._digest(request)
        if not digest:
            return None
        key = self._key(request, digest)
        try:
            row = self._database.execute("SELECT answer FROM readings WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            answer = ReadingAnswer.from_line(zlib.decompress(row[0]))
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError, zlib.error) as error:
            log.warning("kept_reading_unreadable", path=request.path, error=type(error).__name__)
            return None
        self._used.append((self._build, key))
        self._save_now_and_then()
        return _dated(answer, request.updated_at) if request.kind == "file" else answer

    def keep(self, request: ReadingRequest, answer: ReadingAnswer) -> None:
        """Takes up what a request gave."""
        digest = answer.digest or (self._digest(request) if request.document is not None else "")
        if request.with_text or not digest:
            return
        blob = zlib.compress(answer.to_line(), 1)
        row = (self._key(request, digest), blob, self._build)
        self._database.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", row)
        self._stamp(request.file, digest)
        self._save_now_and_then()

    def _stamp(self, file: str, digest: str) -> None:
        stamp = self._stamps.pop(file, "")
        if stamp:
            row = (os.fsencode(file), stamp, digest)
            self._database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", row)

    def _digest(self, request: ReadingRequest) -> str:
        """SHA-256 of what is to be read; empty where that cannot be told."""
        if request.document is not None:
            facts = {name: value for name, value in request.document.items() if name != "updated_at"}
            return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        try:
            facts_of_file = os.stat(request.file)
        except OSError:
            return ""
        stamp = ":".join(
            str(getattr(facts_of_file, name)) for name in ("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
        )
        place = os.fsencode(request.file)
        row = self._database.execute("SELECT stamp, digest FROM files WHERE place = ?", (place,)).fetchone()
        if row and row[0] == stamp:
            return str(row[1])
        if time.time() - max(facts_of_file.st_mtime, facts_of_file.st_ctime) > _FRESH:
            self._stamps[request.file] = stamp
        try:
            digest = hashlib.sha256(read_bytes(Path(request.file), request.max_bytes)).hexdigest()
        except (OSError, LoadError):
            self._stamps.pop(request.file, None)
            return ""
        self._stamp(request.file, digest)
        return digest

    def _key(self, request: ReadingRequest, digest: str) -> bytes:
        facts = (
            release(), self._limits.memory, request.kind, request.source, request.path, request.title,
            request.url, request.suffix, request.seconds, request.max_bytes, request.most_chunks, digest,
            request.updated_at if request.kind == "pairs" else 0.0,  # pairs may have dates of their own
        )  # fmt: skip
        return hashlib.sha256(json.dumps(facts).encode()).digest()[:16]

    def _save_now_and_then(self) -> None:
        if time.monotonic() - self._saved > _SAVED_EVERY:
            self.save()

    def save(self) -> None:
        """Has the disk hold what was read so far."""
        self._database.executemany("UPDATE readings SET used = ? WHERE key = ?", self._used)
        self._used.clear()
        self._database.commit()
        self._saved = time.monotonic()

    def prune(self, builds: int) -> None:
        """Drops what none of the last `builds` builds read."""
        self.save()
        self._database.execute("DELETE FROM readings WHERE used <= ?", (self._build - max(builds, 1),))
        (files,) = self._database.execute("SELECT COUNT(*) FROM files").fetchone()
        (readings,) = self._database.execute("SELECT COUNT(*) FROM readings").fetchone()
        if files > 10 * readings + 1000:  # of files that are long gone; the others are looked at once more
            self._database.execute("DELETE FROM files")
        self._database.commit()


def _dated(answer: ReadingAnswer, updated_at: float) -> ReadingAnswer:
    """The answer for a file that was touched, or came with a newer commit, since it was read."""
    if all(one.document.updated_at == updated_at for one in answer.loaded):
        return answer
    loaded = tuple(
        Loaded(
            replace(one.document, updated_at=updated_at),
            tuple(replace(chunk, updated_at=updated_at) for chunk in one.chunks),
        )
        for one in answer.loaded
    )
    return replace(answer, loaded=loaded)


@cache
def release() -> str:
    """A mark of everything that decides what is read out of a file: our code and the libraries'."""
    mark = hashlib.sha256()
    room = Path(index.__file__).parent
    for place in _READING:
        inside = room / place
        for file in sorted(inside.rglob("*")) if inside.is_dir() else [inside]:
            if file.is_file() and file.suffix != ".pyc":
                mark.update(f"{file.relative_to(room)}\0".encode() + file.read_bytes())
    for package in _PACKAGES:
        try:
            mark.update(f"{package} {version(package)}\n".encode())
        except PackageNotFoundError:
            mark.update(f"{package} ?\n".encode())
    return mark.hexdigest()[:24]
