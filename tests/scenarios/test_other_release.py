"""Jobs and answers of another release: read, or parked by their id alone; never tried for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rq import Queue

from bot.answer import Answer, CardState, Outcome
from bot.events.events import Message
from bot.queue import dead_letters, rq_layout
from bot.stored import SCHEMA
from bot.supervisor.redis_server import RedisServer
from tests.house import House, until, words
from worker.jobs import kept_answers

pytestmark = pytest.mark.slow

FIRST_RELEASE = {
    "message_id": "",
    "chat_id": "oc_demo",
    "chat_type": "group",
    "thread_id": "",
    "root_id": "",
    "parent_id": "",
    "sender_id": "ou_alice",
    "sender_type": "user",
    "message_type": "text",
    "text": "怎么清空 Harbor 的缓存？",
    "mentions": [],
    "mention_all": False,
    "create_time": 0,
    "event_id": "e1",
}
"""The argument of an answer job as 7a202bd wrote it."""
FIRST_ANSWER = {
    "outcome": "answered",
    "question": "How?",
    "text": "So [1].",
    "language": "en",
    "sources": [],
    "engine": "extractive",
    "index_version": "1",
    "degraded": "",
    "queue_position": 0,
    "unsupported": 0,
    "asker": "ou_alice",
    "further": [],
}
"""An answer as 7a202bd kept it: its reader refused any other field."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def house(server: RedisServer, index: Path, documents: Path) -> Iterator[House]:
    with House(server.url, index, documents) as house:
        yield house


def message(house: House) -> str:
    """A message of Feishu's that was not pushed: its job is made here."""
    push_to, house.feishu.push_to = house.feishu.push_to, ""
    said = house.feishu.say(text="怎么清空 Harbor 的缓存？")
    house.feishu.push_to = push_to
    return said


def enqueue(house: House, message_id: str, *arguments: Any, path: str = "worker.jobs.answer") -> str:
    queue = Queue("answer", connection=house.redis, serializer="json")
    return queue.enqueue(path, *arguments, job_id=f"0000000000000001-{message_id}", job_timeout=60).id


def given(house: House, message_id: str, **more: Any) -> dict[str, Any]:
    bot = {"key": "@_user_1", "open_id": house.feishu.bot_open_id, "name": "bot"}
    text = f"@_user_1 {FIRST_RELEASE['text']}"
    return {**FIRST_RELEASE, "message_id": message_id, "mentions": [bot], "text": text, **more}


def test_a_job_of_the_first_release_is_answered(house: House) -> None:
    asked = message(house)
    enqueue(house, asked, given(house, asked))
    assert "harbor cache clear" in words(house.card(asked))


def test_a_job_with_fields_of_a_later_release_is_answered(house: House) -> None:
    asked = message(house)
    later = given(house, asked, images=["img_1"], quoted={"text": "x"})
    later["mentions"][0]["tenant"] = "t"
    enqueue(house, asked, later)
    assert "harbor cache clear" in words(house.card(asked))


@pytest.mark.parametrize(
    "arguments",
    [[], [{}], [None], ["text"], [{"message_id": 5}], [{"message_id": "om_1"}, 2, 3]],
    ids=str,
)
def test_a_job_that_cannot_be_read_is_parked_by_its_id_and_the_asker_told(
    house: House, arguments: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.runner.runner.MAX_ATTEMPTS", 2)
    asked = message(house)
    job_id = enqueue(house, asked, *arguments)
    assert "多次尝试" in words(house.card(asked)) or "several attempts" in words(house.card(asked))
    assert job_id in {letter.job_id for letter in dead_letters.listed(house.redis)}
    house.quiet()
    assert len(house.feishu.cards(asked)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"data": b"not json"},
        {"data": b""},
        {"created_at": "yesterday"},
        {"data": b'["worker.jobs.no_such_job", null, [], {}]'},
        {"status": "odd"},
    ],
    ids=str,
)
def test_a_record_that_rq_cannot_read_ends_no_worker(
    house: House, broken: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.runner.runner.MAX_ATTEMPTS", 2)
    asked = message(house)
    queue = Queue("answer", connection=house.redis, serializer="json")
    job = queue.create_job("worker.jobs.answer", args=[{}], job_id=f"0000000000000002-{asked}")
    job.save()
    house.redis.hset(f"rq:job:{job.id}", mapping=broken)
    house.redis.hset(f"rq:job:{job.id}", "origin", "answer")
    house.redis.rpush("rq:queue:answer", job.id)
    until(lambda: job.id in {letter.job_id for letter in dead_letters.listed(house.redis)})
    after = house.ask("How do I revoke a Harbor access token?")
    assert "harbor token revoke" in words(house.card(after)), "the others are answered"


def test_what_this_release_keeps_the_first_can_read(house: House) -> None:
    """Its readers were dataclasses called with every field that stands there."""
    asked = house.ask("怎么清空 Harbor 的缓存？")
    house.card(asked)
    house.quiet()
    kept = json.loads(house.redis.get(f"fennel:answer:{asked}") or b"{}")
    assert kept["schema"] == SCHEMA
    assert kept["answer"].keys() == FIRST_ANSWER.keys()
    job_id = (house.redis.get(f"fennel:seen:{asked}") or b"").decode()
    data = rq_layout.call_of(house.redis.hget(f"rq:job:{job_id}", "data"))
    assert data[2][0].keys() == FIRST_RELEASE.keys()
    assert data[2][0]["mentions"][0].keys() == {"key", "open_id", "name"}
    assert json.loads(house.redis.hget(f"rq:job:{job_id}", "meta") or b"{}") == {"schema": SCHEMA}
    record = json.loads(house.redis.hget(f"fennel:sent:{asked}", "answer") or b"{}")
    assert record.keys() == {"state", "started", "message_id", "thread_id", "chat_id", "card_id"}


def test_what_another_release_kept_is_read(house: House) -> None:
    state = {**CardState().to_json(), "from_the_future": 1}
    raw = {"answer": {**FIRST_ANSWER, "mood": "good"}, "state": state, "chat_id": "oc_1", "schema": 99}
    house.redis.set("fennel:answer:om_old", json.dumps(raw))
    kept = kept_answers.find(house.redis, "om_old")
    assert kept is not None
    assert (kept.answer.outcome, kept.answer.late) == (Outcome.ANSWERED, 0.0)
    assert Answer.from_json(kept.answer.to_json()) == kept.answer
    assert Message.from_json({**FIRST_RELEASE, "new": 1}).to_json() == FIRST_RELEASE
