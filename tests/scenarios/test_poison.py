"""A question that breaks whatever tries it: parked after a few attempts, said so, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.registry import FailedJobRegistry

from bot import metrics
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from worker.conversation.rewriting import MOST_TOKENS
from worker.engines.extractive.engine import Extractive
from worker.runner import runner

ATTEMPTS = 3
POISON = "升级 harbor-server 之前要备份吗"


class Crash(BaseException):
    """What takes a whole process down, such as a library's own crash, and is no error that can be told of."""


class Poisoned(Extractive):
    """An engine that one question crashes; what comes after it may quote it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0

    def stream(self, messages: Any, *arguments: Any, **how: Any) -> Any:
        writes_out_follow_up = how.get("max_tokens") == MOST_TOKENS
        if POISON in str(messages) and not writes_out_follow_up:
            self.begun += 1
            raise Crash("a bug")
        return super().stream(messages, *arguments, **how)


@pytest.fixture
def engine() -> Poisoned:
    return Poisoned()


@pytest.fixture
def house(
    tmp_path: Path, index: Path, documents: Path, engine: Poisoned, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setattr(runner, "MAX_ATTEMPTS", ATTEMPTS)
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, engine=engine) as house,
    ):
        yield house


def parked() -> float:
    return float(metrics.PARKED.labels("answer")._value.get())


def failed_jobs(redis: Redis) -> list[str]:
    queue = Queue("answer", connection=redis, serializer="json")
    return FailedJobRegistry(queue=queue).get_job_ids()


@pytest.mark.slow
def test_a_poison_question_is_parked_with_a_card_and_an_alert(house: House, engine: Poisoned) -> None:
    before = parked()
    poison = house.ask(f"{POISON}？")
    until(lambda: house.redis.exists(f"fennel:seen:{poison}"))
    house.ask("怎么清空 Harbor 的缓存？", reply_to=poison)
    other = house.ask("How do I revoke a Harbor access token?")
    assert "harbor token revoke ci" in words(house.card(other)), "nobody else waits for it"
    assert "多次尝试" in words(house.card(poison))
    until(lambda: len(house.feishu.cards(poison)) == 2)
    until(lambda: "harbor cache clear" in words(house.feishu.cards(poison)[-1]))
    house.quiet()
    assert len(house.feishu.cards(poison)) == 2, "one card for it, one for the follow-up in its thread"
    assert engine.begun == ATTEMPTS
    assert len(failed_jobs(house.redis)) == 1, "kept for a look, in RQ's own registry"
    assert parked() == before + 1, "what the alert FennelJobParked looks at"
