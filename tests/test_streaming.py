"""How a card is written while it streams: paced, coalesced, patched where there is no entity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from redis import Redis

from bot.cards.answer import ANSWER_ELEMENT, PROGRESS_ELEMENT, notice_card, progress_card
from bot.errors import FeishuError, MessageGone
from bot.feishu.card_stream import MOST_FAILURES, CardStream
from bot.feishu.client import Feishu
from simulator import LocalFeishu
from tests.frozen_time import FrozenTime
from tests.outbound import client

LAST = notice_card("Answer", "The end", "en")


@pytest.fixture(scope="module")
def served() -> Iterator[LocalFeishu]:
    with LocalFeishu() as feishu:
        yield feishu


@pytest.fixture
def local(served: LocalFeishu) -> LocalFeishu:
    served.faults.clear()
    served.tenant.calls.clear()
    served.limits.group.times.clear()
    return served


@pytest.fixture
def feishu(local: LocalFeishu, redis: Redis) -> Feishu:
    return client(local, redis)


def begin(local: LocalFeishu, feishu: Feishu) -> tuple[str, CardStream]:
    question = local.say(text="hi")
    return question, feishu.stream(question, progress_card("hi", "en"), key="answer", chat_id="oc_demo")


def element(card: dict[str, Any], element_id: str) -> str:
    return next(e["content"] for e in card["body"]["elements"] if e.get("element_id") == element_id)


def frames(local: LocalFeishu) -> list[dict[str, Any]]:
    return [json.loads(call.request) for call in local.calls("elements.content")]


def test_the_card_is_there_at_once_and_streams(local: LocalFeishu, feishu: Feishu) -> None:
    question, stream = begin(local, feishu)
    card = local.cards(question)[0]
    assert card.streaming
    assert card.message_id == stream.message_id
    stream.progress("Reading")
    stream.write("First")
    card = local.cards(question)[0]
    assert element(card, PROGRESS_ELEMENT) == "Reading"


@pytest.fixture
def frozen(local: LocalFeishu, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> FrozenTime:
    """Time stands still but for what the test lets pass, or what is slept."""
    time = FrozenTime(redis, monkeypatch)
    time.holds(local)
    return time


def begin_in(frozen: FrozenTime, local: LocalFeishu, redis: Redis) -> tuple[str, CardStream]:
    """A stream that paces its frames by that time."""
    question, stream = begin(local, client(local, redis, clock=frozen))
    stream._clock = frozen.monotonic
    return question, stream


@pytest.mark.slow
def test_a_thousand_writes_become_at_most_ten_operations_a_second(
    local: LocalFeishu, redis: Redis, frozen: FrozenTime
) -> None:
    question, stream = begin_in(frozen, local, redis)
    text = ""
    for _ in range(1000):
        text += "word "
        stream.write(text)
        frozen.advance(0.002)
    stream.finish([LAST])
    times = [call.time for call in local.calls() if call.operation.split(".")[0] in ("elements", "cards")][1:]
    assert all(later - first > 1.0 for first, later in zip(times, times[10:], strict=False))
    assert {call.code for call in local.calls()} == {0}
    shown = frames(local)
    assert 10 < len(shown) <= 20
    assert all(later["content"].startswith(former["content"]) for former, later in pairwise(shown))
    sequences = [frame["sequence"] for frame in shown]
    assert sequences == sorted(set(sequences))
    assert not local.cards(question)[0].streaming


def test_progress_waits_its_turn_instead_of_being_lost(local: LocalFeishu, feishu: Feishu) -> None:
    question, stream = begin(local, feishu)
    for number in range(4):
        stream.progress(f"Step {number}")
        assert element(local.cards(question)[0], PROGRESS_ELEMENT) == f"Step {number}"


def test_what_is_shown_already_is_not_sent_again(local: LocalFeishu, feishu: Feishu) -> None:
    _, stream = begin(local, feishu)
    stream.progress("Reading")
    stream.progress("Reading")
    stream.progress("")
    assert len(frames(local)) == 1


def test_streaming_is_closed_exactly_once(local: LocalFeishu, feishu: Feishu) -> None:
    _, stream = begin(local, feishu)
    local.faults.add("bad_gateway", on="cards.update", times=2)
    stream.finish([LAST])
    stream.finish([LAST])
    assert len(local.calls("cards.settings")) == 1
    assert stream.finished


def test_expired_streaming_is_opened_again(local: LocalFeishu, feishu: Feishu) -> None:
    question, stream = begin(local, feishu)
    local.faults.add(200850, on="elements.content")
    stream.write("Text after ten minutes")
    card = local.cards(question)[0]
    assert card.streaming
    assert element(card, ANSWER_ELEMENT) == "Text after ten minutes"


def test_frames_stop_after_enough_failures_and_the_end_comes(local: LocalFeishu, feishu: Feishu) -> None:
    question, stream = begin(local, feishu)
    local.faults.add("bad_gateway", on="elements.content", times=None)
    for number in range(MOST_FAILURES + 5):
        stream._next = 0.0
        stream.write("x" * (number + 1))
    assert len(frames(local)) == MOST_FAILURES
    stream.finish([LAST])
    assert local.cards(question)[0]["body"]["elements"][0]["content"] == "The end"


def test_failed_frames_slow_down(local: LocalFeishu, redis: Redis, frozen: FrozenTime) -> None:
    _, stream = begin_in(frozen, local, redis)
    local.faults.add("bad_gateway", on="elements.content", times=None)
    for number in range(200):
        stream.write("x" * (number + 1))
        frozen.advance(0.005)
    assert 1 < len(frames(local)) <= 3


def test_without_an_entity_the_message_is_patched(local: LocalFeishu, feishu: Feishu) -> None:
    local.faults.add(99991672, on="cards.create")
    question, stream = begin(local, feishu)
    stream.progress("Reading")
    stream._next = 0.0
    stream.write("So far")
    card = local.cards(question)[0]
    assert (element(card, PROGRESS_ELEMENT), element(card, ANSWER_ELEMENT)) == ("Reading", "So far")
    assert not card.streaming
    stream.finish([LAST])
    assert not local.calls("elements")
    assert len(local.cards(question)) == 1


def test_card_taken_away_stops_everything(local: LocalFeishu, feishu: Feishu) -> None:
    question, stream = begin(local, feishu)
    local.recall(stream.message_id)
    with pytest.raises(MessageGone):
        stream.write("text")
    with pytest.raises(MessageGone):
        stream.finish([LAST])
    assert local.cards(question) == []


def test_end_that_cannot_be_shown_says_that_it_may_be_later(local: LocalFeishu, redis: Redis) -> None:
    impatient = client(local, redis, patience=0.0)
    question, stream = begin(local, impatient)
    local.faults.add("bad_gateway", on="cards", times=None)
    with pytest.raises(FeishuError) as caught:
        stream.finish([LAST])
    assert caught.value.retriable
    assert not stream.finished
    local.faults.clear()
    resumed = impatient.stream(question, progress_card("hi", "en"), key="answer")
    assert resumed.message_id == stream.message_id
    resumed.finish([LAST])
    assert impatient.stream(question, LAST, key="answer").finished


def test_group_that_the_bot_left_stops_at_once(local: LocalFeishu, feishu: Feishu) -> None:
    _, stream = begin(local, feishu)
    local.faults.add(230002, on="cards.update", times=None)
    local.faults.add(230002, on="messages.patch", times=None)
    with pytest.raises(FeishuError, match="not in this group"):
        stream.finish([LAST])
    assert len(local.calls("cards.update")) == len(local.calls("messages.patch")) == 1
