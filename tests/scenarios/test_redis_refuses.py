"""Redis is full, a read-only copy or wants another password while questions are answered: nothing is lost."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from bot.queue import dead_letters
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.waiting import LIMIT
from worker.engines.extractive.engine import Extractive
from worker.runner.redis_faults import passes

Commands = tuple[str, ...]
REFUSING: dict[str, tuple[Commands, Commands]] = {
    "full": (("CONFIG SET maxmemory 1",), ("CONFIG SET maxmemory 0",)),
    "a copy": (("REPLICAOF 127.0.0.1 1",), ("REPLICAOF NO ONE",)),
    "another password": (
        ("CONFIG SET requirepass other", "CLIENT KILL TYPE normal SKIPME yes"),
        ("CONFIG SET requirepass ''",),
    ),
}
QUESTIONS = ("怎么清空 Harbor 的缓存？", "How do I revoke a Harbor access token?", "怎么升级 harbor-server？")


class Held(Extractive):
    """An engine that answers once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Semaphore(0)
        self.may = threading.Event()
        self.written = 0

    def stream(self, *arguments: Any, **how: Any) -> Any:
        self.reached.release()
        assert self.may.wait(LIMIT)
        self.written += 1
        return super().stream(*arguments, **how)


@pytest.fixture
def engine() -> Held:
    return Held()


@pytest.fixture
def house(tmp_path: Path, index: Path, documents: Path, engine: Held) -> Iterator[House]:
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, engine=engine) as house,
    ):
        yield house


@pytest.mark.slow
@pytest.mark.parametrize("commands", REFUSING.values(), ids=REFUSING.keys())
def test_what_is_being_answered_is_answered_when_redis_takes_writes_again(
    house: House, engine: Held, commands: tuple[Commands, Commands]
) -> None:
    house.feishu.pushes.retry_after = (20.0,) * 20
    asked = [house.ask(text, user=f"ou_{number}") for number, text in enumerate(QUESTIONS)]
    for _ in asked:
        assert engine.reached.acquire(timeout=LIMIT)
    refuse, take = commands
    operator = house.redis.client()  # one connection, which goes on when others are refused
    for command in refuse:
        operator.execute_command(*shlex.split(command))
    engine.may.set()
    until(lambda: engine.written >= len(asked))
    late = house.ask("How do I create a Harbor API token?", user="ou_late")
    until(lambda: house.feishu.pushes.of(late).attempts)
    assert house.feishu.pushes.of(late).attempts[0].status == 503, "it comes again"
    for command in take:
        operator.execute_command(*shlex.split(command))
    operator.close()
    for message in (*asked, late):
        assert "harbor" in words(house.card(message))
    house.quiet()
    assert [len(house.feishu.cards(message)) for message in (*asked, late)] == [1] * 4
    assert dead_letters.listed(house.redis) == []


def test_what_passes_is_told_from_what_does_not() -> None:
    passing = (
        ConnectionError("Connection refused"),
        TimeoutError(),
        OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        ReadOnlyError("You can't write against a read only replica."),
        ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        ResponseError("Error running script: -OOM command not allowed when used memory > 'maxmemory'"),
        ResponseError("NOREPLICAS Not enough good replicas to write."),
        AuthenticationError("invalid username-password pair or user is disabled."),
    )
    final = (
        ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        ResponseError("value is not an integer or out of range"),
        ResponseError("unknown command 'LMOVE'"),
    )
    assert [passes(error) for error in passing] == [True] * len(passing)
    assert [passes(error) for error in final] == [False] * len(final)
    assert all(isinstance(error, RedisError) for error in (*passing, *final))


@pytest.mark.parametrize(
    "said",
    [
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "MOVED 3999 10.0.0.7:6379",
        "LOADING Redis is loading the dataset in memory",
        "EXECABORT Transaction discarded because of previous errors.",
        "NOSCRIPT No matching script. Please use EVAL.",
        "UNKILLABLE Sorry the script already executed write commands against the dataset.",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        "BUSY Redis is busy running a script.",
        "WRONGPASS invalid username-password pair or user is disabled.",
        "ERR max number of clients + cluster connections reached",
    ],
)
def test_what_a_server_says_passes_however_the_client_reads_it(said: str) -> None:
    """The client makes errors of its own of some of them, without the word that tells."""
    assert passes(BaseParser.parse_error(said))
