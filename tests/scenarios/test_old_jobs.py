"""Jobs that an earlier release queued are answered by this one: an update loses no question."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Queue

from tests.house import House, until, words

pytestmark = pytest.mark.slow

MESSAGE = {
    "message_id": "",
    "chat_id": "oc_demo",
    "chat_type": "group",
    "thread_id": "",
    "root_id": "",
    "parent_id": "",
    "sender_id": "ou_alice",
    "sender_type": "user",
    "message_type": "text",
    "text": "@_user_1 升级 harbor-server 之前要备份吗",
    "mentions": [{"key": "@_user_1", "open_id": "ou_fennel_bot", "name": "茴香"}],
    "mention_all": False,
    "create_time": 1764115200000,
    "event_id": "5e3702a84e847582be8db7fb73283c02",
}
"""The argument of worker.jobs.answer as the release of 7a202bd wrote it."""


@pytest.fixture
def asked(house: House) -> Iterator[str]:
    """A question whose push went to the earlier release: this one is never told of it."""
    push_to, house.feishu.pushes.push_to = house.feishu.pushes.push_to, ""
    yield house.ask("升级 harbor-server 之前要备份吗")
    house.feishu.pushes.push_to = push_to


def queue(redis: Redis) -> Queue:
    return Queue("answer", connection=redis, serializer="json")


def test_a_queued_question_is_answered(house: House, asked: str) -> None:
    message = json.loads(json.dumps({**MESSAGE, "message_id": asked}))
    queue(house.redis).enqueue("worker.jobs.answer", message)
    assert "备份" in words(house.card(asked))


def test_the_other_jobs_are_taken_under_their_old_names(house: House, asked: str) -> None:
    message = {**MESSAGE, "message_id": asked}
    command = queue(house.redis).enqueue(
        "worker.jobs.command", {**message, "text": "@_user_1 /help"}, "help", ""
    )
    until(lambda: command.get_status(refresh=True) == "finished")
    recall = {"message_id": asked, "chat_id": "oc_demo", "recall_type": "message_owner"}
    taken = queue(house.redis).enqueue("worker.jobs.recall", recall)
    until(lambda: taken.get_status(refresh=True) == "finished")
    press = {
        "event_id": "e1",
        "operator_id": "ou_alice",
        "message_id": "om_card",
        "chat_id": "oc_demo",
        "token": "",
        "value": {"kind": "helpful", "message_id": asked, "asker": "ou_alice", "mac": "0" * 32},
        "form": {},
        "name": "",
        "tag": "button",
    }
    pressed = queue(house.redis).enqueue("worker.jobs.feedback", press)
    until(lambda: pressed.get_status(refresh=True) == "finished")
    assert pressed.return_value() == "refused", "it is read, and its signature is not ours"
