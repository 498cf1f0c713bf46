"""A day in a group: what people say to the bot, and what comes of it."""

from __future__ import annotations

import html
import json
import re

import pytest

from bot import trace
from bot.cards.answer import PROGRESS_ELEMENT
from tests.house import House, until, words


def test_a_question_gets_one_cited_card_in_its_thread(house: House) -> None:
    asked = house.ask("怎么安装 Harbor？")
    said = words(house.card(asked))
    assert "pip install harbor-server" in said, "the command is quoted"
    assert "harbor serve --port 7070" in said, "the list of steps comes whole"
    assert "[1]" in said
    assert "docs.example.com/harbor" in said, "the source is a link"
    assert "extractive" not in said, "all is well: which engine answered is for /why"
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    facts = trace.read(house.redis, asked)
    assert facts is not None
    assert facts["outcome"] == "answered"
    assert facts["passages"]
    assert facts["usage"]["calls"] == 0


def test_the_card_says_what_is_being_done(house: House) -> None:
    asked = house.ask("How do I revoke a Harbor access token?")
    house.card(asked)
    created = [json.loads(call.request)["data"] for call in house.feishu.calls("cards.create")][-1]
    line = next(
        element["content"]
        for element in json.loads(created)["body"]["elements"]
        if element.get("element_id") == PROGRESS_ELEMENT
    )
    assert re.fullmatch(r"Searching [1-4] of 4 documents \.\.\.", line), "the first card tells it already"


def test_an_english_question_is_answered_from_the_english_page(house: House) -> None:
    said = words(house.card(house.ask("How do I revoke a Harbor access token?")))
    assert "harbor token revoke ci" in said
    assert "Access tokens" in said
    assert "Quoted from the documents" in said


def test_the_same_push_three_times_is_answered_once(house: House) -> None:
    asked = house.ask("怎么清空 Harbor 的缓存？")
    house.feishu.push(asked, times=2)
    house.card(asked)
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1
    assert "harbor cache clear" in words(house.card(asked))


def test_the_log_tells_the_way_of_one_question(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Its id is on every line about it: taken by the webhook, refused by Feishu, ended by the worker."""
    caplog.set_level("INFO")
    house.feishu.faults.add("bad_gateway", on="cards.create")
    asked = house.ask("怎么升级 harbor-server？")
    house.card(asked)
    house.quiet()
    lines = [record.getMessage() for record in caplog.records]
    for event in ("message_taken", "feishu.refused", "answered"):
        about = [line for line in lines if re.search(rf"\b{re.escape(event)}\b", line)]
        assert about, f"no line says {event}"
        assert all(asked in line for line in about)


def test_chit_chat_that_mentions_the_bot_is_declined_shortly(house: House) -> None:
    before = len(house.feishu.calls("cards.create"))
    asked = house.ask("今天中午吃什么？")
    card = house.card(asked)
    assert "我手头的文档没有讲这个" in words(card)
    assert len(house.feishu.calls("cards.create")) == before, "a declined message opens no streaming card"


def test_what_is_not_said_to_the_bot_is_left_alone(house: House) -> None:
    ignored = house.feishu.say(text="怎么安装 Harbor？")
    answered = house.ask("怎么升级 Harbor？")
    house.card(answered)
    house.quiet()
    assert house.feishu.cards(ignored) == []


def test_the_asker_takes_a_question_back_and_its_answer_goes_too(house: House) -> None:
    asked = house.ask("How do I install Harbor?")
    house.card(asked)
    house.feishu.recall(asked)
    until(lambda: not house.feishu.cards(asked))


def test_helpful_and_not_helpful_are_noted(house: House) -> None:
    asked = house.ask("缓存大小怎么调？Harbor")
    card = house.card(asked)
    house.feishu.click(card.message_id, "👎 没帮助")
    until(lambda: "哪里不对" in words(house.card(asked)) or "reason_form" in str(house.card(asked)))
    house.feishu.click(card.message_id, "提交", form={"reason": "单位不清楚"})
    until(lambda: house.redis.hget(f"fennel:feedback:{asked}", "ou_alice") is not None)
    until(lambda: "单位不清楚" in house.redis.hget(f"fennel:feedback:{asked}", "ou_alice").decode())


def test_an_expert_is_asked_takes_it_and_resolves_it(house: House) -> None:
    asked = house.ask("How do I create a Harbor token?")
    card = house.card(asked)
    house.feishu.click(card.message_id, "🙋 Ask a human")
    until(lambda: "ou_expert" in words(house.card(asked)))
    house.feishu.wait_for_replies(asked, 2)
    called = house.feishu.cards(asked)[-1]
    assert "How do I create a Harbor token?" in words(called), "an expert reads what it is about"
    refused = house.feishu.click(called.message_id, "I will take it", user="ou_bob")
    assert refused is not None
    house.feishu.click(called.message_id, "I will take it", user="ou_expert")
    until(lambda: "has taken it" in words(house.card(asked)))
    until(lambda: "has taken it" in words(house.feishu.cards(asked)[-1]))
    house.feishu.click(called.message_id, "Resolved")
    until(lambda: "Resolved" in words(house.card(asked)))


@pytest.mark.slow
def test_an_opinion_is_a_persons_own(house: House) -> None:
    asked = house.ask("How do I upgrade Harbor?")
    card = house.card(asked)
    house.feishu.click(card.message_id, "👍 Helpful", "ou_alice")
    until(lambda: "👍 1 · 👎 0" in words(house.card(asked)))
    house.feishu.click(card.message_id, "👎 Not helpful", "ou_bob")
    until(lambda: "👍 1 · 👎 1" in words(house.card(asked)))
    house.feishu.click(card.message_id, "Send", "ou_bob", form={"reason": "too old"})
    until(lambda: "reason_form" not in str(house.card(asked)))
    house.feishu.click(card.message_id, "👎 Not helpful", "ou_alice")
    until(lambda: "👍 0 · 👎 2" in words(house.card(asked)))
    kept = {
        who.decode(): json.loads(value)
        for who, value in house.redis.hgetall(f"fennel:feedback:{asked}").items()
    }
    assert kept["ou_bob"]["reason"] == "too old"
    assert kept["ou_alice"]["kind"] == "not_helpful"


def test_the_asker_sees_why_and_takes_the_answer_back(house: House) -> None:
    asked = house.ask("How do I upgrade Harbor?")
    card = house.card(asked)
    house.feishu.click(card.message_id, "Why this answer")
    house.feishu.wait_for_replies(asked, 2)
    assert any("probability" in words(reply) for reply in house.feishu.cards(asked))
    house.ask("recall", reply_to=card.message_id)
    until(lambda: not house.feishu.cards(asked))


def test_commands_are_for_those_who_may_give_them(house: House) -> None:
    refused = house.ask("/reindex", user="ou_alice")
    assert "管理员" in words(house.card(refused)) or "admins" in words(house.card(refused))
    helped = house.ask("/help", user="ou_alice")
    assert "/recall" in words(house.card(helped))
    status = house.ask("/status", user="ou_admin")
    shown = html.unescape(words(house.card(status)))
    assert "extractive" in shown
    assert "ou_admin" in shown, "config.yaml names admins by this id, and a newcomer has to learn it here"
    assert "oc_" in shown, "... and groups by this one"
