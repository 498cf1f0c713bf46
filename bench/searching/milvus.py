"""The same searches with the candidates from Milvus: milvus-lite's server on this machine, over gRPC."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.searching.measure import AT_ONCE, EQUAL, SEARCHES, NoEmbedder, percentiles, searching, timed
from bot.config.settings import MilvusSettings
from bot.errors import EngineUnavailable
from index.search.embed import Vectors
from index.search.searcher import Searcher
from index.search.storage import read
from index.search.store.milvus import MilvusStore
from index.search.store.vectors import exact_nearest

PATIENCE = 120.0
"""Seconds the server may take to start."""
ASKED = SEARCHES // 2
"""Searches: milvus-lite is written in Python and looks at every row of a collection for each."""


def can_run() -> bool:
    """Whether client and server are installed."""
    return all(importlib.util.find_spec(name) for name in ("pymilvus", "milvus_lite"))


@contextmanager
def server(folder: Path) -> Iterator[MilvusStore]:
    """A server that keeps its data in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(folder), "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        store = _connected(MilvusSettings(url=f"http://127.0.0.1:{port}", timeout=600))
        yield store
        store.close()
    finally:
        running.terminate()
        running.wait()


def _connected(settings: MilvusSettings) -> MilvusStore:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return MilvusStore(settings)
        except EngineUnavailable:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def through_milvus(version: Path, questions: list[str], vectors: Vectors, exact: Any) -> dict[str, Any]:
    """Figures of one version whose candidates a server finds; `exact`: its vectors, to compare with."""
    snapshot = read(version)
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as store:
        started = time.perf_counter()
        words = snapshot.lexical.words_of(snapshot.chunks)
        store.add(snapshot.version, snapshot.dense.texts, snapshot.dense.strings, words)
        added = time.perf_counter() - started
        candidates = store.opened(snapshot.version)
        searcher = Searcher(snapshot, NoEmbedder(vectors.shape[1]), server=candidates)
        asked = [(questions[place], vectors[place]) for place in range(len(questions))][:ASKED]
        search = searching(searcher)
        search(asked[0])
        figures: dict[str, Any] = {"chunks": len(snapshot.chunks), "add_seconds": round(added, 1)}
        figures |= percentiles("search", timed(search, asked))
        figures |= percentiles("search_8", timed(search, asked, AT_ONCE))
        right = exact_nearest(exact, vectors[:ASKED], 10)
        shares = []
        for vector, nearest in zip(vectors[:ASKED], right, strict=True):
            least = float((exact[nearest] @ vector).min()) - EQUAL
            shares.append(float(np.mean(exact[candidates.chunks(vector, [], 10)] @ vector >= least)))
        return {**figures, "recall_at_10": round(float(np.mean(shares)), 4)}
