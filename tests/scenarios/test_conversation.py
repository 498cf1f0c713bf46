"""A conversation with the bot: follow-ups, new subjects, thanks, corrections, quotes, questions in pieces."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot import trace
from bot.config.settings import GroupSettings
from bot.events import policy
from bot.events.events import Message
from bot.redis_keys import PARTS, TALK
from bot.supervisor.redis_server import RedisServer
from bot.talk.history import MOST_TURNS
from bot.talk.said import Part, Said
from index.search.searcher import Searcher
from tests.house import House, until, words
from tests.turned_clock import TurnedClock
from worker.engines.extractive.engine import Extractive
from worker.llm import Messages, Reply
from worker.prompts import Prompt

AN_HOUR = 3600.0
STRICT = GroupSettings().model_copy(update={"follow_ups": False, "gather_seconds": 0})
PATIENT = GroupSettings().model_copy(update={"gather_seconds": AN_HOUR})
"""Pieces of a question wait until the next one is there, however slow the machine, or the clock is turned."""


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path, clock: TurnedClock) -> Iterator[House]:
    groups = {
        "default": {"experts": ["ou_expert"], "gather_seconds": 0},
        "oc_patient": PATIENT,
        "oc_strict": STRICT,
    }
    with House(server.url, index, documents, settings={"groups": groups}, clock=clock) as house:
        yield house


@pytest.fixture
def at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is said, is said a millisecond after what was said before, by Feishu's clock."""
    began, later = house.feishu.clock.now(), count(1)
    monkeypatch.setattr(house.feishu.clock, "now", lambda: began + next(later) / 1000)


def ended(house: House, message_id: str) -> dict[str, object]:
    """The Trace of a message that has ended."""
    until(lambda: (trace.read(house.redis, message_id) or {}).get("outcome"))
    facts = trace.read(house.redis, message_id)
    assert facts is not None
    return facts


@pytest.mark.slow
def test_a_follow_up_in_the_thread_needs_no_mention_and_is_understood(house: House) -> None:
    asked = house.ask("Harbor 的缓存大小怎么调？")
    house.card(asked)
    more = house.feishu.say(text="那怎么清空呢", reply_to=asked, in_thread=True)
    facts = ended(house, more)
    assert facts["standalone"] == "Harbor 的缓存大小怎么调，那怎么清空呢？", "it stands alone now"
    assert facts["outcome"] == "answered"
    house.quiet()
    card = house.feishu.cards(asked)[-1]
    assert "harbor cache clear" in words(card)
    assert "结合上文理解为" in words(card), "the reader sees how it was understood"


def test_somebody_else_in_the_thread_is_left_alone(house: House) -> None:
    asked = house.ask("怎么升级 harbor-server？")
    house.card(asked)
    other = house.feishu.say(user="ou_bob", text="那要先备份吗", reply_to=asked, in_thread=True)
    house.feishu.wait_for_push(other)
    house.quiet()
    assert trace.read(house.redis, other) is None
    assert len(house.feishu.cards(asked)) == 1


def test_a_new_subject_is_not_dragged_back_to_the_old_one(house: House) -> None:
    asked = house.ask("How do I install Harbor?")
    house.card(asked)
    switched = house.feishu.say(
        text="How do I revoke an access token?", reply_to=asked, in_thread=True, mention_bot=True
    )
    facts = ended(house, switched)
    house.quiet()
    assert "standalone" not in facts
    assert "harbor token revoke ci" in words(house.feishu.cards(asked)[-1])


@pytest.mark.parametrize("said", ["谢谢！", "ok, thanks a lot", "搞定了，多谢大佬🙏", "👍"])
def test_thanks_get_a_reaction_and_no_card(house: House, said: str) -> None:
    asked = house.ask("怎么清空镜像缓存？")
    house.card(asked)
    thanks = house.feishu.say(text=said, reply_to=asked, in_thread=True)
    assert ended(house, thanks)["outcome"] == "thanked"
    house.quiet()
    assert house.feishu.reactions(thanks) == ["THUMBSUP"]
    assert len(house.feishu.cards(asked)) == 1


def test_thanks_and_a_question_are_a_question(house: House) -> None:
    asked = house.ask("Harbor 缓存大小怎么调？")
    house.card(asked)
    more = house.feishu.say(text="谢谢，那默认值是多少？", reply_to=asked, in_thread=True)
    assert ended(house, more)["outcome"] == "answered"


def test_a_correction_replaces_what_was_wrong(house: House) -> None:
    asked = house.ask("How do I create a Harbor token?")
    house.card(asked)
    right = house.feishu.say(text="no, I meant revoke it", reply_to=asked, in_thread=True)
    facts = ended(house, right)
    assert facts["relation"] == "correction"
    house.quiet()
    assert "harbor token revoke ci" in words(house.feishu.cards(asked)[-1])


@pytest.mark.parametrize("text", ["这个怎么回答", ""])
def test_a_colleagues_question_that_is_quoted_is_answered(house: House, text: str) -> None:
    theirs = house.feishu.say(user="ou_bob", text="How do I revoke a Harbor access token?")
    asked = house.ask(text, reply_to=theirs)
    facts = ended(house, asked)
    assert facts["quoted"] == theirs
    house.quiet()
    card = next(card for card in house.feishu.cards(asked) or house.feishu.cards(theirs))
    assert "harbor token revoke ci" in words(card)


@pytest.mark.usefixtures("at_once")
def test_a_question_in_three_pieces_gets_one_answer(house: House) -> None:
    first = house.ask("请问一下", chat="oc_patient")
    house.feishu.wait_for_push(first)
    second = house.feishu.say(text="我的 Harbor", chat="oc_patient")
    house.feishu.wait_for_push(second)
    third = house.feishu.say(text="怎么清空缓存？", chat="oc_patient")
    house.card(third)
    house.quiet()
    assert [ended(house, one)["outcome"] for one in (first, second)] == ["joined", "joined"]
    assert house.feishu.cards(first) == house.feishu.cards(second) == []
    assert "请问一下 我的 Harbor 怎么清空缓存？" in words(house.feishu.cards(third)[0])
    assert len(house.feishu.cards(third)) == 1


@pytest.mark.usefixtures("at_once")
def test_a_piece_whose_job_looks_only_when_the_whole_was_answered_stays_silent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[str] = []
    look = Said.parts

    def late(said: Said, message: Message) -> list[Part]:
        if "Docker" in message.text and threading.current_thread().name.startswith("job"):
            until(lambda: whole and house.feishu.cards(whole[0]))
        return look(said, message)

    monkeypatch.setattr(Said, "parts", late)
    piece = house.ask("我用的是 Docker", chat="oc_patient", user="ou_hal")
    house.feishu.wait_for_push(piece)
    whole.append(house.feishu.say(text="怎么清空 Harbor 的缓存？", chat="oc_patient", user="ou_hal"))
    assert "我用的是 Docker 怎么清空 Harbor 的缓存？" in words(house.card(whole[0]))
    assert ended(house, piece)["outcome"] == "joined"
    house.quiet()
    assert house.feishu.cards(piece) == []


def test_a_piece_that_nothing_follows_is_answered_when_its_time_is_over(
    house: House, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Said.parts

    def time_passes(said: Said, message: Message) -> list[Part]:
        clock.turn(AN_HOUR)
        return look(said, message)

    monkeypatch.setattr(Said, "parts", time_passes)
    asked = house.ask("Harbor 清空缓存", chat="oc_patient", user="ou_gil")
    assert "harbor cache clear" in words(house.card(asked))


def test_two_whole_questions_in_a_row_get_two_answers(house: House) -> None:
    first, second = house.ask("怎么安装 Harbor？"), house.ask("怎么清空 Harbor 的缓存？")
    assert "pip install harbor-server" in words(house.card(first))
    assert "harbor cache clear" in words(house.card(second))


def test_a_question_after_talk_is_the_question_alone(house: House) -> None:
    lunch = house.ask("今天中午吃什么？", user="ou_ida")
    assert ended(house, lunch)["outcome"] == "declined"
    asked = house.ask("磁盘快满了怎么办", user="ou_ida")
    card = house.card(asked)
    assert "standalone" not in ended(house, asked)
    assert "吃" not in words(card)


@pytest.mark.usefixtures("at_once")
def test_a_piece_that_would_hide_the_question_after_it_is_left_out(house: House) -> None:
    piece = house.ask("I am on Ubuntu 22.04 with docker compose", chat="oc_patient", user="ou_jan")
    house.feishu.wait_for_push(piece)
    asked = house.feishu.say(text="缓存满了咋整", chat="oc_patient", user="ou_jan")
    card = house.card(asked)
    assert ended(house, piece)["outcome"] == "joined"
    assert "harbor cache clear" in words(card)


def test_a_private_chat_is_one_conversation(house: House) -> None:
    asked = house.feishu.say(user="ou_dora", text="Harbor 缓存大小怎么调？", chat="p2p")
    house.card(asked)
    more = house.feishu.say(user="ou_dora", text="怎么清空呢", chat="p2p")
    assert "harbor cache clear" in words(house.card(more))


class Rewriting(Extractive):
    """Quotes, and writes every follow-up out as one and the same question."""

    written = "怎么清空 Harbor 的缓存"

    def stream(self, messages: Messages, **how: Any) -> Reply:
        if isinstance(messages, Prompt):
            return super().stream(messages, **how)
        return Reply(iter([self.written]), engine=self.name)


def test_what_the_model_writes_out_is_searched_for_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    look_up = Searcher.look_up

    def noted(searcher: Searcher, query: str, *more: Any) -> Any:
        searched.append(query)
        return look_up(searcher, query, *more)

    assert house.process is not None
    monkeypatch.setattr(house.process, "llm", Rewriting())
    asked = house.feishu.say(user="ou_ida", text="Harbor 缓存大小怎么调？", chat="p2p")
    house.card(asked)
    house.quiet()
    monkeypatch.setattr(Searcher, "look_up", noted)
    more = house.feishu.say(user="ou_ida", text="镜像缓存清空 token", chat="p2p")
    assert ended(house, more)["standalone"] == Rewriting.written
    assert searched == [Rewriting.written]


def test_a_recall_erases_the_turn_and_its_words_in_later_ones(house: House) -> None:
    asked = house.ask("Harbor 的缓存大小怎么调？", user="ou_erin")
    house.card(asked)
    more = house.feishu.say(user="ou_erin", text="那怎么清空呢", reply_to=asked, in_thread=True)
    ended(house, more)
    house.quiet()
    house.feishu.recall(asked)
    kept = [row.decode() for row in house.redis.lrange(TALK.of(asked), 0, -1)]
    until(lambda: all("大小" not in row.decode() for row in house.redis.lrange(TALK.of(asked), 0, -1)))
    assert len(kept) <= 2
    assert 0 < house.redis.ttl(TALK.of(asked)) <= TALK.seconds


@pytest.mark.usefixtures("at_once")
def test_a_piece_after_one_that_was_taken_back_is_still_said_to_the_bot(house: House) -> None:
    mistyped = house.ask("我的 Habror，", user="ou_kim", chat="oc_patient")
    house.feishu.wait_for_push(mistyped)
    house.feishu.recall(mistyped)
    until(lambda: "Habror" not in str(house.redis.lrange(PARTS.of("oc_patient:ou_kim"), 0, -1)))
    whole = house.feishu.say(user="ou_kim", text="怎么清空 Harbor 的缓存？", chat="oc_patient")
    card = house.card(whole)
    assert "harbor cache clear" in words(card)
    assert "Habror" not in words(card)
    house.quiet()
    assert house.feishu.cards(mistyped) == []


@pytest.mark.usefixtures("at_once")
def test_a_piece_whose_turn_comes_when_the_one_before_is_forgotten_is_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was meant for the bot when it was said; a long queue outlasts what is kept of a piece."""
    judge = policy.decide

    def late(message: Message, *rest: Any) -> policy.Verdict:
        if message.meant:
            house.redis.delete(PARTS.of("oc_patient:ou_lee"))
        return judge(message, *rest)

    monkeypatch.setattr(policy, "decide", late)
    first = house.ask("我用的是 Docker，", user="ou_lee", chat="oc_patient")
    house.feishu.wait_for_push(first)
    second = house.feishu.say(user="ou_lee", text="怎么清空 Harbor 的缓存？", chat="oc_patient")
    assert "harbor cache clear" in words(house.card(second))
    house.feishu.recall(first)
    house.quiet()


@pytest.mark.slow
def test_a_conversation_keeps_its_last_turns_only(house: House) -> None:
    asked = house.ask("Harbor 的缓存大小怎么调？", user="ou_long")
    house.card(asked)
    for number in range(MOST_TURNS + 2):
        more = house.feishu.say(user="ou_long", text=f"那第 {number} 步呢？", reply_to=asked, in_thread=True)
        ended(house, more)
    assert house.redis.llen(TALK.of(asked)) == MOST_TURNS


def test_where_a_group_wants_it_a_follow_up_needs_a_mention(house: House) -> None:
    asked = house.ask("Harbor 的缓存大小怎么调？", user="ou_pat", chat="oc_strict")
    house.card(asked)
    said = {"reply_to": asked, "in_thread": True, "chat": "oc_strict"}
    more = house.feishu.say(user="ou_pat", text="那怎么清空呢", **said)  # type: ignore[arg-type]
    until(lambda: trace.reason_ignored(house.redis, more) == "not_mentioned")
    again = house.feishu.say(user="ou_pat", text="那怎么清空呢", mention_bot=True, **said)  # type: ignore[arg-type]
    assert "缓存" in str(ended(house, again)["standalone"])


@pytest.mark.usefixtures("at_once")
def test_a_piece_that_is_said_without_a_mention_right_after_belongs_to_the_question(house: House) -> None:
    asked = house.ask("Harbor 的缓存大小怎么调？", user="ou_fay")
    house.card(asked)
    more = house.feishu.say(user="ou_fay", text="那清空呢")
    facts = ended(house, more)
    assert facts["relation"] == "follow_up"
    assert "harbor cache clear" in words(house.card(more))


@pytest.mark.parametrize("said", ["哈哈哈", "我先去吃饭了", "今天天气真好"])
def test_what_the_asker_says_to_others_in_the_thread_gets_no_answer(house: House, said: str) -> None:
    asked = house.ask("怎么清空镜像缓存？")
    house.card(asked)
    aside = house.feishu.say(text=said, reply_to=asked, in_thread=True)
    ended(house, aside)
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
