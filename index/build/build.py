"""Builds a version of the index: load, split, embed what is new, write aside, publish.

The version in use is not touched until the new one is whole. What did not change is not embedded again.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cache as once
from functools import partial
from pathlib import Path

import structlog
from redis import Redis

from bot.config import disk
from bot.config.settings import Settings
from bot.errors import IndexMismatch, IndexMissing, IndexUnwritten
from index.build.ahead import Ahead
from index.build.assemble import assemble
from index.build.embedding_cache import EmbeddingCache
from index.build.gate_fit import fit_is_due, fit_where_needed
from index.build.gather import Gathered, Progress, gather
from index.build.previous import Previous
from index.build.report import BuildReport, Difference, difference
from index.build.source_states import note
from index.check.kept import Compared, compare_before_publishing
from index.gate.evidence import Evidence
from index.search.embed import Embedder, OpenedLate
from index.search.searcher import Searcher
from index.search.storage import FORMAT, Snapshot, discard, write
from index.search.store.elsewhere import keep_only, made_for, on_server
from index.search.versions import Versions, publish
from index.sources.asked import Asked, Reader

__all__ = ["BuildReport", "Progress", "assemble", "build", "difference"]

log = structlog.get_logger(__name__)

_NO_MEMORY = os.strerror(errno.ENOMEM)
"""As the system says it, and as faiss repeats it."""


@dataclass(frozen=True)
class _Wish:
    """What one build is asked for, see `build`."""

    force: bool
    confirmed: bool
    only: frozenset[str]
    dry_run: bool


def build(
    settings: Settings,
    *,
    redis: Redis | None = None,
    embedder: Embedder | None = None,
    ask: Reader | None = None,
    progress: Progress | None = None,
    force: bool = False,
    confirmed: bool = False,
    only: Collection[str] = (),
    dry_run: bool = False,
) -> BuildReport:
    """Builds and publishes a version; with nothing changed the one in use stays, unless `force`.

    `only`: names of the sources to read; the others stay as they are. `dry_run` reads and tells what would
    change, and writes no version.

    `confirmed`: documents that are gone may go, however many. What cannot be read is in the report, and what
    was known of it stays. Raises IndexMissing when the sources hold no document, RemovalUnconfirmed when too
    many are gone, IndexBusy when another build runs, IndexUnwritten when it cannot be written, and what the
    embedder raises.
    """
    tell = progress or (lambda stage, done, total: None)
    versions = Versions(settings.index.dir)
    try:
        with versions.building():
            wish = _Wish(force, confirmed or dry_run, frozenset(only), dry_run)
            return _build(settings, versions, redis, embedder, ask, tell, wish)
    except (OSError, sqlite3.Error, MemoryError) as error:
        if isinstance(error, MemoryError) or _NO_MEMORY in str(error):
            raise IndexUnwritten(
                f"memory ran out while the index in {versions.folder} was built: allow the process more "
                f"(ulimit -v, or the container's limit); the version in use stays"
            ) from error
        why = _where(error, versions.folder) + disk.reason(error)
        raise IndexUnwritten(
            f"the index in {versions.folder} cannot be written ({why}): "
            f"{disk.to_do(error, 'set index.dir to another folder')}; the version in use stays"
        ) from error


def _where(error: BaseException, folder: Path) -> str:
    """The file in the folder that it is about, where it names one."""
    file = error.filename if isinstance(error, OSError) else None
    return f"{file}: " if file and Path(str(file)) != folder else ""


def _build(
    settings: Settings,
    versions: Versions,
    redis: Redis | None,
    embedder: Embedder | None,
    ask: Reader | None,
    tell: Progress,
    wish: _Wish,
) -> BuildReport:
    embedder = embedder or OpenedLate(settings.index.embedder)
    previous = Previous.find(versions)
    with Ahead(settings.index.dir / "embeddings.sqlite", embedder) as ahead:
        gathered = gather(
            settings,
            previous,
            ask or Asked(settings),
            tell,
            confirmed=wish.confirmed,
            only=wish.only,
            take=(lambda chunks: None) if wish.dry_run else ahead.take,
        )
        changes = difference(previous.digests, gathered.digests)
        if wish.dry_run:
            report = _report(previous.name, gathered, changes, published=False, redis_told=False)
            return replace(report, dry_run=True)
        stays = changes.empty and not wish.force
        if stays and _usable(versions, previous.name, embedder, settings.index.store):
            ahead.finish(lambda done, total: tell("embed", done, total))
            told = publish(previous.name, versions, redis, settings.index)
            report = _report(previous.name, gathered, changes, published=False, redis_told=told)
        else:
            report = _publish(settings, previous, gathered, changes, embedder, ahead, redis, tell)
    note(versions.folder, gathered.sources, Counter(gathered.origins.values()))
    return report


def _usable(versions: Versions, name: str, embedder: Embedder, store: str) -> bool:
    """Whether this version could stay in use: it is whole, of this release, for this embedder and store."""
    try:
        manifest = versions.manifest(name)
        fits = manifest.embedder == embedder.name and manifest.format == FORMAT
        fits = fits and made_for(manifest.vectors) == store
        return fits and versions.is_whole(name)
    except (IndexMismatch, IndexMissing):
        return False


def _publish(
    settings: Settings,
    previous: Previous,
    gathered: Gathered,
    changes: Difference,
    embedder: Embedder,
    ahead: Ahead,
    redis: Redis | None,
    tell: Progress,
) -> BuildReport:
    """A new version of what was gathered, in use from now on."""
    versions = Versions(settings.index.dir)
    moments = [time.perf_counter()]
    counted = once(lambda: Evidence.build(ahead.passing(gathered.chunks, partial(tell, "embed"))))
    if fit_is_due(settings, embedder.name, len(gathered.documents), changes):
        ahead.meanwhile(counted)

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
        digests=gathered.digests,
        origins=gathered.origins,
        on_server=settings.index.store == "milvus",
        ahead=ahead,
        before=previous.folder,
    )

    def fit(searcher: Searcher) -> bool:
        old, new = previous.chunks_of, gathered.chunks_of
        return fit_where_needed(searcher, settings, previous.name, changes, old, new, counted)

    asked, fitted, told = _put_in_use(snapshot, settings, embedder, redis, fit, tell)
    pruned = _prune(settings, versions, embedder, embedded.texts)
    tell("publish", len(gathered.chunks), len(gathered.chunks))
    log.info("index_built", version=snapshot.version, chunks=len(gathered.chunks))
    return _report(
        snapshot.version,
        gathered,
        changes,
        published=True,
        redis_told=told,
        embedded=embedded.new + ahead.new,
        reused=embedded.reused - ahead.new,
        embed_seconds=moments[1] - moments[0],
        index_seconds=time.perf_counter() - moments[1],
        pruned=pruned,
        compared=asked,
        gate_fitted=fitted,
    )


def _put_in_use(
    snapshot: Snapshot,
    settings: Settings,
    embedder: Embedder,
    redis: Redis | None,
    fit: Callable[[Searcher], bool],
    tell: Progress,
) -> tuple[Compared, bool, bool]:
    """Writes and publishes a version, or leaves nothing of it.

    What the operator's own questions say of it, whether a gate was fitted, whether Redis was told.
    """
    versions = Versions(settings.index.dir)
    dense, words = snapshot.dense, snapshot.lexical.words_of(snapshot.chunks)
    try:
        with on_server(settings.index, snapshot.version, dense.texts, dense.strings, words) as server:
            searcher = Searcher(snapshot, embedder, server=server)
            asked = compare_before_publishing(searcher, versions, settings)
            if asked.questions:
                tell("compared", len(asked.worse), asked.questions)
            write(snapshot, versions.path)
            fitted = fit(searcher)
            return asked, fitted, publish(snapshot.version, versions, redis, settings.index)
    except BaseException:
        discard(snapshot)
        raise


def _prune(
    settings: Settings, versions: Versions, embedder: Embedder, texts: Collection[str]
) -> tuple[str, ...]:
    """Removes old versions, here and on a server, and vectors of other texts than the new one's `texts` where
    they are many; the names of the versions."""
    pruned = tuple(versions.prune(settings.index.keep_versions))
    keep_only(settings.index, versions.names())
    with closing(EmbeddingCache(settings.index.dir / "embeddings.sqlite", embedder)) as cache:
        cache.prune(texts)
    return pruned


def _report(
    version: str,
    gathered: Gathered,
    changes: Difference,
    *,
    published: bool,
    redis_told: bool,
    embedded: int = 0,
    reused: int = 0,
    embed_seconds: float = 0.0,
    index_seconds: float = 0.0,
    pruned: tuple[str, ...] = (),
    compared: Compared | None = None,
    gate_fitted: bool = False,
) -> BuildReport:
    return BuildReport(
        version=version,
        published=published,
        redis_told=redis_told,
        documents=len(gathered.documents),
        chunks=len(gathered.chunks),
        errors=gathered.errors,
        faults=gathered.faults,
        kept=gathered.kept,
        notes=gathered.notes + ((compared.fault,) if compared and compared.fault else ()),
        unread=gathered.unread,
        left_out=gathered.left_out,
        read_seconds=gathered.seconds,
        embedded=embedded,
        reused=reused,
        embed_seconds=embed_seconds,
        index_seconds=index_seconds,
        pruned=pruned,
        compared=compared.questions if compared else 0,
        worse=compared.worse if compared else (),
        better=compared.better if compared else (),
        gate_fitted=gate_fitted,
        **asdict(changes),
    )
