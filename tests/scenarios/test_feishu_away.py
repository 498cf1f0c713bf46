"""Feishu does not take what the bot says, for seconds or for a day: answers wait, and nothing is lost.

Hours pass on a clock that is turned. The question is answered by the engine once; what is tried again is the
sending.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rq import Queue
from rq.registry import FailedJobRegistry

from bot.queue import dead_letters
from bot.supervisor.redis_server import RedisServer
from bot.web.readiness import check_readiness
from simulator.local import is_open
from tests.house import House, until, words
from tests.turned_clock import TurnedClock
from worker.engines.extractive.engine import Extractive
from worker.jobs.question_card import KEY

pytestmark = pytest.mark.slow

HOUR = 3600.0
QUESTIONS = (
    "怎么清空 Harbor 的缓存？",
    "How do I revoke a Harbor access token?",
    "怎么升级 harbor-server？",
    "How do I create a Harbor API token?",
)


class Counted(Extractive):
    """An engine that counts what it was asked to write."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    def stream(self, *arguments: Any, **how: Any) -> Any:
        self.written += 1
        return super().stream(*arguments, **how)


@pytest.fixture
def engine() -> Counted:
    return Counted()


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def house(
    tmp_path: Path, index: Path, documents: Path, engine: Counted, clock: TurnedClock
) -> Iterator[House]:
    with (
        RedisServer(tmp_path / "redis") as server,
        House(server.url, index, documents, engine=engine, clock=clock, scale=1.0) as house,
    ):
        yield house


class Away:
    """Feishu's fault, and time that passes meanwhile."""

    def __init__(self, house: House, clock: TurnedClock) -> None:
        self.house = house
        self.clock = clock

    def waiting(self) -> int:
        """Jobs that are put aside."""
        redis = self.house.redis
        return sum(
            int(redis.zcard(key)) for key in redis.scan_iter("fennel:waiting*:answer*") if b"since" not in key
        )

    def pass_time(self, seconds: float, step: float = 20.0) -> None:
        """Turns both clocks in steps, and lets everything that is due happen after each."""
        passed = 0.0
        while passed < seconds:
            self.clock.turn(step)
            self.house.feishu.clock.ahead += step
            passed += step

    def asked(self, questions: tuple[str, ...] = QUESTIONS) -> list[str]:
        """Questions in threads of their own, all waiting for Feishu at the end."""
        asked = [self.house.ask(text, user=f"ou_{number}") for number, text in enumerate(questions)]
        until(lambda: self.until_put_aside(len(asked)))
        return asked

    def until_put_aside(self, count: int) -> bool:
        """Whether so many wait; calls that are patient are helped along."""
        if self.waiting() == count:
            return True
        self.clock.turn(1.0)
        return False

    def answered(self, asked: list[str]) -> None:
        """Time goes on until every question has its card; one each."""

        def all_there() -> bool:
            self.clock.turn(5.0)
            cards = [self.house.feishu.cards(message) for message in asked]
            return all(found and not is_open(found[0]) for found in cards)

        until(all_there)
        self.house.quiet()
        assert [len(self.house.feishu.cards(message)) for message in asked] == [1] * len(asked)


@pytest.fixture
def away(house: House, clock: TurnedClock) -> Away:
    return Away(house, clock)


FAULTS = {
    "503 with a code that nobody knows": {"what": 1234567, "on": "messages.reply", "status": 503},
    "503 with a code that is final elsewhere": {"what": 230002, "on": "messages.reply", "status": 503},
    "400 with a code that nobody knows": {"what": 7654321, "on": "messages.reply"},
    "the token route: secret wrong": {"what": 10014, "on": "auth.token"},
    "the token route: 500": {"what": 20050, "on": "auth.token", "status": 500},
    "the app is switched off": {"what": 99991662, "on": "messages.reply"},
    "everything: 502 and a web page": {"what": "bad_gateway"},
    "everything: a proxy's page with 200": {"what": "web_page"},
    "everything: no connection": {"what": "drop_before"},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_whatever_passes_is_waited_for(
    house: House, away: Away, engine: Counted, fault: dict[str, Any]
) -> None:
    if fault.get("on") == "auth.token":
        house.redis.delete(f"fennel:token:{house.feishu.app.app_id}")
        assert house.process is not None
        house.process.feishu._token._held = ("", 0.0)
    house.feishu.faults.add(fault["what"], on=fault.get("on", ""), times=None, status=fault.get("status", 0))
    if "on" not in fault:
        house.feishu.faults.add(fault["what"], on="auth.token", times=None)
    asked = away.asked()
    written = engine.written
    assert written == len(asked)
    away.pass_time(240)
    until(lambda: away.waiting() == len(asked))
    assert not any(house.feishu.cards(message) for message in asked)
    house.feishu.faults.clear()
    away.answered(asked)
    assert engine.written == written, "no answer is written twice"
    assert away.waiting() == 0
    assert not FailedJobRegistry("answer", connection=house.redis).get_job_ids()


ELSEWHERE = {
    "cards are not made: 503 with a code that nobody knows": {
        "what": 1234567,
        "on": "cards.create",
        "status": 503,
    },
    "cards are not changed: 502": {"what": 20050, "on": "cards.update", "status": 502},
    "what is written is not shown: 500": {"what": 20050, "on": "elements.content", "status": 500},
    "cards are not closed: 504": {"what": 7654321, "on": "cards.settings", "status": 504},
    "neither changed nor patched": {"what": 1234567, "on": "cards.update messages.patch", "status": 503},
    "answers are taken and their receipts lost": {"what": "drop_after", "on": "messages.reply"},
    "everything is taken and every receipt lost": {"what": "drop_after"},
    "429 on everything": {"what": 99991400},
    "429 on every new card": {"what": 11232, "on": "cards.create"},
}


@pytest.mark.parametrize("fault", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_trouble_of_any_other_route_loses_and_doubles_nothing(
    house: House, away: Away, engine: Counted, fault: dict[str, Any]
) -> None:
    for route in str(fault.get("on", "")).split(" "):
        house.feishu.faults.add(fault["what"], on=route, times=None, status=fault.get("status", 0))
    asked = [house.ask(text, user=f"ou_{number}") for number, text in enumerate(QUESTIONS)]
    until(lambda: engine.written == len(asked) or away.until_put_aside(len(asked)))
    away.pass_time(240)
    house.feishu.faults.clear()
    away.answered(asked)
    assert engine.written == len(asked), "no answer is written twice"
    assert away.waiting() == 0
    assert not FailedJobRegistry("answer", connection=house.redis).get_job_ids()


def test_one_429_with_a_minute_to_wait_loses_nothing(house: House, away: Away) -> None:
    house.feishu.faults.add(99991400, on="messages.reply", times=1, reset=60)
    asked = [house.ask(QUESTIONS[number % 4]) for number in range(6)]
    away.answered(asked)


def test_a_day_without_feishu_then_every_answer_says_that_it_is_late(
    house: House, away: Away, clock: TurnedClock, engine: Counted
) -> None:
    first = house.ask(QUESTIONS[0], user="ou_alice")
    assert house.card(first)
    house.feishu.faults.add("drop_before", times=None)
    house.feishu.faults.add("drop_before", on="auth.token", times=None)
    asked = away.asked()
    calls = len(house.feishu.calls())
    away.pass_time(23 * HOUR, step=900)
    readiness = check_readiness(house.redis)
    assert not readiness.ready
    assert readiness.away, "it says that Feishu takes nothing"
    until(lambda: away.waiting() == len(asked))
    assert len(house.feishu.calls()) - calls < 400, "it is asked politely"
    house.feishu.faults.clear()
    away.answered(asked)
    for message in asked:
        assert "23" in words(house.feishu.cards(message)[0])
        assert any(note in words(house.feishu.cards(message)[0]) for note in ("晚了", "late"))
    assert "晚了" not in words(house.feishu.cards(first)[0])
    until(lambda: check_readiness(house.redis).away == "")
    assert engine.written == 1 + len(asked)


def test_a_thread_keeps_its_order_through_the_wait(house: House, away: Away) -> None:
    house.feishu.faults.add("bad_gateway", on="messages.reply", times=None)
    root = house.ask(QUESTIONS[0])
    until(lambda: house.redis.exists(f"fennel:seen:{root}"))
    follow_up = house.ask(QUESTIONS[1], reply_to=root)
    until(lambda: away.until_put_aside(1))
    away.pass_time(600)
    house.feishu.faults.clear()

    def both() -> bool:
        away.clock.turn(5.0)
        return len(house.feishu.cards(root)) == 2 and not any(map(is_open, house.feishu.cards(root)))

    until(both)
    cards = house.feishu.cards(root)
    assert "harbor cache clear" in words(cards[0])
    assert "harbor token revoke" in words(cards[1])
    assert follow_up


def test_a_group_that_is_gone_ends_the_job_and_it_is_listed_and_can_be_sent_again(
    house: House, away: Away, engine: Counted
) -> None:
    house.feishu.faults.add(230002, on="messages.reply", times=None)
    asked = house.ask(QUESTIONS[0])
    until(lambda: dead_letters.listed(house.redis))
    [letter] = dead_letters.listed(house.redis)
    assert (letter.message_id, letter.kind, letter.code) == (asked, "answer", 230002)
    assert "not in this group" in letter.why
    assert QUESTIONS[0] not in str(house.redis.hgetall("fennel:dead_letters"))
    house.quiet()
    assert not house.feishu.cards(asked)
    assert len(house.feishu.calls("messages.reply")) < 6, "a final refusal is not tried again and again"
    house.feishu.faults.clear()
    assert dead_letters.retry(house.redis, letter.job_id)
    assert "harbor cache clear" in words(house.card(asked))
    assert dead_letters.listed(house.redis) == []


def test_after_two_days_it_is_given_up_listed_and_sent_when_asked_for(
    house: House, away: Away, engine: Counted
) -> None:
    house.feishu.faults.add("bad_gateway", on="messages.reply", times=None)
    asked = away.asked(QUESTIONS[:1])

    def given_up() -> bool:
        away.pass_time(HOUR, step=600)
        return bool(dead_letters.listed(house.redis))

    until(given_up)
    [letter] = dead_letters.listed(house.redis)
    house.feishu.faults.clear()
    until(lambda: dead_letters.retry(house.redis, letter.job_id))  # it is listed a moment before it has ended
    away.answered(asked)
    assert engine.written == 1
    record = house.process.feishu.records.get(asked[0], KEY) if house.process else None
    assert record is not None
    assert Queue("answer", connection=house.redis).count == 0
