"""What of a version lies elsewhere, as the settings say: candidates in Milvus, snapshots at an address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

from bot.config.settings import IndexSettings
from bot.errors import EngineUnavailable, IndexDamaged, IndexMismatch, IndexMissing
from index.search.store.milvus import MilvusCandidates, MilvusStore
from index.search.store.remote import Snapshots
from index.search.store.vectors import SERVER, VectorIndex

Facts = dict[str, dict[str, Any]]
Words = Iterable[Sequence[int]]
log = structlog.get_logger(__name__)


def made_for(vectors: Facts) -> str:
    """The `index.store` that a version was made for; `vectors`: of its manifest."""
    return "milvus" if vectors.get("texts", {}).get("kind") == SERVER else "faiss"


def open_server(index: IndexSettings, version: str, vectors: Facts) -> MilvusCandidates | None:
    """The server that finds a version's candidates; None where FAISS does. `vectors`: of its manifest.

    Raises IndexMismatch when the version was made for the other store, ConfigError, EngineUnavailable.
    """
    if made_for(vectors) != index.store:
        raise IndexMismatch(
            f"index {version} was made for index.store: {made_for(vectors)}, the settings say {index.store}; "
            "run `python -m index build --force`"
        )
    return MilvusStore(index.milvus).opened(version) if index.store == "milvus" else None


@contextmanager
def on_server(
    index: IndexSettings, version: str, texts: VectorIndex, strings: VectorIndex, words: Words
) -> Iterator[MilvusCandidates | None]:
    """A new version put on the server that the settings name, to be searched; None where FAISS does.

    `words`: of each chunk in order, the numbers of its terms. It goes again when the block raises. Raises
    ConfigError, EngineUnavailable.
    """
    if index.store != "milvus":
        yield None
        return
    store = MilvusStore(index.milvus)
    try:
        store.add(version, texts, strings, words)
        yield store.opened(version)
    except BaseException:
        with suppress(EngineUnavailable):
            store.drop(version)
        raise


def keep_only(index: IndexSettings, versions: Iterable[str]) -> None:
    """Drops what the server holds of other versions; one that does not answer is logged."""
    if index.store != "milvus":
        return
    try:
        store = MilvusStore(index.milvus)
        store.keep_only(versions)
        store.close()
    except EngineUnavailable as error:
        log.warning("milvus_versions_not_dropped", error=str(error))


def put_out(index: IndexSettings, folder: Path) -> None:
    """Tells Milvus and the snapshots' address of the version in this folder, which is to be the one in use.

    Raises IndexUnwritten, ConfigError, EngineUnavailable.
    """
    if index.snapshots:
        snapshots = Snapshots(index.snapshots)
        snapshots.put(folder)
        snapshots.use(folder.name)
        snapshots.prune(index.keep_versions)
    if index.store == "milvus":
        store = MilvusStore(index.milvus)
        store.use(folder.name)
        store.close()


def fetched(index: IndexSettings, versions: Path, current: str) -> str:
    """Name of the version in use at the snapshots' address, now in `versions`; empty where nothing is new.

    What cannot be fetched is logged, and what is here stays in use. Raises ConfigError.
    """
    if not index.snapshots:
        return ""
    snapshots = Snapshots(index.snapshots)
    try:
        name = snapshots.current()
        if name in ("", current):
            return ""
        snapshots.fetch(name, versions)
    except (IndexMissing, IndexDamaged) as error:
        log.error("snapshot_not_fetched", error=str(error))
        return ""
    return name
