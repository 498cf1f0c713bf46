"""A group in which the bot also answers unasked: only when sure, not into people's talk, not twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import trace
from bot.answer import Answer, Outcome, Source
from bot.events.events import Message
from bot.supervisor.redis_server import RedisServer
from bot.talk.heard import Heard
from tests.house import House, until, words
from worker.manners.listening import into_talk, is_sure, was_faster

GROUP = "oc_listening"
TOKEN = "How do I revoke a Harbor access token?"


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    groups = {"default": {"gather_seconds": 0}, GROUP: {"reply_to": "all"}}
    with House(server.url, index, documents, settings={"groups": groups}) as house:
        yield house


@pytest.fixture(autouse=True)
def _long_after(house: House) -> None:
    """Each story begins when the last one is long over."""
    house.redis.delete(f"fennel:heard:{GROUP}", f"fennel:matters:{GROUP}")


def why(house: House, message: str) -> str:
    """Why a message got no card."""
    until(lambda: (trace.read(house.redis, message) or {}).get("outcome"))
    facts = trace.read(house.redis, message) or {}
    return next((str(one["why"]) for one in facts["events"] if one["event"] == "silent"), facts["outcome"])


@pytest.mark.slow
def test_a_plain_question_is_answered_unasked_and_once(house: House) -> None:
    first = house.feishu.say("ou_ann", TOKEN, chat=GROUP)
    assert "harbor token revoke" in words(house.card(first))
    again = house.feishu.say("ou_ben", "how can I revoke an access token of Harbor", chat=GROUP)
    assert why(house, again) == "answered_before"
    asked = house.feishu.say("ou_ben", TOKEN, chat=GROUP, mention_bot=True)
    assert "harbor token revoke" in words(house.card(asked)), "who asks the bot is answered all the same"


def test_a_question_to_a_colleague_is_left_to_them(house: House) -> None:
    said = house.feishu.say("ou_ann", "我昨天升级了 harbor-server", chat=GROUP)
    asked = house.feishu.say("ou_ben", TOKEN, chat=GROUP, reply_to=said)
    assert why(house, asked) == "people_talk"


def test_two_people_who_talk_are_not_interrupted(house: House) -> None:
    for who, text in (("ou_ann", "token 的事你看了吗"), ("ou_ben", "看了，昨天的那个")):
        house.feishu.wait_for_push(house.feishu.say(who, text, chat=GROUP))
    asked = house.feishu.say("ou_ann", TOKEN, chat=GROUP)
    assert why(house, asked) == "people_talk"


def test_what_is_not_plainly_there_gets_no_card(house: House) -> None:
    unsure = house.feishu.say("ou_eve", "Harbor 的备份加密用什么算法？", chat=GROUP)
    house.quiet()
    assert why(house, unsure) in ("not_sure", "declined", "not_found")
    assert house.feishu.cards(unsure) == []


def said(by: str, at: float, to: str = "") -> Heard:
    return Heard(f"om_{by}_{at}", by, at, to)


def message(**facts: object) -> Message:
    blank = dict.fromkeys(("chat_id", "chat_type", "thread_id", "root_id", "parent_id", "sender_type"), "")
    rest = {"message_type": "text", "mentions": (), "mention_all": False, "event_id": "", "text": "q"}
    own = {"message_id": "om_own", "sender_id": "ou_ann", "create_time": 1_000_000}
    return Message(**{**blank, **rest, **own, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "talk"),
    [
        ([], False),
        ([said("ou_ben", 990)], False),
        ([said("ou_ann", 990)], False),
        ([said("ou_ben", 995), said("ou_ann", 990)], True),
        ([said("ou_ann", 995), said("ou_ben", 990)], False),
        ([said("ou_ben", 905), said("ou_ann", 900)], False),
    ],
)
def test_talk_goes_to_and_fro(before: list[Heard], talk: bool) -> None:
    assert into_talk(message(), before, to_bot=False) is talk


def test_who_was_faster_is_not_repeated() -> None:
    assert was_faster(message(), [said("ou_ben", 1001, to="om_own")])
    assert not was_faster(message(), [said("ou_ben", 1001), said("ou_ann", 1002, to="om_own")])


def test_only_a_sure_and_cited_answer_is_sure() -> None:
    facts = {"gate": {"verdict": "answer", "probability": 0.99}, "support": {"probability": 0.9}}
    answer = Answer(Outcome.ANSWERED, "q", "a [1]", "en", (Source(1, "t"),))
    assert is_sure(answer, facts)
    assert not is_sure(Answer(Outcome.PARTLY, "q", "a [1]", "en", (Source(1, "t"),)), facts)
    assert not is_sure(Answer(Outcome.ANSWERED, "q", "a", "en"), facts)
    assert not is_sure(answer, {**facts, "gate": {"verdict": "unsure", "probability": 0.99}})
    assert not is_sure(answer, {**facts, "gate": {"verdict": "answer", "probability": 0.6}})
    assert not is_sure(Answer(Outcome.ANSWERED, "它支持 ARM 吗", "a [1]", "zh", (Source(1, "t"),)), facts)
    assert not is_sure(answer, {})
