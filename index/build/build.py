"""Builds a version of the index: load, split, embed what is new, write aside, publish.

The version in use is not touched until the new one is whole. What did not change is not embedded again.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import structlog
from redis import Redis

from bot.config.settings import Settings
from bot.errors import IndexMismatch, IndexMissing
from index.build.embedding_cache import Embedded, EmbeddingCache
from index.build.report import BuildReport, Difference, difference
from index.search.dense import Dense
from index.search.embed import Embedder, open_embedder
from index.search.lexical import Lexical, heading_of, headings_of
from index.search.searcher import Searcher
from index.search.storage import Manifest, Snapshot, write
from index.search.versions import Versions, publish
from index.sources.asked import Asked, Reader
from index.sources.load import LoadReport, load
from index.text.document import Document
from index.text.split import Chunk, split
from index.training.calibrate import fit_from_settings

__all__ = ["BuildReport", "Progress", "assemble", "build", "difference"]

log = structlog.get_logger(__name__)

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); stages are 'read', 'embed', 'index', 'publish'."""


@dataclass(frozen=True)
class _Gathered:
    """What the sources hold."""

    documents: list[Document]
    chunks: list[Chunk]
    errors: tuple[str, ...]
    seconds: float

    @property
    def digests(self) -> dict[str, str]:
        """ "source/path" -> digest of all that ends up in the index: a changed link or title counts too."""
        digests = {}
        for document in self.documents:
            parts = (document.digest, document.title, document.url, document.language)
            whole = hashlib.sha256("\0".join(parts).encode()).hexdigest()
            digests[f"{document.source}/{document.path}"] = whole
        return digests


def build(
    settings: Settings,
    *,
    redis: Redis | None = None,
    embedder: Embedder | None = None,
    ask: Reader | None = None,
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
        embedder = embedder or open_embedder(settings.index.embedder)
        gathered = _gather(settings, ask or Asked(settings), tell)
        before, usable = _before(versions, embedder)
        changes = difference(before, gathered.digests)
        if changes.empty and usable and not force:
            told = publish(versions.current(), versions, redis)
            return _report(versions.current(), gathered, changes, published=False, redis_told=told)
        return _publish(settings, gathered, changes, embedder, redis, tell)


def assemble(
    documents: list[Document],
    chunks: list[Chunk],
    embedder: Embedder,
    folder: Path,
    *,
    changes: Difference | None = None,
    unreadable: int = 0,
    tell: Progress | None = None,
) -> tuple[Snapshot, Embedded]:
    """A version in memory and what was embedded for it; the embeddings are kept in `folder`."""
    gathered = _Gathered(documents, chunks, (), 0.0)
    tell = tell or (lambda stage, done, total: None)
    views = [[headings_of(chunk), heading_of(chunk), chunk.title] for chunk in chunks]
    strings = list(dict.fromkeys(string for view in views for string in view))
    number = {string: row for row, string in enumerate(strings)}
    cache = EmbeddingCache(folder / "embeddings.sqlite", embedder)
    try:
        texts = strings + [chunk.text for chunk in chunks]
        embedded = cache.embed(texts, lambda done, total: tell("embed", done, total))
    finally:
        cache.close()
    tell("index", 0, len(chunks))
    rows = np.array([[number[string] for string in view] for view in views], dtype=np.int64).T
    dense = Dense.build(embedded.vectors[len(strings) :], embedded.vectors[: len(strings)], rows)
    manifest = _manifest(documents, chunks, embedder, changes or Difference(), unreadable)
    return Snapshot(manifest, chunks, dense, Lexical.build(chunks), gathered.digests), embedded


def _gather(settings: Settings, ask: Reader | None, tell: Progress) -> _Gathered:
    started = time.perf_counter()
    report = LoadReport()
    documents: list[Document] = []
    for document in load(settings.index.sources, settings.index.dir / "sources", report, ask):
        documents.append(document)
        tell("read", len(documents), 0)
    chunks = [chunk for document in documents for chunk in split(document)]
    errors = tuple(map(str, report.errors))
    if not chunks:
        raise IndexMissing(
            f"index.sources hold no readable document: {'; '.join(errors[:5]) or 'no file found'}"
        )
    return _Gathered(documents, chunks, errors, time.perf_counter() - started)


def _before(versions: Versions, embedder: Embedder) -> tuple[dict[str, str], bool]:
    """Digests of the current version, and whether it could stay in use; nothing where there is none."""
    name = versions.current()
    if name not in versions.names():
        return {}, False
    try:
        return versions.digests(name), versions.manifest(name).embedder == embedder.name
    except IndexMismatch:
        return versions.digests(name), False


def _publish(
    settings: Settings,
    gathered: _Gathered,
    changes: Difference,
    embedder: Embedder,
    redis: Redis | None,
    tell: Progress,
) -> BuildReport:
    versions = Versions(settings.index.dir)
    moments = [time.perf_counter()]

    def noting(stage: str, done: int, total: int) -> None:
        if stage == "index":
            moments.append(time.perf_counter())
        tell(stage, done, total)

    snapshot, embedded = assemble(
        gathered.documents,
        gathered.chunks,
        embedder,
        settings.index.dir,
        changes=changes,
        unreadable=len(gathered.errors),
        tell=noting,
    )
    write(snapshot, versions.path)
    fit_from_settings(Searcher(snapshot, embedder), settings)
    told = publish(snapshot.version, versions, redis)
    pruned = tuple(versions.prune(settings.index.keep_versions))
    cache = EmbeddingCache(settings.index.dir / "embeddings.sqlite", embedder)
    cache.prune(settings.index.keep_versions)
    cache.close()
    tell("publish", len(gathered.chunks), len(gathered.chunks))
    log.info("index_built", version=snapshot.version, chunks=len(gathered.chunks))
    return _report(
        snapshot.version,
        gathered,
        changes,
        published=True,
        redis_told=told,
        embedded=embedded.new,
        reused=embedded.reused,
        embed_seconds=moments[1] - moments[0],
        index_seconds=time.perf_counter() - moments[1],
        pruned=pruned,
    )


def _report(
    version: str,
    gathered: _Gathered,
    changes: Difference,
    *,
    published: bool,
    redis_told: bool,
    embedded: int = 0,
    reused: int = 0,
    embed_seconds: float = 0.0,
    index_seconds: float = 0.0,
    pruned: tuple[str, ...] = (),
) -> BuildReport:
    return BuildReport(
        version=version,
        published=published,
        redis_told=redis_told,
        documents=len(gathered.documents),
        chunks=len(gathered.chunks),
        errors=gathered.errors,
        read_seconds=gathered.seconds,
        embedded=embedded,
        reused=reused,
        embed_seconds=embed_seconds,
        index_seconds=index_seconds,
        pruned=pruned,
        **asdict(changes),
    )


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
