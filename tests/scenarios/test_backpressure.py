"""More questions than the bot can answer at once: positions, a bounded queue, other groups not held up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.waiting import START_LIMIT
from worker.engines.extractive.engine import Extractive

pytestmark = pytest.mark.slow

LIMITS = {
    "running_per_group": 1,
    "tell_position_from": 2,
    "queue_per_group": 4,
    "questions_per_user_per_minute": 1000,
    "questions_per_group_per_minute": 1000,
}
QUESTION = "怎么清空 Harbor 的缓存？"


class HeldUp(Extractive):
    """An engine that begins to write when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.begun = 0

    def stream(self, *arguments: Any, **how: Any) -> Any:
        self.begun += 1
        self.go.wait(START_LIMIT)
        return super().stream(*arguments, **how)


@pytest.fixture
def engine() -> Iterator[HeldUp]:
    engine = HeldUp()
    yield engine
    engine.go.set()


@pytest.fixture
def house(tmp_path: Path, index: Path, documents: Path, engine: HeldUp) -> Iterator[House]:
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, settings={"limits": LIMITS}, engine=engine) as house,
    ):
        yield house


def ask_in_turn(house: House, chat: str = "oc_group") -> str:
    """Asks, and returns when the webhook has taken the push: two pushes under way may arrive in any order."""
    message_id = house.ask(QUESTION, user="ou_user", chat=chat)
    until(lambda: house.redis.exists(f"fennel:seen:{message_id}"))
    return message_id


def test_a_busy_group_waits_knows_its_place_and_leaves_room_for_others(house: House, engine: HeldUp) -> None:
    first = ask_in_turn(house)
    until(lambda: engine.begun == 1)
    asked = [first, *(ask_in_turn(house) for _ in range(3))]
    until(lambda: house.feishu.cards(asked[3]))
    until(lambda: "前面还有 2 个问题" in words(house.feishu.cards(asked[3])[0]))
    assert not house.feishu.cards(asked[1]), "next in line: no card before there is something to say"

    refused = [ask_in_turn(house) for _ in range(2)]
    assert "请稍后再问" in words(house.card(refused[0]))
    assert engine.begun == 1, "one of this group at a time"

    elsewhere = ask_in_turn(house, chat="oc_other")
    until(lambda: engine.begun == 2)

    engine.go.set()
    for message in [*asked, elsewhere]:
        assert "harbor cache clear" in words(house.card(message))
    house.quiet()
    assert [len(house.feishu.cards(message)) for message in [*asked, elsewhere]] == [1] * 5
    assert not house.feishu.cards(refused[1]), "a person is told once a minute, not once a message"
