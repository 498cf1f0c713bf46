"""The version before this build: what of it can be kept, and what only moved."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

import structlog

from bot.errors import IndexMismatch, IndexMissing
from index.search.storage import read_chunks
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
        self._chunks: dict[str, list[Chunk]] | None = None

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
            chunks = self._by_document().get(key)
            if chunks:
                found[key] = (_document(chunks[0]), chunks)
        return found

    def chunks_of(self, keys: Iterable[str]) -> list[Chunk]:
        """The chunks of some documents, those of each beside each other."""
        return [chunk for key in keys for chunk in self._by_document().get(key, ())]

    def without_moved(self, removed: Iterable[str], chunks: Iterable[Chunk]) -> list[str]:
        """Those of the removed documents whose text is nowhere among the new ones of a build's `chunks`."""
        now: dict[str, list[Chunk]] = defaultdict(list)
        for chunk in chunks:
            now[f"{chunk.source}/{chunk.path}"].append(chunk)
        new = {_content(own) for key, own in now.items() if key not in self.digests}
        return [key for key in removed if _content(self._by_document().get(key, [])) not in new]

    def _by_document(self) -> dict[str, list[Chunk]]:
        if self._chunks is None:
            self._chunks = defaultdict(list)
            for chunk in read_chunks(self._versions.path / self.name) if self._versions else ():
                self._chunks[f"{chunk.source}/{chunk.path}"].append(chunk)
        return self._chunks


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
