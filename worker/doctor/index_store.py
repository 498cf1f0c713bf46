"""What `python -m bot doctor` asks of where the index is kept: FAISS, Milvus, the snapshots' address."""

from __future__ import annotations

from bot.config.extras import command
from bot.config.settings import Settings
from bot.errors import ConfigError, EngineUnavailable, IndexMissing
from index.search.searcher import Searcher
from index.search.store.milvus import MilvusStore
from index.search.store.remote import Snapshots
from worker.doctor.rows import FAILED, GOOD, Row


def elsewhere_rows(settings: Settings) -> list[Row]:
    """What lies elsewhere, as the settings say; nothing where all is on this machine's disk."""
    return [*_milvus(settings), *_snapshots(settings)]


def kept_in(searcher: Searcher) -> str:
    """What its vectors are kept in, and how well that finds."""
    facts = searcher.statistics.vectors.get("texts", {})
    kind, recall = facts.get("kind", ""), facts.get("recall", 1.0)
    if kind in ("", "Flat", "Server"):
        return ""
    return f", {searcher.statistics.chunks} chunks in FAISS {kind}, recall {recall}"


def _milvus(settings: Settings) -> list[Row]:
    """Where the candidates come from a Milvus server: is its package here, does it answer, what is in use."""
    if settings.index.store != "milvus":
        return []
    try:
        store = MilvusStore(settings.index.milvus)
        try:
            server, used = store.server(), store.in_use() or "none"
        finally:
            store.close()
    except ConfigError as error:
        return [("index.store", FAILED, str(error), command("pymilvus"))]
    except EngineUnavailable as error:
        return [("index.store", FAILED, str(error), "start the server, or mend index.milvus.url and token")]
    return [("index.store", GOOD, f"Milvus {server} at {settings.index.milvus.url}, in use: {used}", "")]


def _snapshots(settings: Settings) -> list[Row]:
    """Where versions are fetched from an address: does it answer, and what is in use there."""
    if not settings.index.snapshots:
        return []
    try:
        current = Snapshots(settings.index.snapshots).current()
    except ConfigError as error:
        return [
            (
                "index.snapshots",
                FAILED,
                str(error),
                "install what it names, or mend the address",
            )
        ]
    except IndexMissing as error:
        return [
            ("index.snapshots", FAILED, str(error), "is the address right, and may this machine read it?")
        ]
    return [("index.snapshots", GOOD, f"{settings.index.snapshots}: {current or 'no version yet'}", "")]
