"""Redis lost everything while the bot ran: it is known again within seconds, and questions are answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.queue.queue import serving
from bot.supervisor.redis_server import RedisServer
from bot.web.app import create_app
from bot.web.readiness import check_readiness
from tests.house import House, until, words
from tests.waiting import LIMIT
from worker.engines.extractive.engine import Extractive

pytestmark = pytest.mark.slow


class HeldUp(Extractive):
    """An engine that answers once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Semaphore(0)
        self.may = threading.Event()

    def stream(self, *arguments: Any, **how: Any) -> Any:
        self.reached.release()
        assert self.may.wait(LIMIT)
        return super().stream(*arguments, **how)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    with House(server.url, index, documents) as house:
        yield house


def test_an_emptied_redis_is_known_again_and_a_restarted_web_takes_questions(house: House) -> None:
    until(lambda: check_readiness(house.redis).ready)
    house.redis.flushall()
    until(lambda: check_readiness(house.redis).ready)
    readiness = check_readiness(house.redis)
    assert (readiness.workers, bool(readiness.index_version)) == (1, True)
    app = create_app(house.settings)  # a web process that starts now knows nothing from before
    assert app.test_client().get("/readyz").status_code == 200
    asked = house.ask("怎么清空 Harbor 的缓存？")
    assert "harbor cache clear" in words(house.card(asked))
    until(lambda: house.redis.scard("rq:workers:answer") == 1)


def test_a_redis_that_comes_back_empty_is_recovered_from(
    house: House, server: RedisServer, tmp_path: Path
) -> None:
    until(lambda: check_readiness(house.redis).ready)
    server.kill()
    for file in (tmp_path / "redis").rglob("*"):
        if file.is_file() and file.suffix in (".aof", ".rdb", ".manifest"):
            file.unlink()
    server.start()
    with Redis.from_url(server.url) as fresh:
        until(lambda: check_readiness(fresh).ready)
        assert serving(fresh)
    asked = house.ask("How do I revoke a Harbor access token?")
    assert "harbor token revoke" in words(house.card(asked))


def test_what_is_being_answered_is_ended_though_redis_is_emptied_meanwhile(
    server: RedisServer, index: Path, documents: Path
) -> None:
    """Its card says already that it is worked on; nobody else knows of it any more."""
    engine = HeldUp()
    with House(server.url, index, documents, engine=engine) as house:
        asked = house.ask("How do I revoke a Harbor access token?")
        assert engine.reached.acquire(timeout=LIMIT)
        house.redis.flushall()
        engine.may.set()
        assert "harbor token revoke" in words(house.card(asked))
        assert len(house.feishu.cards(asked)) == 1
        until(lambda: check_readiness(house.redis).ready)
        assert "harbor cache clear" in words(house.card(house.ask("怎么清空 Harbor 的缓存？")))


def test_a_dead_worker_is_missed_within_ten_seconds(house: House) -> None:
    until(lambda: check_readiness(house.redis).ready)

    def left() -> list[int]:
        """Milliseconds of each sign of life."""
        return [
            one for key in house.redis.scan_iter("fennel:serving:*") if (one := house.redis.pttl(key)) > 0
        ]

    assert max(until(left)) <= 10_000
