"""Whatever fails while a card streams: the text at the end is the engine's, and one card is live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from redis import Redis

from bot.answer import Answer, Outcome
from bot.cards.answer import answer_cards, progress_card
from bot.cards.plain import texts_of
from bot.errors import FeishuError, MessageGone
from bot.feishu.client import Feishu
from simulator import LocalFeishu
from tests.outbound import Sleeper, client

pytestmark = pytest.mark.slow

SENTENCES = [f"Sentence {number} of the answer." for number in range(1, 5)]
TEXT = " ".join(SENTENCES)

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("none", {}),
    ("rate limit of the group on the reply", {"what": 230020, "on": "messages.reply", "times": 2}),
    ("rate limit of the card", {"what": 230020, "on": "elements.content", "times": 3, "skip": 1}),
    ("rate limit of the gateway on the reply", {"what": 99991400, "on": "messages.reply"}),
    ("rate limit of the gateway on frames", {"what": 99991400, "on": "elements.content", "times": 2}),
    ("rate limit of the gateway on the last card", {"what": 99991400, "on": "cards.update"}),
    ("sequence overtaken in a frame", {"what": 300317, "on": "elements.content", "skip": 1}),
    ("sequence overtaken twice in a frame", {"what": 300317, "on": "elements.content", "times": 2}),
    ("sequence overtaken at the last card", {"what": 300317, "on": "cards.update"}),
    ("sequence overtaken at closing", {"what": 300317, "on": "cards.settings"}),
    ("sequence refused for good", {"what": 300317, "on": "cards.update", "times": None}),
    ("streaming closed", {"what": 300309, "on": "elements.content", "skip": 1}),
    ("streaming closed at closing", {"what": 300309, "on": "cards.settings"}),
    ("streaming closed at the last card", {"what": 300309, "on": "cards.update"}),
    ("streaming timed out after ten minutes", {"what": 200850, "on": "elements.content", "skip": 2}),
    ("streaming times out again and again", {"what": 200850, "on": "elements.content", "times": None}),
    ("content refused in a frame", {"what": 11310, "on": "elements.content", "skip": 1}),
    ("content refused in every frame", {"what": 11310, "on": "elements.content", "times": None}),
    ("content of the last card refused", {"what": 11310, "on": "cards.update"}),
    ("content of the entity refused", {"what": 11310, "on": "cards.create"}),
    ("entity refused when sent", {"what": 11310, "on": "messages.reply"}),
    ("gateway page on making the card", {"what": "bad_gateway", "on": "cards.create"}),
    ("gateway page on the reply", {"what": "bad_gateway", "on": "messages.reply", "times": 2}),
    ("gateway page on frames", {"what": "bad_gateway", "on": "elements.content", "times": 3}),
    ("gateway page on every frame", {"what": "bad_gateway", "on": "elements.content", "times": None}),
    ("gateway page on the last card", {"what": "bad_gateway", "on": "cards.update", "times": 2}),
    ("connection dropped before the reply", {"what": "drop_before", "on": "messages.reply"}),
    ("connection dropped after the reply", {"what": "drop_after", "on": "messages.reply"}),
    ("connection dropped after making the card", {"what": "drop_after", "on": "cards.create"}),
    ("connection dropped after a frame", {"what": "drop_after", "on": "elements.content", "skip": 1}),
    ("connection dropped after closing", {"what": "drop_after", "on": "cards.settings"}),
    ("connection dropped after the last card", {"what": "drop_after", "on": "cards.update"}),
    ("somebody uses the card", {"what": 200810, "on": "cards.update"}),
    ("no permission for CardKit", {"what": 99991672, "on": "cards.create", "times": None}),
    ("permission for frames taken away", {"what": 99991672, "on": "elements.content", "times": None}),
    ("permission for CardKit taken away", {"what": 99991672, "on": "cards.update", "times": None}),
    ("entity lost", {"what": 200740, "on": "elements.content", "times": None}),
    ("entity expired at the end", {"what": 200750, "on": "cards.update", "times": None}),
    ("token refused", {"what": 99991663, "on": "elements.content", "skip": 1}),
    ("token refused on the reply", {"what": 99991663, "on": "messages.reply"}),
    ("slow frames", {"what": "latency", "on": "elements.content", "delay": 0.2, "times": 2}),
]


@pytest.fixture(scope="module")
def local() -> Iterator[LocalFeishu]:
    with LocalFeishu() as feishu:
        yield feishu


@pytest.fixture
def feishu(local: LocalFeishu, redis: Redis) -> Feishu:
    local.faults.clear()
    return client(local, redis, Sleeper(longest=1.2))


def answer(text: str = TEXT) -> list[dict[str, Any]]:
    final = Answer(Outcome.ANSWERED, "How?", text, "en")
    return answer_cards(final, actions=None, message_id="om_question")


def text_of(card: dict[str, Any]) -> str:
    return " ".join(texts_of(card["body"]["elements"]))


def stream_answer(feishu: Feishu, question: str) -> None:
    stream = feishu.stream(question, progress_card("How?", "en"), key="answer", chat_id="oc_demo")
    stream.progress("Searching")
    for end in range(1, len(SENTENCES) + 1):
        stream._next = 0.0
        stream.write(" ".join(SENTENCES[:end]))
    stream.finish(answer())
    stream.finish(answer("A second end changes nothing."))


@pytest.mark.parametrize(("fault"), [fault for _, fault in FAULTS], ids=[name for name, _ in FAULTS])
def test_final_text_is_the_engines_and_one_card_is_live(
    local: LocalFeishu, feishu: Feishu, fault: dict[str, Any]
) -> None:
    question = local.say("ou_alice", "How?", mention_bot=True)
    if fault:
        local.faults.add(**fault)
    stream_answer(feishu, question)
    cards = local.cards(question)
    assert len(cards) == 1
    assert text_of(cards[0]).count(TEXT) == 1
    assert not cards[0].streaming


@pytest.mark.parametrize("code", [300309, 200740, 99991672])
def test_patched_card_ends_right_when_patching_fails_too(
    local: LocalFeishu, feishu: Feishu, code: int
) -> None:
    question = local.say("ou_alice", "How?", mention_bot=True)
    local.faults.add(code, on="elements.content", times=None)
    local.faults.add(code, on="cards.settings", times=None)
    local.faults.add("bad_gateway", on="messages.patch", times=2)
    stream_answer(feishu, question)
    assert [text_of(card).count(TEXT) for card in local.cards(question)] == [1]


def test_card_that_cannot_be_changed_is_replaced_by_one(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say("ou_alice", "How?", mention_bot=True)
    local.faults.add(200750, on="cards.update", times=None)
    local.faults.add(230031, on="messages.patch", times=None)
    stream_answer(feishu, question)
    cards = local.cards(question)
    assert [text_of(card).count(TEXT) for card in cards] == [1]
    record = feishu.records.get(question, "answer")
    assert record is not None
    assert record.message_id == cards[0].message_id


@pytest.mark.parametrize("after", range(len(SENTENCES) + 1))
def test_ten_minutes_pass_in_the_middle(local: LocalFeishu, feishu: Feishu, after: int) -> None:
    """Feishu closes the stream by itself; the card is opened again, or ends all the same."""
    question = local.say("ou_alice", "How?", mention_bot=True)
    stream = feishu.stream(question, progress_card("How?", "en"), key="answer", chat_id="oc_demo")
    for end in range(1, len(SENTENCES) + 1):
        if end == after:
            local.clock.advance(601)
        stream._next = 0.0
        stream.write(" ".join(SENTENCES[:end]))
        assert text_of(local.cards(question)[0]).endswith(SENTENCES[end - 1])
    if after == len(SENTENCES):
        local.clock.advance(601)
    stream.finish(answer())
    cards = local.cards(question)
    assert [text_of(card).count(TEXT) for card in cards] == [1]
    assert not cards[0].streaming


def test_recalled_card_stops_the_stream(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say("ou_alice", "How?", mention_bot=True)
    local.faults.add("recalled", on="elements.content", skip=2)
    with pytest.raises(MessageGone):
        stream_answer(feishu, question)
    assert local.cards(question) == []


def test_recalled_question_is_not_answered(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say("ou_alice", "How?", mention_bot=True)
    local.recall(question)
    with pytest.raises(MessageGone):
        stream_answer(feishu, question)
    assert local.cards(question) == []


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_run_is_resumed_on_the_same_card(local: LocalFeishu, redis: Redis, step: int) -> None:
    """The connection breaks for good after `step` calls; the next run of the job ends the card."""
    local.faults.clear()
    question = local.say("ou_alice", "How?", mention_bot=True)
    for operation in ("cards", "messages", "elements"):
        local.faults.add("drop_after", on=operation, times=None, skip=step)
    with suppress(FeishuError):
        stream_answer(client(local, redis, patience=0.0), question)
    local.faults.clear()
    stream_answer(client(local, redis), question)
    assert [text_of(card).count(TEXT) for card in local.cards(question)] == [1]


@pytest.mark.parametrize("seed", range(8))
def test_everything_fails_now_and_then(redis: Redis, seed: int) -> None:
    """Every call fails one time in four, in every way; the job is begun again until it is through."""
    with LocalFeishu(seed=seed) as local:
        for what in ("bad_gateway", "drop_before", "drop_after", 230020, 99991663, 300317, 300309, 200810):
            local.faults.add(what, times=None, probability=0.03, reset=0)
        question = local.say("ou_alice", "How?", mention_bot=True)
        for _ in range(20):
            feishu = client(local, redis, Sleeper(longest=0.05), patience=5.0)
            with suppress(FeishuError):
                stream_answer(feishu, question)
                break
        else:
            pytest.fail("twenty runs were not enough")
        cards = local.cards(question)
        assert [text_of(card).count(TEXT) for card in cards] == [1]
        assert not cards[0].streaming
