"""First words, greetings, work time, /stop, and a reason for every silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import trace
from bot.errors import Cancelled
from bot.supervisor.redis_server import RedisServer
from tests.house import CLOSED_TODAY, House, until, words
from tests.waiting import LIMIT
from worker.engines.extractive.engine import Extractive
from worker.llm import IsCancelled, Messages, Reply, never

GROUPS = {
    "default": {"gather_seconds": 0},
    "oc_closed": {"work_time": CLOSED_TODAY},
}


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    with House(server.url, index, documents, settings={"groups": GROUPS}) as house:
        yield house


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("你好", "直接问我就行"),
        ("你是谁？", "我是茴香"),
        ("你能做什么？", "@我 并提问"),
        ("怎么用", "/help"),
        ("hello", "Just ask me"),
        ("what can you do?", "cite them"),
    ],
)
def test_first_words_get_a_short_reply_and_questions_to_try(house: House, said: str, answered: str) -> None:
    asked = house.ask(said)
    shown = words(house.card(asked))
    assert answered in shown
    assert "4 " in shown, "it says how many documents it knows"
    suggested = [line for line in shown.splitlines() if line.startswith("- ")]
    assert len(suggested) >= 2, "and what to ask of them"
    assert all(line.endswith(("?", "？")) for line in suggested)
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1


def test_thanks_in_a_private_chat_get_a_reaction(house: House) -> None:
    thanks = house.feishu.say(user="ou_gil", text="谢谢", chat="p2p")
    until(lambda: house.feishu.reactions(thanks) == ["THUMBSUP"])
    house.quiet()
    assert house.feishu.cards(thanks) == []


def test_a_group_is_greeted_once_when_the_bot_is_added(house: House) -> None:
    house.feishu.add_chat("oc_new", "新群")
    house.feishu.people.add_bot("oc_new", "ou_alice")
    until(lambda: len(house.feishu.messages("oc_new")) == 1)
    greeting = house.feishu.messages("oc_new")[0]
    assert greeting.card is not None
    assert "大家好，我是茴香" in words(greeting.card.card)
    house.feishu.people.add_bot("oc_new", "ou_alice")
    house.quiet()
    assert len(house.feishu.messages("oc_new")) == 1


def test_the_first_private_message_is_greeted_and_answered(house: House) -> None:
    asked = house.feishu.say(user="ou_hal", text="How do I install Harbor?", chat="p2p")
    house.card(asked)
    more = house.feishu.say(user="ou_hal", text="How do I revoke a token?", chat="p2p")
    house.card(more)
    house.quiet()
    sent = [message for message in house.feishu.messages("oc_p2p_hal") if message.is_bot and message.card]
    greetings = [one for one in sent if "Hello, I am Fennel" in str(one.card and one.card.card)]
    assert len(greetings) == 1


def test_who_asks_outside_the_work_time_is_told_once_when_to_ask_again(house: House) -> None:
    house.feishu.add_chat("oc_closed", "closed")
    first = house.ask("怎么安装 Harbor？", chat="oc_closed")
    assert "09:00" in words(house.card(first))
    second = house.ask("怎么升级 Harbor？", chat="oc_closed")
    house.feishu.wait_for_push(second)
    house.quiet()
    assert house.feishu.cards(second) == []
    assert trace.reason_ignored(house.redis, second) == "outside_hours"


def test_stop_without_anything_running_says_so(house: House) -> None:
    assert "没有正在进行" in house.command("停止", user="ou_ida")


def test_an_ignored_message_has_a_reason_for_why_and_explain(house: House) -> None:
    ignored = house.feishu.say(user="ou_jo", text="今天的会改到三点了")
    house.feishu.wait_for_push(ignored)
    until(lambda: trace.reason_ignored(house.redis, ignored) == "not_mentioned")
    why = house.ask("/为什么", user="ou_jo", reply_to=ignored)
    assert "没有 @我" in words(house.card(why))
    facts = trace.load(house.settings, ignored)
    assert "the bot was not mentioned" in trace.explain(facts)


class NeverDone(Extractive):
    """Writes until it is stopped."""

    def __init__(self) -> None:
        self.writing = threading.Event()

    def stream(self, messages: Messages, *, cancelled: IsCancelled = never, **_: Any) -> Reply:
        return Reply(self._pieces(cancelled), engine="slow")

    def _pieces(self, cancelled: IsCancelled) -> Iterator[str]:
        while not cancelled():
            self.writing.set()
            yield "… "
            time.sleep(0.05)
        raise Cancelled("stopped")


@pytest.mark.slow
def test_stop_ends_a_running_answer(server: RedisServer, index: Path, documents: Path) -> None:
    engine = NeverDone()
    with House(server.url, index, documents, engine=engine, settings={"groups": GROUPS}) as house:
        asked = house.feishu.say(user="ou_kim", text="How do I install Harbor?", chat="p2p")
        assert engine.writing.wait(LIMIT)
        stop = house.feishu.say(user="ou_kim", text="停止", chat="p2p")
        assert "Stopped" in words(house.card(stop)), "the chat is in English"
        until(lambda: (trace.read(house.redis, asked) or {}).get("outcome") == "recalled")
        house.quiet()
        assert house.feishu.cards(asked) == []
