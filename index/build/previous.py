"""The version before this build: what of it can be kept, and what only moved."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import structlog

from bot.errors import IndexMismatch, IndexMissing
from index.search.storage import read_chunks, read_firsts
from index.search.versions import Versions
from index.sources.load import SourceRead
from index.text.document import Document
from index.text.split import Chunk

log = structlog.get_logger(__name__)


class Previous:
    """The newest version that can be read, the one in use first; empty where there is none."""

    def __init__(self, name: str = "", versions: Versions | None = None) -> None:
        """Raises IndexMissing or IndexMismatch when this version cannot be read."""
        self.name = name
        self._versions = versions
        self.digests: dict[str, str] = versions.digests(name) if versions and name else {}
        self._origins: dict[str, str] = versions.origins(name) if versions and name else {}
        self._file: Sequence[Chunk] = ()
        self._rows: dict[str, list[int]] | None = None

    @classmethod
    def find(cls, versions: Versions) -> Previous:
        """Looks for it."""
        current = versions.current()
        for name in (current, *(one for one in reversed(versions.names()) if one != current)):
            if name not in versions.names():
                continue
            try:
                return cls(name, versions)
            except (IndexMismatch, IndexMissing, OSError, ValueError) as error:
                log.warning("index_version_unreadable", version=name, error=str(error))
        return cls()

    @property
    def folder(self) -> Path | None:
        """Where it lies; None where there is none."""
        return self._versions.path / self.name if self._versions and self.name else None

    def of_source(self, read: SourceRead) -> list[str]:
        """ "source/path" of the documents that came from this source."""
        return [
            key
            for key in self.digests
            if self._origins.get(key) == read.key
            or (key not in self._origins and read.name and key.startswith(f"{read.name}/"))
        ]

    def documents(self, keys: Collection[str]) -> dict[str, tuple[Document, list[Chunk]]]:
        """Documents as they were, without their texts, and their chunks; those that cannot be read are left
        out."""
        found = {}
        for key in keys:
            chunks = self._of(key)
            if chunks:
                found[key] = (_document(chunks[0]), chunks)
        return found

    def chunks_of(self, keys: Iterable[str]) -> list[Chunk]:
        """The chunks of some documents, those of each beside each other."""
        return [chunk for key in keys for chunk in self._of(key)]

    def without_moved(self, removed: Iterable[str], chunks: Iterable[Chunk]) -> list[str]:
        """Those of the removed documents whose text is nowhere among the new ones of a build's `chunks`."""
        now: dict[str, list[Chunk]] = defaultdict(list)
        for chunk in chunks:
            now[_key(chunk)].append(chunk)
        new = {_content(own) for key, own in now.items() if key not in self.digests}
        return [key for key in removed if _content(self._of(key)) not in new]

    def _of(self, key: str) -> list[Chunk]:
        """The chunks of a document; the others stay unread."""
        if self._rows is None and self.folder is not None:
            self._file = read_chunks(self.folder)
            self._rows = _by_document(self._file, read_firsts(self.folder))
        chunks = [self._file[row] for row in (self._rows or {}).get(key, ())]
        if all(_key(chunk) == key for chunk in chunks):
            return chunks
        self._rows = _by_document(self._file, range(len(self._file)))
        return [self._file[row] for row in self._rows.get(key, ())]


def _by_document(chunks: Sequence[Chunk], firsts: Sequence[int]) -> dict[str, list[int]]:
    """ "source/path" -> the numbers of its chunks; `firsts`: those at which documents begin."""
    rows: dict[str, list[int]] = defaultdict(list)
    for first, following in pairwise([*firsts, len(chunks)]):
        rows[_key(chunks[first])].extend(range(first, following))
    return rows


def _key(chunk: Chunk) -> str:
    return f"{chunk.source}/{chunk.path}"


def _content(chunks: list[Chunk]) -> str:
    return hashlib.sha256("\0".join(chunk.text for chunk in chunks).encode()).hexdigest()


def _document(chunk: Chunk) -> Document:
    return Document(
        source=chunk.source,
        path=chunk.path,
        title=chunk.title,
        text="",
        url=chunk.url.partition("#")[0],
        language=chunk.language,
        updated_at=chunk.updated_at,
        digest="",
    )
