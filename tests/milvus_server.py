"""A Milvus server on this machine, from the wheel of milvus-lite, over gRPC as a cluster would be."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.config.settings import MilvusSettings
from bot.errors import EngineUnavailable
from index.search.store.milvus import MilvusStore
from tests.waiting import LIMIT

needs_milvus = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("pymilvus", "milvus_lite")),
    reason="pymilvus and milvus-lite are not installed: `make dev` brings them",
)


@contextmanager
def milvus_server(folder: Path) -> Iterator[MilvusSettings]:
    """Settings of a server that keeps its data in `folder`; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    settings = MilvusSettings(url=f"http://127.0.0.1:{port}", timeout=30)
    try:
        wait_until_up(settings)
        yield settings
    finally:
        server.terminate()
        server.wait()


def wait_until_up(settings: MilvusSettings) -> None:
    end = time.monotonic() + LIMIT
    patient = settings.model_copy(update={"timeout": 2.0})
    while True:
        try:
            MilvusStore(patient).close()
            return
        except EngineUnavailable:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
