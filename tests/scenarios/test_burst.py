"""A burst of one group: other groups are answered at once, one notice is enough, commands and recalls go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.feishu.pacing import Pacer, chat_limit
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from worker.engines.extractive.engine import Extractive
from worker.jobs.failures import QUICK_PACE
from worker.prompts import Prompt

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BURST = 120
COMMANDS = 30
"""Their cards go out at five a second, as Feishu allows one group."""
PACED = 300.0
"""Seconds for what a pace holds up for many of them, on a machine that has much else to do."""
LIMITS = {
    "questions_per_user_per_minute": 1000,
    "questions_per_group_per_minute": 60,
    "queue_per_group": 50,
    "running_per_group": 2,
}


class HeldUp(Extractive):
    """An engine that begins to write when it is let go; on access tokens it writes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()

    def stream(self, prompt: Prompt, **how: Any) -> Any:
        if "access token" not in prompt.question:
            self.go.wait()
        return super().stream(prompt, **how)


@pytest.fixture
def engine() -> Iterator[HeldUp]:
    engine = HeldUp()
    yield engine
    engine.go.set()


@pytest.fixture
def house(tmp_path: Path, index: Path, documents: Path, engine: HeldUp) -> Iterator[House]:
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, settings={"limits": LIMITS}, engine=engine, limits=True) as house,
    ):
        yield house


def notices(house: House, said: list[str]) -> list[str]:
    """The messages whose asker was told that the bot has too much to do."""
    told = ("过一分钟", "稍后再问")
    return [one for one in said if any(any(w in words(c) for w in told) for c in house.feishu.cards(one))]


def test_another_group_is_answered_while_one_bursts_and_gets_one_notice(house: House, engine: HeldUp) -> None:
    warm_up = house.ask("怎么安装 Harbor？", chat="oc_other")
    house.card(warm_up)
    engine.go.clear()
    said = [
        house.ask("怎么清空 Harbor 的缓存？", user=f"ou_{number % 40}", chat="oc_busy")
        for number in range(BURST)
    ]
    other = house.ask("How do I revoke a Harbor access token?", chat="oc_other")
    assert "harbor token revoke" in words(house.card(other)), "while the busy group's are all unanswered"
    until(lambda: house.redis.zcard("fennel:pending:oc_busy") == LIMITS["queue_per_group"])
    engine.go.set()
    until(lambda: notices(house, said), limit=PACED)
    house.quiet(PACED)
    assert len(notices(house, said)) == 1, "one notice for a burst, not one for each"


def test_a_burst_of_commands_and_endless_questions_hold_up_nobody(house: House, engine: HeldUp) -> None:
    engine.go.clear()
    said = [house.ask("/help", user=f"ou_{number % 40}", chat="oc_busy") for number in range(COMMANDS)]
    for number, sign in enumerate(("[1](x)", "1.2.3.", "怎么")):
        house.ask(sign * 3_000, user=f"ou_{number}", chat=f"oc_{number}")
    other = house.ask("How do I revoke a Harbor access token?", chat="oc_other")
    assert "harbor token revoke" in words(house.card(other))
    status = house.ask("/status", user="ou_admin", chat="oc_third")
    assert "extractive" in words(house.card(status))
    engine.go.set()
    house.quiet(PACED)
    assert not [one for one in said if not house.feishu.cards(one)]


def test_a_command_that_waits_for_its_group_is_put_aside_and_answered(house: House) -> None:
    Pacer(house.redis).hold(chat_limit("oc_busy"), 2 * QUICK_PACE)
    asked = house.ask("/help", chat="oc_busy")
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1, "what is put aside is not at its end"


def test_with_every_thread_busy_status_is_answered_and_a_recall_is_done(
    tmp_path: Path, index: Path, documents: Path, engine: HeldUp
) -> None:
    full = {**LIMITS, "queue_total": 6, "questions_per_group_per_minute": 1000}
    with (
        RedisServer(tmp_path / "full") as server,
        House(server.url, index, documents, settings={"limits": full}, engine=engine) as house,
    ):
        engine.go.clear()
        said = [house.ask("怎么清空 Harbor 的缓存？", user=f"ou_{n}", chat=f"oc_{n}") for n in range(10)]
        until(lambda: house.redis.zcard("fennel:pending") >= 6)
        status = house.ask("/status", user="ou_admin", chat="oc_9")
        card = words(house.card(status))
        assert "extractive" in card
        taken_back = said[0]
        push = house.feishu.recall(taken_back)
        assert push is not None
        until(lambda: push.state == "delivered")
        until(lambda: house.redis.exists(f"fennel:cancelled:{taken_back}"))
        assert [attempt.status for attempt in push.attempts] == [200]
        engine.go.set()
        house.quiet()
        assert not house.feishu.cards(taken_back)
