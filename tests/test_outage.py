"""bot.feishu.outage: one caller at a time looks whether Feishu is back, at last once a minute."""

from __future__ import annotations

import pytest
from redis import Redis

from bot.errors import FeishuError
from bot.feishu.outage import LONGEST_PAUSE, PROBE_SECONDS, Outages
from tests.turned_clock import StoppedClock

REPLY = "im.reply"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock("2026-03-01T12:00:00+00:00")


@pytest.fixture
def outages(redis: Redis, clock: StoppedClock) -> Outages:
    return Outages(redis, clock, sleep=clock.turn)


def refused(outages: Outages) -> float:
    """Seconds until which a caller is told to come again."""
    with pytest.raises(FeishuError) as caught:
        outages.enter(REPLY)
    assert caught.value.retriable
    return caught.value.retry_after


def test_of_all_callers_one_looks_and_its_success_lets_all_go_on(
    redis: Redis, outages: Outages, clock: StoppedClock
) -> None:
    others = [Outages(redis, clock, sleep=clock.turn) for _ in range(5)]
    assert not outages.enter(REPLY)
    outages.failed(REPLY, "503")
    outages.failed(REPLY, "503")
    clock.turn(5)
    assert outages.enter(REPLY), "it is the one that looks"
    assert all(refused(other) > 0 for other in others)
    outages.worked(REPLY)
    assert not any(other.enter(REPLY) for other in others)


def test_looks_grow_rare_until_there_is_one_a_minute(outages: Outages, clock: StoppedClock) -> None:
    waits = []
    outages.failed(REPLY, "503")
    for _ in range(12):
        clock.turn(PROBE_SECONDS * 10)
        assert outages.enter(REPLY)
        outages.failed(REPLY, "503")
        with pytest.raises(FeishuError) as caught:
            outages.enter("im.reply", may_probe=False)
        waits.append(round(caught.value.retry_after))
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_PAUSE


def test_who_was_to_look_and_died_is_followed_by_another(
    redis: Redis, outages: Outages, clock: StoppedClock
) -> None:
    outages.failed(REPLY, "503")
    clock.turn(1)
    assert outages.enter(REPLY)
    other = Outages(redis, clock, sleep=clock.turn)
    assert refused(other) > 0
    clock.turn(PROBE_SECONDS + 1)
    assert other.enter(REPLY)


def test_what_feishu_asks_to_wait_is_waited(outages: Outages, clock: StoppedClock) -> None:
    outages.failed(REPLY, "429", retry_after=600)
    clock.turn(500)
    assert refused(outages) == 100
    clock.turn(100)
    assert outages.enter(REPLY)


def test_without_a_token_no_interface_is_called(outages: Outages, clock: StoppedClock) -> None:
    outages.failed("token", "10014", code=10014, retry_after=30)
    assert refused(outages) > 0
    outages.worked("token")
    assert not outages.enter(REPLY)
