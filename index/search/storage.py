"""One version of the index as a folder on disk, read where it lies.

The folder is written aside and renamed when it is whole, and never changes afterwards: a reader sees a whole
version or none. JSON, NumPy and FAISS files only, nothing that could run code when read; arrays are mapped,
so a version of a million chunks is open at once and takes the memory of what questions touch.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import structlog

from bot.config import disk
from bot.errors import IndexDamaged, IndexMismatch, IndexMissing
from index.search.copies import page_numbers
from index.search.dense import Dense
from index.search.embed import Vectors
from index.search.lexical import BLOCK, Lexical, LexicalWriter
from index.search.related import is_of_questions
from index.search.store.arrays import mapped
from index.search.store.chunks import ChunkFile, ChunkWriter
from index.search.store.like_words import NO_WORDS, LikeWords
from index.search.store.older import OLDER, older_chunks, read_older
from index.search.store.places import BARE, CHINESE, FAQ, HEADLESS, DocumentPlace, Places, PlaceWriter
from index.search.store.projects import project_folders
from index.text.split import Chunk

log = structlog.get_logger(__name__)

FORMAT = 4
"""Raised when versions are written, or chunks come out, differently; the one before is still read."""
COMPARED_BELOW = 256 << 20
"""Bytes up to which every file of a version is compared with its checksum when it is opened. Of a larger one
the sizes are: reading all of it would take longer than a worker may take to start."""


_AT_ONCE = 4
"""Files that are summed, or brought to the disk, at once: neither needs the interpreter."""


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
    vectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What FAISS keeps `texts` and `strings` in: kind, count, recall measured against exact."""
    checksums: dict[str, int] = field(default_factory=dict)
    """CRC-32 of every other file of the version, by its path in the folder."""
    format: int = FORMAT


@dataclass(frozen=True)
class Snapshot:
    """One version, open."""

    manifest: Manifest
    folder: Path
    chunks: Sequence[Chunk]
    dense: Dense
    lexical: Lexical
    places: Places
    words: LikeWords = NO_WORDS

    @property
    def version(self) -> str:
        """The version's name."""
        return self.manifest.version

    @property
    def statistics(self) -> Manifest:
        """Counts of documents and chunks."""
        return self.manifest


def make(
    folder: Path,
    manifest: Manifest,
    chunks: Iterable[Chunk],
    dense: Dense,
    digests: dict[str, str] | None = None,
    origins: dict[str, str] | None = None,
    *,
    lexical: Lexical | None = None,
    like: LikeWords = NO_WORDS,
) -> Snapshot:
    """Writes what a version holds into a folder that exists, block by block, and opens it.

    `dense` lies in the folder already, `lexical` too where it is given; else it is made. `digests` and
    `origins`: of every document by "source/path", its digest and the key of the source it came from.
    """
    lines, places = ChunkWriter(folder), PlaceWriter(folder)
    words = LexicalWriter(folder) if lexical is None else None
    rest = iter(chunks)
    while block := list(islice(rest, BLOCK)):
        lines.add(block)
        places.add((one.source, one.path, (one.heading_path, one.anchor), _kind(one)) for one in block)
        if words is not None:
            words.add(block)
    lines.close()
    places.close()
    if words is not None:
        words.finish()
    own = places.places
    pages = page_numbers(own, lambda one: _mean(dense, one))
    places.finish(pages, [one.source.lower() for one in own], project_folders(own))
    _write_json(folder / "documents.json", digests or {})
    _write_json(folder / "origins.json", origins or {})
    like.save(folder)
    opened, lists = replace(manifest, vectors=dense.facts), lexical or Lexical(folder)
    return Snapshot(opened, folder, ChunkFile(folder), dense, lists, Places(folder), like)


def _kind(chunk: Chunk) -> int:
    kinds = (
        (chunk.language == "zh", CHINESE),
        (chunk.bare, BARE),
        (not chunk.heading_path, HEADLESS),
        (is_of_questions(chunk), FAQ),
    )
    return sum(bit for own, bit in kinds if own)


def _mean(dense: Dense, place: DocumentPlace) -> Vectors:
    mean: Vectors = dense.vectors(np.arange(place.first, place.last + 1)).mean(axis=0)
    return mean


@contextmanager
def making(versions: Path, name: str) -> Iterator[Path]:
    """A folder beside the versions to make one in; it goes when the block raises.

    Raises OSError when it cannot be written, FAISS's own complaint among them.
    """
    versions.mkdir(parents=True, exist_ok=True)
    folder = versions / f".{name}.{os.getpid()}"
    try:
        folder.mkdir()
        yield folder
    except BaseException as error:
        # FAISS and NumPy ("325120 requested and 149440 written") do not say what the system said.
        unsaid = isinstance(error, RuntimeError) or (isinstance(error, OSError) and error.errno is None)
        fault = disk.fault_of(folder) if unsaid else None
        shutil.rmtree(folder, ignore_errors=True)
        if unsaid:
            raise fault or OSError(" ".join(str(error).split())[:300]) from error
        raise


def discard(snapshot: Snapshot) -> None:
    """Removes a snapshot that `write` did not make a version."""
    if snapshot.folder.name.startswith("."):
        shutil.rmtree(snapshot.folder, ignore_errors=True)


def write(snapshot: Snapshot, versions: Path) -> Path:
    """Makes a snapshot a version below `versions`: renamed when all of it is on the disk; returns its folder.

    Raises OSError when it cannot be written.
    """
    folder = versions / snapshot.version
    manifest = {**asdict(snapshot.manifest), "checksums": checksums(snapshot.folder)}
    _write_json(snapshot.folder / "manifest.json", manifest)
    _to_disk(snapshot.folder)
    versions.mkdir(parents=True, exist_ok=True)
    snapshot.folder.replace(folder)
    return folder


def checksums(folder: Path) -> dict[str, int]:
    """CRC-32 of every file of a version but its manifest. Raises OSError."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != "manifest.json"]
    with ThreadPoolExecutor(_AT_ONCE, "checksums") as threads:
        sums = threads.map(_crc, files)
        return {file.relative_to(folder).as_posix(): own for file, own in zip(files, sums, strict=True)}


def _crc(file: Path) -> int:
    value = 0
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def _to_disk(folder: Path) -> None:
    """Has the system write all of it: after a power cut the name must not be there before what it names."""
    with ThreadPoolExecutor(_AT_ONCE, "to-disk") as threads:
        for _ in threads.map(_synced, [*folder.rglob("*"), folder]):
            pass


def _synced(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(folder: Path) -> Snapshot:
    """Opens a version. Raises IndexMissing or IndexMismatch (IndexDamaged when it is not whole)."""
    manifest = read_manifest(folder)
    with damage(folder):
        if manifest.format == OLDER:
            return _converted(folder, manifest)
        if _size(folder) <= COMPARED_BELOW and not is_whole(folder):
            raise ValueError("a file is not as it was written")
        snapshot = Snapshot(
            manifest=manifest,
            folder=folder,
            chunks=ChunkFile(folder),
            dense=Dense(folder),
            lexical=Lexical(folder),
            places=Places(folder),
            words=LikeWords.load(folder),
        )
        counts = {len(snapshot.chunks), snapshot.dense.count, snapshot.lexical.count, manifest.chunks}
        if len(counts) > 1:
            raise ValueError(f"{len(snapshot.chunks)} chunks for {manifest.chunks} of the manifest")
    return snapshot


def _converted(folder: Path, manifest: Manifest) -> Snapshot:
    """A version of the release before, its lists made anew in a folder that nobody sees."""
    log.warning(
        "index_of_an_older_release", version=manifest.version, chunks=manifest.chunks,
        remedy="`python -m index build` writes it anew without embedding; until then each start takes longer",
    )  # fmt: skip
    older = read_older(folder)
    with TemporaryDirectory() as place:
        # What is mapped stays readable when its name is gone.
        dense = Dense.build(older.texts, older.strings, older.string_rows, Path(place))
        return replace(make(Path(place), manifest, older.chunks, dense), folder=folder)


@contextmanager
def damage(place: Path, remedy: str = "run `python -m index build`") -> Iterator[None]:
    """Whatever goes wrong while files of the index are read means that they are damaged: IndexDamaged."""
    try:
        yield
    except (IndexMissing, IndexMismatch):
        raise
    except FileNotFoundError as error:
        raise IndexDamaged(f"{place} lacks {error.filename}; {remedy}") from error
    except Exception as error:  # JSON, NumPy, SciPy and FAISS have each their own
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise IndexDamaged(f"{place} is damaged ({reason}); {remedy}") from error


def read_manifest(folder: Path) -> Manifest:
    """What a version says of itself. Raises IndexMissing or IndexMismatch."""
    file = folder / "manifest.json"
    if not file.is_file():
        raise IndexMissing(f"{folder} holds no index version; run `python -m index build`")
    with damage(folder):
        data = json.loads(file.read_text("utf-8"))
        if data.get("format") not in (OLDER, FORMAT):
            raise IndexMismatch(
                f"{folder} is of format {data.get('format')}, this release reads {OLDER} and {FORMAT}; "
                "run `python -m index build`"
            )
        return Manifest(
            **{name: value for name, value in data.items() if name in Manifest.__dataclass_fields__}
        )


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def is_whole(folder: Path) -> bool:
    """Whether every file of a version is as it was written. Raises IndexMissing or IndexMismatch."""
    kept = read_manifest(folder).checksums
    try:
        return bool(kept) and checksums(folder) == kept
    except OSError:
        return False


def read_digests(folder: Path) -> dict[str, str]:
    """ "source/path" of every document of a version -> its digest. Raises IndexDamaged."""
    with damage(folder):
        digests: dict[str, str] = json.loads((folder / "documents.json").read_text("utf-8"))
        return digests


def read_origins(folder: Path) -> dict[str, str]:
    """ "source/path" of every document -> key of its source; empty in versions of an older release."""
    file = folder / "origins.json"
    with damage(folder):
        origins: dict[str, str] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        return origins


def read_chunks(folder: Path) -> Sequence[Chunk]:
    """The chunks of a version in order. Raises IndexDamaged."""
    manifest = read_manifest(folder)
    with damage(folder):
        return older_chunks(folder) if manifest.format == OLDER else ChunkFile(folder)


def read_firsts(folder: Path) -> list[int]:
    """The numbers of the chunks with which the documents of a version begin; every number where that cannot
    be told."""
    count = len(read_chunks(folder))
    try:
        firsts: list[int] = mapped(folder, "document_firsts")[:-1].tolist()
    except (OSError, ValueError):
        return list(range(count))
    ascends = all(0 <= one < other < count for one, other in pairwise(firsts))
    return firsts if ascends and firsts[:1] == [0] else list(range(count))


def _write_json(file: Path, data: Any) -> None:
    file.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
