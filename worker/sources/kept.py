"""What was read of an asked source, with the mark by which its owner says whether it changed.

A page whose mark is the same is not fetched again. It is one SQLite file for each source, written as the
reading goes on, so that a build that is cut off does not start over.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from bot.stored import known, read_object
from index.text.document import Document

log = structlog.get_logger(__name__)


class Kept:
    """Key -> mark and document; use it with `with`. Raises sqlite3.Error.

    A file that is damaged is made anew: its pages are fetched again.
    """

    def __init__(self, folder: Path, source: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        file = folder / f"asked-{digest}.sqlite"
        try:
            self._database = _open(file)
        except sqlite3.DatabaseError as error:
            log.warning("kept_pages_damaged", file=str(file), error=str(error))
            file.unlink()
            self._database = _open(file)
        self._met: set[str] = set()

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.commit()
        self._database.close()

    def find(self, key: str) -> tuple[str, dict[str, Any]] | None:
        """Mark and document of `key`, which counts as met."""
        self._met.add(key)
        row = self._database.execute("SELECT mark, document FROM kept WHERE key = ?", (key,)).fetchone()
        data = read_object(row[1]) if row else {}
        return (str(row[0]), data) if data else None

    def put(self, key: str, mark: str, document: Document) -> None:
        """Keeps a document under `key`; an empty mark never matches, so it is read again next time."""
        self.put_object(key, mark, asdict(document))

    def put_object(self, key: str, mark: str, data: dict[str, Any]) -> None:
        """Keeps any object of JSON under `key`."""
        self._met.add(key)
        values = (key, mark, json.dumps(data, ensure_ascii=False))
        self._database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", values)
        self._database.commit()

    def forget_the_rest(self) -> list[dict[str, Any]]:
        """Drops what was not met, the source having been read to its end without it; what was kept of it."""
        rows = [row for row in self._database.execute("SELECT key, document FROM kept")]
        gone = [(key, document) for key, document in rows if key not in self._met]
        self._database.executemany("DELETE FROM kept WHERE key = ?", [(key,) for key, _ in gone])
        self._database.commit()
        return [read for _, document in gone if (read := read_object(document))]


def document_of(data: object) -> Document | None:
    """A kept document; None for one that another release kept otherwise."""
    try:
        return Document(**known(Document, data)) if isinstance(data, dict) else None
    except TypeError:
        return None


def _open(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file)
    try:
        database.execute("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, mark TEXT, document TEXT)")
        database.execute("SELECT key, mark, document FROM kept LIMIT 1").fetchone()
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database
