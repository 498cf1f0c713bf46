"""What is said instead of an answer is in the language of the chat, whatever a question is typed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import IndexMissing
from bot.supervisor.redis_server import RedisServer
from tests.house import CLOSED_TODAY, House, words
from worker.language import note_spoken

ENGLISH, CHINESE = "oc_english", "oc_chinese"
IN_ENGLISH, IN_CHINESE = "How do I revoke a Harbor access token?", "怎么清空 Harbor 的缓存？"
CASES = ((ENGLISH, IN_ENGLISH, IN_CHINESE), (CHINESE, IN_CHINESE, IN_ENGLISH))
"""Chat, what is asked there, what is asked there for once."""
GROUPS = {"oc_closed": {"work_time": CLOSED_TODAY}}
LIMITS = {"questions_per_user_per_minute": 3, "questions_per_user_per_day": 2}
OVER_BUDGET = {ENGLISH: "Your questions for today are used up", CHINESE: "你今天的提问额度用完了"}
TOO_FAST = {ENGLISH: "You are asking rather fast", CHINESE: "你问得有点快"}
NOT_NOW = {ENGLISH: "Not now", CHINESE: "现在答不了"}
NO_INDEX = {ENGLISH: "no index has been built yet", CHINESE: "还没有建立索引"}


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    with House(server.url, index, documents, settings={"limits": LIMITS, "groups": GROUPS}) as house:
        for chat, usual, _ in CASES:
            for number in range(5):
                house.card(house.ask(usual, chat=chat, user=f"ou_{number}"))
        yield house


def told(house: House, chat: str, text: str, user: str) -> str:
    return words(house.card(house.ask(text, chat=chat, user=user)))


@pytest.mark.slow
@pytest.mark.parametrize(("chat", "usual", "other"), CASES)
def test_of_a_budget_and_of_a_rate(house: House, chat: str, usual: str, other: str) -> None:
    user = f"ou_keen_{chat}"
    for _ in range(2):
        told(house, chat, other, user)
    assert OVER_BUDGET[chat] in told(house, chat, other, user)
    refused = told(house, chat, other, user)
    assert TOO_FAST[chat] in refused
    assert NOT_NOW[chat] in refused, "nothing of it waits in the queue"


@pytest.mark.slow
@pytest.mark.parametrize(("chat", "usual", "other"), CASES)
def test_of_a_missing_index(
    house: House, monkeypatch: pytest.MonkeyPatch, chat: str, usual: str, other: str
) -> None:
    def gone(*_: object) -> None:
        raise IndexMissing("no index yet")

    monkeypatch.setattr("worker.process.knowledge.Knowledge.part", gone)
    assert NO_INDEX[chat] in told(house, chat, other, f"ou_unlucky_{chat}")


@pytest.mark.slow
def test_of_the_work_time(house: House) -> None:
    house.feishu.add_chat("oc_closed", "closed")
    for _ in range(3):
        note_spoken(house.redis, "oc_closed", IN_ENGLISH)
    asked = house.ask(IN_CHINESE, chat="oc_closed")
    assert "I answer from 09:00" in words(house.card(asked))
