"""A day's budget: used up, told with one card, and there again tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from bot.config.settings import LimitSettings
from bot.queue.budgets import Budgets
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.turned_clock import TurnedClock

LIMITS = {"questions_per_user_per_day": 1, "questions_per_user_per_minute": 100}
QUESTION = "怎么清空 Harbor 的缓存？"


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def house(tmp_path: Path, index: Path, documents: Path, clock: TurnedClock) -> Iterator[House]:
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, settings={"limits": LIMITS}, clock=clock) as house,
    ):
        yield house


def test_one_card_when_it_is_used_up_and_answers_tomorrow(house: House, clock: TurnedClock) -> None:
    first = house.ask(QUESTION, user="ou_alice")
    assert "harbor cache clear" in words(house.card(first))
    house.quiet()
    second = house.ask(QUESTION, user="ou_alice")
    assert "今天的提问额度用完了" in words(house.card(second))
    third = house.ask(QUESTION, user="ou_alice")
    until(lambda: house.redis.exists(f"fennel:trace:{third}"))
    house.quiet()
    assert not house.feishu.cards(third), "told once a day"
    assert "harbor cache clear" in words(house.card(house.ask(QUESTION, user="ou_bob"))), "others go on"
    clock.turn(24 * 3600)
    assert "harbor cache clear" in words(house.card(house.ask(QUESTION, user="ou_alice")))


def test_tokens_of_a_group_and_of_all_are_counted(redis: Redis) -> None:
    budgets = Budgets(redis, LimitSettings(tokens_per_group_per_day=100, tokens_per_day=150))
    budgets.spend("ou_1", "oc_1", 99)
    assert budgets.used_up("ou_1", "oc_1") is None
    budgets.spend("ou_2", "oc_1", 1)
    over = budgets.used_up("ou_3", "oc_1")
    assert over is not None
    assert over.kind == "group"
    assert budgets.used_up("ou_3", "oc_2") is None
    budgets.spend("ou_3", "oc_2", 50)
    everybody = budgets.used_up("ou_4", "oc_3")
    assert everybody is not None
    assert everybody.kind == "all"
    assert budgets.tell_once(over)
    assert not budgets.tell_once(over)
