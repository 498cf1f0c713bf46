"""Every message has a reason, the ones that are left alone too: for `/why`, for `explain`, and counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from bot import trace
from bot.messages import say
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words

pytestmark = pytest.mark.slow
BARRED = "oc_barred"
A_MINUTE = 8
TOO_FAST = re.compile("你问得有点快|asking rather fast")


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    settings = {
        "groups": {"default": {"gather_seconds": 0}},
        "access": {"deny_groups": [BARRED], "deny_users": ["ou_mallory"]},
        "limits": {"questions_per_user_per_minute": A_MINUTE, "questions_per_group_per_minute": 1000},
    }
    with House(server.url, index, documents, settings=settings) as house:
        yield house


def counted(reason: str) -> float:
    return REGISTRY.get_sample_value("fennel_verdicts_total", {"action": "ignore", "reason": reason}) or 0.0


def not_to_the_bot(house: House) -> str:
    return house.feishu.say("ou_ann", "下午三点开会")


def to_everybody(house: House) -> str:
    return house.feishu.say("ou_ann", "今天发版", mention_all=True)


def to_somebody_else(house: House) -> str:
    return house.feishu.say("ou_ann", "怎么安装 Harbor？", mentions=("ou_bob",), chat="oc_all")


def nothing_but_a_mention(house: House) -> str:
    return house.ask("", user="ou_ann")


def nothing_but_marks(house: House) -> str:
    return house.ask("\u200b ？？", user="ou_ann")


def by_another_bot(house: House) -> str:
    return house.feishu.say("ou_other_bot", "怎么安装 Harbor？", mention_bot=True, by_bot=True)


def by_somebody_denied(house: House) -> str:
    return house.ask("怎么安装 Harbor？", user="ou_mallory")


def in_a_group_denied(house: House) -> str:
    return house.ask("怎么安装 Harbor？", chat=BARRED)


def of_a_kind_nobody_reads(house: House) -> str:
    return house.feishu.post_file("ou_ann", "", b"x", chat="oc_demo", kind="sticker")


@pytest.mark.parametrize(
    ("said", "reason", "told"),
    [
        (not_to_the_bot, "not_mentioned", "没有 @我"),
        (to_everybody, "mentions_all", "@所有人 不算"),
        (nothing_but_a_mention, "empty", "只有 @"),
        (nothing_but_marks, "empty", "只有 @ 或标点"),
        (by_another_bot, "from_bot", "另一个机器人"),
        (by_somebody_denied, "user_denied", "按设置，不回答这位发送者"),
        (of_a_kind_nobody_reads, "unreadable_type", "读不了这种消息"),
    ],
)
def test_a_message_that_is_left_alone_says_why(
    house: House, said: Callable[[House], str], reason: str, told: str
) -> None:
    before = counted(reason)
    message = said(house)
    until(lambda: trace.reason_ignored(house.redis, message) == reason)
    assert counted(reason) == before + 1
    assert told in words(house.card(house.ask("/为什么", user="ou_admin", reply_to=message)))
    explained = trace.explain(trace.load(house.settings, message))
    assert say(f"ignored_{reason}", "en") in explained
    house.quiet()
    assert not [card for card in house.feishu.cards(message) if told not in words(card)]


@pytest.mark.parametrize(
    ("said", "reason"), [(in_a_group_denied, "group_denied"), (to_somebody_else, "not_mentioned")]
)
def test_in_a_place_without_words_the_reason_is_kept_all_the_same(
    house: House, said: Callable[[House], str], reason: str
) -> None:
    message = said(house)
    until(lambda: trace.reason_ignored(house.redis, message) == reason)
    house.quiet()
    assert house.feishu.cards(message) == []


def refused(house: House, messages: list[str]) -> list[str]:
    return [one for one in messages if trace.reason_ignored(house.redis, one) == "user_limit"]


@pytest.mark.parametrize("text", ["怎么安装 Harbor？", "/status"])
def test_who_asks_too_much_is_told_once_and_each_has_its_reason(house: House, text: str) -> None:
    who, chat = f"ou_fast_{len(text)}", f"oc_few_{len(text)}"
    messages = [house.ask(text, user=who, chat=chat) for _ in range(A_MINUTE + 4)]
    for one in messages:
        house.feishu.wait_for_push(one)
    until(lambda: len(refused(house, messages)) == 4)
    until(lambda: any(TOO_FAST.search(words(card)) for one in messages for card in house.feishu.cards(one)))
    house.quiet()
    told = [card for one in messages for card in house.feishu.cards(one) if TOO_FAST.search(words(card))]
    assert len(told) == 1, "one sentence for all of them"


def test_two_bots_do_not_talk_to_each_other(house: House) -> None:
    asked = house.ask("怎么清空 Harbor 的缓存？", user="ou_ann")
    house.card(asked)
    for _ in range(3):
        back = house.feishu.say(
            "ou_other_bot",
            "请问还需要什么帮助？",
            reply_to=asked,
            in_thread=True,
            mention_bot=True,
            by_bot=True,
        )
        until(lambda: trace.reason_ignored(house.redis, back) == "from_bot")  # noqa: B023
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
