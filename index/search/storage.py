"""One version of the index as a folder on disk and as an object in memory.

The folder is written aside and renamed when it is whole, and never changes afterwards: a reader sees a whole
version or none. JSON, NumPy and FAISS files only, nothing that could run code when read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.config.aside import aside
from bot.errors import IndexMismatch, IndexMissing
from index.search.dense import Dense
from index.search.lexical import Lexical
from index.text.split import Chunk

FORMAT = 3
"""Raised when older versions on disk can no longer be read, or chunks come out differently."""


@dataclass(frozen=True)
class Manifest:
    """What a version is made of; `manifest.json` in its folder."""

    version: str
    built_at: float
    """Unix seconds."""
    embedder: str
    documents: int
    chunks: int
    sources: dict[str, int]
    """Documents by source."""
    languages: dict[str, int]
    """Documents by language."""
    added: int = 0
    changed: int = 0
    removed: int = 0
    unreadable: int = 0
    """Documents that could not be read."""
    format: int = FORMAT


@dataclass(frozen=True)
class Snapshot:
    """One version in memory."""

    manifest: Manifest
    chunks: list[Chunk]
    dense: Dense
    lexical: Lexical
    digests: dict[str, str] = field(default_factory=dict)
    """ "source/path" of every document -> its digest."""

    @property
    def version(self) -> str:
        """The version's name."""
        return self.manifest.version

    @property
    def statistics(self) -> Manifest:
        """Counts of documents and chunks."""
        return self.manifest


def write(snapshot: Snapshot, versions: Path) -> Path:
    """Writes a version below `versions`, aside first and renamed when whole; returns its folder."""
    folder = versions / snapshot.version
    with aside(folder) as place:
        place.mkdir()
        snapshot.dense.save(place)
        snapshot.lexical.save(place)
        _write_lines(place / "chunks.jsonl", (asdict(chunk) for chunk in snapshot.chunks))
        _write_json(place / "documents.json", snapshot.digests)
        _write_json(place / "manifest.json", asdict(snapshot.manifest))
    return folder


def read(folder: Path) -> Snapshot:
    """Reads a version. Raises IndexMissing or IndexMismatch."""
    manifest = read_manifest(folder)
    return Snapshot(
        manifest=manifest,
        chunks=[_chunk(json.loads(line)) for line in _lines(folder / "chunks.jsonl")],
        dense=Dense.load(folder),
        lexical=Lexical.load(folder),
        digests=read_digests(folder),
    )


def read_manifest(folder: Path) -> Manifest:
    """What a version says of itself. Raises IndexMissing or IndexMismatch."""
    file = folder / "manifest.json"
    if not file.is_file():
        raise IndexMissing(f"{folder} holds no index version; run `python -m index build`")
    data = json.loads(file.read_text("utf-8"))
    if data.get("format") != FORMAT:
        raise IndexMismatch(f"{folder} was written in another format; run `python -m index build`")
    return Manifest(**data)


def read_digests(folder: Path) -> dict[str, str]:
    """ "source/path" of every document of a version -> its digest."""
    digests: dict[str, str] = json.loads((folder / "documents.json").read_text("utf-8"))
    return digests


def _chunk(data: dict[str, Any]) -> Chunk:
    return Chunk(**{**data, "heading_path": tuple(data["heading_path"])})


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").split("\n") if line]


def _write_json(file: Path, data: Any) -> None:
    file.write_text(json.dumps(data, ensure_ascii=False), "utf-8")


def _write_lines(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
