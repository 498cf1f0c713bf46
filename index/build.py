"""Builds a version of the index: load, split, embed what is new, write aside, publish.

The version in use is not touched until the new one is whole. What did not change is not embedded again.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import structlog
from redis import Redis

from bot.config import Settings
from bot.errors import IndexMissing
from index.calibrate import fit_from_settings
from index.dense import Dense
from index.embed import Embedder, open_embedder
from index.lexical import Lexical, heading_of, headings_of
from index.load import Document, FeishuReader, LoadReport, load
from index.search import Searcher
from index.snapshot import Versions, publish
from index.split import Chunk, split
from index.storage import Manifest, Snapshot, write
from index.vectors import EmbeddingCache

log = structlog.get_logger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); stages are 'read', 'embed', 'index', 'publish'."""


@dataclass(frozen=True)
class Difference:
    """Documents as "source/path", each list sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.changed or self.removed)


@dataclass(frozen=True)
class BuildReport:
    """What one build did."""

    version: str
    published: bool
    """False when nothing had changed and the version in use stays."""
    redis_told: bool
    documents: int
    chunks: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    errors: tuple[str, ...]
    embedded: int
    """Distinct texts that had to be embedded."""
    reused: int
    """Distinct texts whose embedding was kept."""
    read_seconds: float
    embed_seconds: float
    index_seconds: float
    pruned: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The whole build."""
        return self.read_seconds + self.embed_seconds + self.index_seconds

    def to_json(self) -> dict[str, Any]:
        """The report with its rates: documents and chunks per second of the whole build."""
        seconds = max(self.seconds, 1e-9)
        rates = {
            "seconds": round(self.seconds, 3),
            "documents_per_second": round(self.documents / seconds, 1),
            "chunks_per_second": round(self.chunks / seconds, 1),
        }
        return {**asdict(self), **rates}


def difference(before: dict[str, str], after: dict[str, str]) -> Difference:
    """What differs between the digests of two versions."""
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def build(
    settings: Settings,
    *,
    redis: Redis | None = None,
    embedder: Embedder | None = None,
    read_feishu: FeishuReader | None = None,
    progress: Progress | None = None,
    force: bool = False,
) -> BuildReport:
    """Builds and publishes a version; with nothing changed the one in use stays, unless `force`.

    Raises IndexMissing when the sources hold no document, IndexBusy when another build runs, and what the
    embedder raises. Unreadable documents are in the report.
    """
    tell = progress or (lambda stage, done, total: None)
    versions = Versions(settings.index.dir)
    with versions.building():
        started = time.perf_counter()
        embedder = embedder or open_embedder(settings.index.embedder)
        report = LoadReport()
        documents: list[Document] = []
        for document in load(settings.index.sources, settings.index.dir / "sources", report, read_feishu):
            documents.append(document)
            tell("read", len(documents), 0)
        chunks = [chunk for document in documents for chunk in split(document)]
        if not chunks:
            raise IndexMissing(_nothing_found(report))
        digests = {f"{document.source}/{document.path}": _digest(document) for document in documents}
        before, same_embedder = _before(versions, embedder)
        changes = difference(before, digests)
        read_seconds = time.perf_counter() - started
        counts = {"documents": len(documents), "chunks": len(chunks)}
        facts: dict[str, Any] = {**asdict(changes), **counts, "errors": tuple(map(str, report.errors))}
        if changes.empty and same_embedder and not force:
            told = publish(versions.current(), versions, redis)
            return BuildReport(
                versions.current(), False, told, embedded=0, reused=0, read_seconds=read_seconds,
                embed_seconds=0.0, index_seconds=0.0, **facts,
            )  # fmt: skip
        dense, embedded, reused, embed_seconds = _embed(settings, embedder, chunks, tell)
        tell("index", 0, len(chunks))
        started = time.perf_counter()
        manifest = _manifest(documents, chunks, embedder, changes, len(report.errors))
        snapshot = Snapshot(manifest, chunks, dense, Lexical.build(chunks), digests)
        write(snapshot, versions.path)
        fit_from_settings(Searcher(snapshot, embedder), settings)
        told = publish(manifest.version, versions, redis)
        pruned = tuple(versions.prune(settings.index.keep_versions))
        tell("publish", len(chunks), len(chunks))
        log.info("index_built", version=manifest.version, documents=len(documents), chunks=len(chunks))
        return BuildReport(
            manifest.version, True, told, embedded=embedded, reused=reused, read_seconds=read_seconds,
            embed_seconds=embed_seconds, index_seconds=time.perf_counter() - started, pruned=pruned, **facts,
        )  # fmt: skip


def _before(versions: Versions, embedder: Embedder) -> tuple[dict[str, str], bool]:
    """Digests of the current version, and whether this embedder built it; nothing where there is none."""
    name = versions.current()
    if not name or name not in versions.names():
        return {}, False
    return versions.digests(name), versions.manifest(name).embedder == embedder.name


def _digest(document: Document) -> str:
    """Of all that ends up in the index: a changed link or title makes a changed document too."""
    parts = (document.digest, document.title, document.url, document.language)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _embed(
    settings: Settings, embedder: Embedder, chunks: list[Chunk], tell: Progress
) -> tuple[Dense, int, int, float]:
    started = time.perf_counter()
    views = [[headings_of(chunk), heading_of(chunk), chunk.title] for chunk in chunks]
    strings = list(dict.fromkeys(string for view in views for string in view))
    number = {string: row for row, string in enumerate(strings)}
    cache = EmbeddingCache(settings.index.dir / "embeddings.sqlite", embedder)
    try:
        all_texts = strings + [chunk.text for chunk in chunks]
        embedded = cache.embed(all_texts, lambda done, total: tell("embed", done, total))
        cache.prune(max(settings.index.keep_versions, 1))
    finally:
        cache.close()
    rows = np.array([[number[string] for string in view] for view in views], dtype=np.int64).T
    dense = Dense.build(embedded.vectors[len(strings) :], embedded.vectors[: len(strings)], rows)
    return dense, embedded.new, embedded.reused, time.perf_counter() - started


def _manifest(
    documents: list[Document], chunks: list[Chunk], embedder: Embedder, changes: Difference, unreadable: int
) -> Manifest:
    now = time.time()
    content = hashlib.sha256("".join(chunk.id for chunk in chunks).encode()).hexdigest()[:6]
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now)) + f"{int(now * 1000) % 1000:03d}"
    return Manifest(
        version=f"{stamp}-{content}",
        built_at=now,
        embedder=embedder.name,
        documents=len(documents),
        chunks=len(chunks),
        sources=dict(Counter(document.source for document in documents)),
        languages=dict(Counter(document.language for document in documents)),
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        unreadable=unreadable,
    )


def _nothing_found(report: LoadReport) -> str:
    problems = "; ".join(str(error) for error in report.errors[:5])
    return f"index.sources hold no readable document{': ' + problems if problems else ''}"
