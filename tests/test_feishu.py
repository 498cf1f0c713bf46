"""Sends, updates and lookups of the outbound client, against the local Feishu through the real SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bot.cards.answer import notice_card
from bot.errors import FeishuError, MessageGone
from bot.feishu.client import UUID_LIFETIME, Feishu
from bot.feishu.sent_record import Record, State, uuid_of
from simulator import LocalFeishu
from tests.frozen_time import FrozenTime
from tests.outbound import Sleeper, client

CARD = notice_card("Title", "Some text", "en")
PLAIN = "See\n```\n| a |\n|---|\n| 1 |\n```"


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


TABLE: dict[str, Any] = {
    "schema": "2.0",
    "config": {"update_multi": True},
    "body": {"elements": [{"tag": "markdown", "content": "See\n| a |\n|---|\n| 1 |"}]},
}


def test_bot_learns_its_open_id_and_keeps_it_for_the_webhook(
    local: LocalFeishu, feishu: Feishu, redis: Redis
) -> None:
    assert feishu.bot_open_id() == local.bot_open_id
    assert redis.get("fennel:bot:open_id") == local.bot_open_id.encode()


def test_reply_lands_in_the_thread_once_per_key(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    first = feishu.reply(question, CARD, key="answer", chat_id="oc_demo")
    again = feishu.reply(question, CARD, key="answer", chat_id="oc_demo")
    other = feishu.reply(question, CARD, key="notice", chat_id="oc_demo")
    assert first == again
    assert first.thread_id
    assert first.chat_id == "oc_demo"
    assert [message.message_id for message in local.replies(question)] == [first.message_id, other.message_id]
    assert feishu.records.messages(question) == [first.message_id, other.message_id]
    assert feishu.records.question_of(first.message_id) == question


def test_unconfirmed_reply_is_repeated_under_its_uuid(
    local: LocalFeishu, feishu: Feishu, redis: Redis
) -> None:
    question = local.say(text="hi")
    local.faults.add("drop_after", on="messages.reply", times=None)
    with pytest.raises(FeishuError) as caught:
        client(local, redis, patience=0.0).reply(question, CARD, key="answer")
    assert caught.value.retriable
    local.faults.clear()
    sent = feishu.reply(question, CARD, key="answer")
    assert [message.message_id for message in local.replies(question)] == [sent.message_id]


def test_unconfirmed_reply_is_found_after_feishu_forgot_the_uuid(
    local: LocalFeishu, feishu: Feishu, redis: Redis
) -> None:
    question = local.say(text="hi")
    local.faults.add("drop_after", on="messages.reply", times=None)
    with pytest.raises(FeishuError):
        client(local, redis, patience=0.0).reply(question, CARD, key="answer")
    local.faults.clear()
    local.tenant.sent.clear()
    record = feishu.records.get(question, "answer")
    assert record is not None
    early = record.started - UUID_LIFETIME - 1
    feishu.records.put(question, "answer", replace(record, started=early))
    sent = feishu.reply(question, CARD, key="answer")
    assert [message.message_id for message in local.replies(question)] == [sent.message_id]


def test_old_record_without_a_reply_is_sent(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    feishu.records.put(question, "answer", Record(State.SENDING, time.time() - UUID_LIFETIME - 1))
    sent = feishu.reply(question, CARD, key="answer")
    assert [message.message_id for message in local.replies(question)] == [sent.message_id]


def test_send_into_a_chat_happens_once_per_key(local: LocalFeishu, feishu: Feishu) -> None:
    before = len(local.messages())
    assert feishu.send("oc_demo", CARD, key="news-1") == feishu.send("oc_demo", CARD, key="news-1")
    assert len(local.messages()) == before + 1


def test_reply_without_thread_where_the_group_has_none(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    local.tenant.chats["oc_demo"].threads_allowed = False
    try:
        sent = feishu.reply(question, CARD, key="answer")
    finally:
        local.tenant.chats["oc_demo"].threads_allowed = True
    assert not sent.thread_id
    assert len(local.replies(question)) == 1


def test_refused_content_goes_out_plain(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    local.faults.add(11310, on="messages.reply")
    feishu.reply(question, TABLE, key="answer")
    assert local.cards(question)[0]["body"]["elements"][0]["content"] == PLAIN


def test_recalled_question_raises_message_gone_at_once(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    local.recall(question)
    with pytest.raises(MessageGone):
        feishu.reply(question, CARD, key="answer")
    assert len(local.calls("messages.reply")) == 1


def test_send_that_can_never_succeed_stops_at_once_and_says_why(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    local.tenant.chats["oc_demo"].bot_inside = False
    try:
        with pytest.raises(FeishuError, match="the bot is not in this group") as caught:
            feishu.reply(question, CARD, key="answer")
    finally:
        local.tenant.chats["oc_demo"].bot_inside = True
    assert caught.value.code == 230002
    assert not caught.value.retriable
    assert caught.value.log_id
    assert len(local.calls("messages.reply")) == 1


def test_update_reaches_a_card_however_it_was_sent(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    plain = feishu.reply(question, CARD, key="plain")
    stream = feishu.stream(question, CARD, key="entity")
    stream.finish([CARD])
    for number in range(2):
        for message_id in (plain.message_id, stream.message_id):
            feishu.update(message_id, notice_card("Title", f"Text {number}", "en"), key=str(number))
    assert [card["body"]["elements"][0]["content"] for card in local.cards(question)] == ["Text 1", "Text 1"]


def test_update_of_a_lost_entity_patches_its_message(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    stream = feishu.stream(question, CARD, key="entity")
    stream.finish([CARD])
    local.faults.add(200750, on="cards.update", times=None)
    feishu.update(stream.message_id, notice_card("Title", "New", "en"), key="1")
    feishu.update(stream.message_id, notice_card("Title", "Newer", "en"), key="2")
    assert local.cards(question)[0]["body"]["elements"][0]["content"] == "Newer"
    assert len(local.calls("messages.patch")) == 2


def test_update_of_refused_content_goes_out_plain(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    sent = feishu.reply(question, CARD, key="answer")
    local.faults.add(11310, on="messages.patch")
    feishu.update(sent.message_id, TABLE, key="1")
    assert local.cards(question)[0]["body"]["elements"][0]["content"] == PLAIN


def test_continuations_follow_the_first_card_once(local: LocalFeishu, feishu: Feishu, redis: Redis) -> None:
    question = local.say(text="hi")
    cards = [notice_card("Title", f"Part {number}", "en") for number in range(3)]
    local.faults.add("drop_after", on="messages.reply", times=None, skip=2)
    with pytest.raises(FeishuError):
        client(local, redis, patience=0.0).stream(question, CARD, key="answer").finish(cards)
    local.faults.clear()
    feishu.stream(question, CARD, key="answer").finish(cards)
    feishu.stream(question, CARD, key="answer").finish(cards)
    shown = [card["body"]["elements"][0]["content"] for card in local.cards(question)]
    assert shown == ["Part 0", "Part 1", "Part 2"]


def test_a_reaction_stands_under_its_message(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    assert feishu.react(question, "OnIt")
    assert local.reactions(question) == ["OnIt"]


def test_recall_takes_back_one_message_and_may_be_repeated(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    kept = feishu.reply(question, CARD, key="kept")
    recalled = feishu.reply(question, CARD, key="recalled")
    feishu.recall(recalled.message_id)
    feishu.recall(recalled.message_id)
    assert [message.message_id for message in local.replies(question)] == [kept.message_id]


def test_fetched_message_is_as_the_platform_has_it(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    assert feishu.fetch_message(question)["chat_id"] == "oc_demo"
    local.recall(question)
    with pytest.raises(MessageGone):
        feishu.fetch_message(question)


def test_gateway_limit_is_waited_out_by_its_header(local: LocalFeishu, redis: Redis) -> None:
    sleep = Sleeper(longest=0.05)
    question = local.say(text="hi")
    local.faults.add(99991400, on="messages.reply", reset=7)
    client(local, redis, sleep).reply(question, CARD, key="answer")
    assert 7.0 in sleep.slept
    assert len(local.replies(question)) == 1


def test_refused_token_is_fetched_again_once(local: LocalFeishu, feishu: Feishu) -> None:
    question = local.say(text="hi")
    feishu.reply(question, CARD, key="1")
    local.tokens.revoke()
    feishu.reply(question, CARD, key="2")
    assert len(local.replies(question)) == 2
    local.faults.add(99991671, on="messages.reply", times=None)
    with pytest.raises(FeishuError) as caught:
        feishu.reply(question, CARD, key="3")
    assert caught.value.code == 99991671
    assert len([call for call in local.calls("messages.reply") if call.code == 99991671]) == 2


def test_refusals_are_counted_by_code(local: LocalFeishu, redis: Redis) -> None:
    counted: list[tuple[str, int]] = []
    question = local.say(text="hi")
    local.faults.add(230049, on="messages.reply")
    local.faults.add("bad_gateway", on="messages.reply")
    calls: list[str] = []
    feishu = client(
        local, redis, on_call=calls.append, on_refusal=lambda name, code: counted.append((name, code))
    )
    feishu.reply(question, CARD, key="answer")
    assert calls == ["im.message.reply"] * 3
    assert counted == [("im.message.reply", 230049), ("im.message.reply", 0)]


def test_five_messages_a_second_go_into_one_group_without_a_refusal(
    local: LocalFeishu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait for one another: no time passes but what they sleep."""
    frozen = FrozenTime(redis, monkeypatch)
    frozen.holds(local)
    feishu = client(local, redis, clock=frozen)
    question = local.say(text="hi")
    for number in range(8):
        feishu.reply(question, CARD, key=str(number), chat_id="oc_demo")
    assert {call.code for call in local.calls("messages.reply")} == {0}
    assert frozen.slept


def test_uuid_is_stable_and_short_enough() -> None:
    assert uuid_of("om_1", "answer") == uuid_of("om_1", "answer")
    assert len({uuid_of("om_1", "answer"), uuid_of("om_2", "answer"), uuid_of("om_1", "other")}) == 3
    assert len(uuid_of("om_" + "x" * 100, "answer")) <= 50
