"""What the stories of this folder are told over: a small index of real documents, a Redis, a running bot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config.settings import Settings
from bot.queue import queue
from bot.supervisor.redis_server import RedisServer
from index.build.build import build
from tests.house import House, write_documents, write_questions


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents of a product called Harbor, in Chinese and English."""
    return write_documents(tmp_path_factory.mktemp("harbor"))


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Path:
    """Their index; stories that change it make one of their own."""
    folder = tmp_path_factory.mktemp("index")
    sources = [{"path": documents, "url": "https://docs.example.com/harbor"}]
    questions = write_questions(folder / "questions.jsonl")
    settings = Settings(index={"dir": folder, "sources": sources, "gate": {"questions": [questions]}})  # type: ignore[arg-type]
    build(settings)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _a_minute_of_the_limits_outlasts_the_story() -> Iterator[None]:
    """Who says so much in a minute is over a limit, however long the machine takes to hear it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RATE", "TOLD"):
            patch.setattr(queue, name, replace(getattr(queue, name), seconds=3600))
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for one file of stories."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    """A bot for one file of stories; a file that needs another builds its own under this name."""
    with House(server.url, index, documents) as house:
        yield house
