"""A day's budget: used up, told with one card, and there again tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis import Redis

from bot.config.settings import LimitSettings
from bot.queue.budgets import Budgets
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.turned_clock import StoppedClock, TurnedClock

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


@pytest.mark.slow
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


def spend(budgets: Budgets, user: str, chat: str, tokens: int) -> None:
    with budgets.redis.pipeline() as pipeline:
        budgets.spend(pipeline, user, chat, tokens)
        pipeline.execute()


def test_tokens_of_a_group_and_of_all_are_counted(redis: Redis) -> None:
    limits = LimitSettings(tokens_per_group_per_day=100, tokens_per_day=150)
    budgets = Budgets(redis, limits, StoppedClock("2026-03-01T12:00:00+00:00"))
    spend(budgets, "ou_1", "oc_1", 99)
    assert budgets.used_up("ou_1", "oc_1") is None
    spend(budgets, "ou_2", "oc_1", 1)
    over = budgets.used_up("ou_3", "oc_1")
    assert over is not None
    assert over.kind == "group"
    assert budgets.used_up("ou_3", "oc_2") is None
    spend(budgets, "ou_3", "oc_2", 50)
    everybody = budgets.used_up("ou_4", "oc_3")
    assert everybody is not None
    assert everybody.kind == "all"
    assert budgets.tell_once(over)
    assert not budgets.tell_once(over)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Asia/Shanghai", "2026-03-01T15:59:58+00:00", "2026-03-01T16:00:01+00:00"),
        ("America/New_York", "2026-03-08T04:59:58+00:00", "2026-03-08T05:00:01+00:00"),  # clocks go forward
        ("UTC", "2027-12-31T23:59:58+00:00", "2028-01-01T00:00:01+00:00"),
    ],
)
def test_a_day_ends_at_midnight_where_the_group_is(redis: Redis, zone: str, before: str, after: str) -> None:
    clock = StoppedClock(before)
    limits = LimitSettings(questions_per_user_per_day=2, tokens_per_group_per_day=100, day_timezone=zone)
    budgets = Budgets(redis, limits, clock)
    spend(budgets, "ou_1", "oc_1", 60)
    clock.turn(-6 * 3600)
    spend(budgets, "ou_1", "oc_1", 60)  # the same day, earlier: a clock that was put right
    clock.turn(6 * 3600)
    over = budgets.used_up("ou_1", "oc_2")
    assert over is not None
    assert over.kind == "user"
    assert budgets.tell_once(over)
    assert not budgets.tell_once(over)
    clock.turn(datetime.fromisoformat(after).timestamp() - clock.now())
    assert budgets.used_up("ou_1", "oc_1") is None, "a new day"
    spend(budgets, "ou_1", "oc_1", 100)
    tokens = budgets.used_up("ou_1", "oc_1")
    assert tokens is not None
    assert tokens.kind == "group"
    spend(budgets, "ou_1", "oc_2", 0)
    again = budgets.used_up("ou_1", "oc_2")
    assert again is not None
    assert budgets.tell_once(again), "told once a day, on each day"


@pytest.mark.slow
def test_ten_minutes_before_midnight_it_is_used_up_and_ten_after_it_is_there(
    house: House, clock: TurnedClock
) -> None:
    zone = ZoneInfo(house.settings.limits.day_timezone)
    now = datetime.fromtimestamp(clock.now(), zone)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    clock.turn((midnight - now).total_seconds() - 600)
    assert "harbor cache clear" in words(house.card(house.ask(QUESTION, user="ou_carol")))
    house.quiet()
    assert "额度用完了" in words(house.card(house.ask(QUESTION, user="ou_carol")))
    clock.turn(1200)
    assert "harbor cache clear" in words(house.card(house.ask(QUESTION, user="ou_carol"))), "minutes later"
    house.quiet()
    assert "额度用完了" in words(house.card(house.ask(QUESTION, user="ou_carol"))), "told anew on the new day"
