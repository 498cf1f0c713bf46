"""The whole bot over real model servers: cards that are written while the server writes, and recalls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.config.settings import IndexSettings
from bot.redis_keys import TRACE
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from tests.servers.asking import RealServer, llm_of
from worker.jobs import kept_answers as answers

pytestmark = pytest.mark.timeout(400)
LIMIT = 240.0
"""Seconds for one answer of a small model on a busy machine."""


@pytest.fixture(scope="module")
def house(server: RealServer, index: IndexSettings, redis_of_servers: RedisServer) -> Iterator[House]:
    """A bot over the server; a model of random weights writes until its length is reached."""
    settings = {
        "index": index,
        "llm": llm_of(server),
        "worker": {"concurrency": 4, "stop_timeout": 5, "answer_timeout": 200},
    }
    documents = index.sources[0].path
    assert documents is not None
    with House(redis_of_servers.url, index.dir, documents, settings=settings) as house:
        yield house


def trace(house: House, message_id: str) -> dict[str, Any]:
    return dict(json.loads(house.redis.get(TRACE.of(message_id)) or b"{}"))


@pytest.mark.parametrize("question", ["How do I install FooServe?", "怎么安装 FooServe？"])
def test_an_answer_is_streamed_to_its_card(server: RealServer, house: House, question: str) -> None:
    before = len(house.feishu.calls("cards.create"))
    asked = house.ask(question)
    card = house.card(asked, LIMIT)
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1, "one card"
    assert not card.streaming
    assert len(house.feishu.calls("cards.create")) == before + 1, "it was written to, not sent whole"
    assert trace(house, asked)["usage"]["calls"] >= 1, "the model was asked"
    assert "pip install fooserve" in words(card), "by the model, or by quotes in its place"
    if not server.quiet:
        assert "[1]" in words(card)


def test_four_questions_at_once_are_four_cards(house: House) -> None:
    asked = [house.ask("How do I install FooServe?", user=f"ou_{number}") for number in range(4)]
    assert all("pip install fooserve" in words(house.card(message, LIMIT)) for message in asked)


def test_a_question_recalled_while_its_answer_is_written_leaves_nothing(house: House) -> None:
    asked = house.ask("How do I install FooServe, and which Python does it need?")
    until(lambda: bool(house.feishu.cards(asked)), limit=LIMIT)
    house.feishu.recall(asked)
    until(lambda: not house.feishu.cards(asked), limit=LIMIT)
    house.quiet()
    assert answers.find(house.redis, asked) is None
    again = house.ask("How do I install FooServe?")
    assert "pip install fooserve" in words(house.card(again, LIMIT)), "the server goes on"
