"""Rate limits kept over processes."""

from __future__ import annotations

import pytest
from redis import Redis

from bot.feishu.pacing import WINDOW, Limit, Pacer, card_limit, chat_limit, message_limit
from tests.frozen_time import FrozenTime

CHAT = chat_limit("oc_1")


class Waits:
    """Writes down the sleeps asked for and does not sleep."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(round(seconds, 3))


@pytest.fixture
def frozen(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> FrozenTime:
    """Time stands still while calls are paced."""
    return FrozenTime(redis, monkeypatch)


def test_limits_are_feishus() -> None:
    assert (CHAT.per_second, message_limit("om").per_second, card_limit("7").per_second) == (5, 5, 10)
    assert len({CHAT.name, chat_limit("oc_2").name, message_limit("oc_1").name}) == 3


@pytest.mark.usefixtures("frozen")
def test_first_five_go_at_once_and_the_rest_in_order(redis: Redis) -> None:
    waits = Waits()
    pacers = [Pacer(redis, sleep=waits), Pacer(redis, sleep=waits)]
    for number in range(12):
        assert pacers[number % 2].wait(CHAT, patience=10) is None
    assert waits.seconds == [WINDOW] * 5 + [2 * WINDOW] * 2


def test_a_slot_is_free_again_after_its_window(redis: Redis, frozen: FrozenTime) -> None:
    pacer = Pacer(redis)
    for _ in range(5):
        assert pacer.wait(CHAT, patience=0) is None
    frozen.advance(WINDOW - 0.01)
    assert pacer.wait(CHAT, patience=0) is not None
    frozen.advance(0.01)
    assert pacer.wait(CHAT, patience=0) is None


@pytest.mark.usefixtures("frozen")
def test_impatient_caller_takes_no_slot(redis: Redis) -> None:
    waits = Waits()
    pacer = Pacer(redis, sleep=waits)
    for _ in range(5):
        assert pacer.wait(CHAT, patience=0) is None
    refused = pacer.wait(CHAT, patience=0)
    assert refused is not None
    assert refused[0] == CHAT
    refused = pacer.wait(CHAT, patience=0.2)
    assert refused is not None
    assert refused[1] == WINDOW, "it says how long it would take"
    assert waits.seconds == []
    assert pacer.wait(CHAT, patience=2) is None
    assert waits.seconds == [WINDOW]


@pytest.mark.usefixtures("frozen")
def test_hold_is_kept_by_every_process_and_never_shortened(redis: Redis) -> None:
    waits = Waits()
    Pacer(redis).hold(CHAT, 3)
    Pacer(redis).hold(CHAT, 1)
    limit, seconds = Pacer(redis).wait(CHAT, patience=1) or (None, 0.0)
    assert limit == CHAT
    assert seconds == 3
    assert Pacer(redis, sleep=waits).wait(CHAT, patience=5) is None
    assert waits.seconds == [3]
    assert Pacer(redis).wait(chat_limit("oc_2"), patience=0) is None


@pytest.mark.usefixtures("frozen")
def test_of_several_limits_the_narrowest_decides_and_none_is_used_up_in_vain(redis: Redis) -> None:
    pacer, interface = Pacer(redis), Limit("api:reply", 6)
    for _ in range(5):
        assert pacer.wait(interface, CHAT, patience=0) is None
    refused = pacer.wait(interface, CHAT, patience=0)
    assert refused is not None
    assert refused[0] == CHAT
    assert pacer.wait(interface, chat_limit("oc_2"), patience=0) is None, "the refused call took no slot"
    refused = pacer.wait(interface, chat_limit("oc_2"), patience=0)
    assert refused is not None
    assert refused[0] == interface
    assert pacer.wait(patience=0) is None


def test_nothing_is_left_behind(redis: Redis) -> None:
    Pacer(redis).wait(Limit("api:reply", 50), patience=0)
    Pacer(redis).hold(CHAT, 600)
    assert redis.keys("fennel:*")
    assert all(redis.pttl(key) != -1 for key in redis.keys("fennel:*")), "each ends by itself, or has ended"
