"""One version of the index as a folder on disk and as an object in memory.

The folder is written aside and renamed when it is whole, and never changes afterwards: a reader sees a whole
version or none. JSON, NumPy and FAISS files only, nothing that could run code when read.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.config.aside import aside
from bot.errors import IndexDamaged, IndexMismatch, IndexMissing
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
    checksums: dict[str, int] = field(default_factory=dict)
    """CRC-32 of every other file of the version, by its path in the folder."""
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
    origins: dict[str, str] = field(default_factory=dict)
    """ "source/path" of every document -> key of the source it came from."""

    @property
    def version(self) -> str:
        """The version's name."""
        return self.manifest.version

    @property
    def statistics(self) -> Manifest:
        """Counts of documents and chunks."""
        return self.manifest


def write(snapshot: Snapshot, versions: Path) -> Path:
    """Writes a version below `versions`, aside first and renamed when whole; returns its folder.

    Raises OSError, with nothing left behind, when it cannot be written.
    """
    folder = versions / snapshot.version
    try:
        with aside(folder) as place:
            place.mkdir()
            _write_into(place, snapshot)
    except RuntimeError as error:  # FAISS's own for a full disk
        raise OSError(f"{' '.join(str(error).split())[:300]}") from error
    return folder


def _write_into(place: Path, snapshot: Snapshot) -> None:
    snapshot.dense.save(place)
    snapshot.lexical.save(place)
    _write_lines(place / "chunks.jsonl", (asdict(chunk) for chunk in snapshot.chunks))
    _write_json(place / "documents.json", snapshot.digests)
    _write_json(place / "origins.json", snapshot.origins)
    manifest = {**asdict(snapshot.manifest), "checksums": checksums(place)}
    _write_json(place / "manifest.json", manifest)
    _to_disk(place)


def checksums(folder: Path) -> dict[str, int]:
    """CRC-32 of every file of a version but its manifest. Raises OSError."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != "manifest.json":
            found[file.relative_to(folder).as_posix()] = _crc(file)
    return found


def _crc(file: Path) -> int:
    value = 0
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def _to_disk(folder: Path) -> None:
    """Has the system write all of it: after a power cut the name must not be there before what it names."""
    for place in [*folder.rglob("*"), folder]:
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(folder: Path) -> Snapshot:
    """Reads a version. Raises IndexMissing or IndexMismatch (IndexDamaged when it is not whole)."""
    manifest = read_manifest(folder)
    with _damage(folder):
        snapshot = Snapshot(
            manifest=manifest,
            chunks=read_chunks(folder),
            dense=Dense.load(folder),
            lexical=Lexical.load(folder),
            digests=read_digests(folder),
        )
        if not len(snapshot.chunks) == snapshot.dense.count == manifest.chunks:
            raise ValueError(f"{len(snapshot.chunks)} chunks for {manifest.chunks} of the manifest")
    return snapshot


@contextmanager
def _damage(folder: Path) -> Iterator[None]:
    """Whatever goes wrong while files of a version are read means that they are damaged."""
    try:
        yield
    except (IndexMissing, IndexMismatch):
        raise
    except FileNotFoundError as error:
        raise IndexDamaged(f"{folder} lacks {error.filename}; run `python -m index build`") from error
    except Exception as error:  # JSON, NumPy, SciPy and FAISS have each their own
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise IndexDamaged(f"{folder} is damaged ({reason}); run `python -m index build`") from error


def read_manifest(folder: Path) -> Manifest:
    """What a version says of itself. Raises IndexMissing or IndexMismatch."""
    file = folder / "manifest.json"
    if not file.is_file():
        raise IndexMissing(f"{folder} holds no index version; run `python -m index build`")
    with _damage(folder):
        data = json.loads(file.read_text("utf-8"))
        if data.get("format") != FORMAT:
            raise IndexMismatch(f"{folder} was written in another format; run `python -m index build`")
        return Manifest(**data)


def is_whole(folder: Path) -> bool:
    """Whether every file of a version is as it was written. Raises IndexMissing or IndexMismatch."""
    kept = read_manifest(folder).checksums
    try:
        return bool(kept) and checksums(folder) == kept
    except OSError:
        return False


def read_digests(folder: Path) -> dict[str, str]:
    """ "source/path" of every document of a version -> its digest. Raises IndexDamaged."""
    with _damage(folder):
        digests: dict[str, str] = json.loads((folder / "documents.json").read_text("utf-8"))
        return digests


def read_origins(folder: Path) -> dict[str, str]:
    """ "source/path" of every document -> key of its source; empty in versions of an older release."""
    file = folder / "origins.json"
    with _damage(folder):
        origins: dict[str, str] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        return origins


def read_chunks(folder: Path) -> list[Chunk]:
    """The chunks of a version in order. Raises IndexDamaged."""
    with _damage(folder):
        return [_chunk(json.loads(line)) for line in _lines(folder / "chunks.jsonl")]


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
