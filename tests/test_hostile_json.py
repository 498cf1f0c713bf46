"""JSON that is proven to come from Feishu and is a bomb all the same: refused or read, never a fault."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from redis import Redis
from rq.queue import Queue as RQQueue

from bot.events.events import Message
from bot.web.app import EVENT_PATH, create_app
from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, encrypt, signature
from tests.test_web import BOT, KEY, SETTINGS, push, question, queued

DEEP = 30_000
DIGITS = "9" * 6000
"""More than Python makes a number of."""


@pytest.fixture
def client(redis: Redis) -> Iterator[FlaskClient]:
    redis.set("fennel:bot:open_id", BOT)
    web = SETTINGS.web.model_copy(update={"max_body_bytes": 2_000_000})
    with create_app(SETTINGS.model_copy(update={"web": web}), redis).test_client() as client:
        yield client


def pushed(client: FlaskClient, text: str) -> int:
    """The status that a payload of this very text gets, sealed as Feishu seals it."""
    body = json.dumps({"encrypt": encrypt(text.encode("utf-8", "surrogatepass"), KEY)}).encode()
    stamp = str(int(time.time()))
    headers = {TIMESTAMP: stamp, NONCE: "n", SIGNATURE: signature(stamp, "n", KEY, body)}
    return client.post(EVENT_PATH, headers=headers, data=body).status_code


def with_field(name: str, value: str) -> str:
    """A question whose field of this name is the JSON that `value` spells."""
    payload = question("how?", "om_bomb")
    place = payload["event"]["message"] if name in payload["event"]["message"] else payload["event"]
    place[name] = "BOMB"
    return json.dumps(payload).replace('"BOMB"', value)


BOMBS = {
    "nested": "[" * DEEP + "]" * DEEP,
    "nested objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "a long number": DIGITS,
    "a large power": "1e999999",
    "not a number": "NaN",
    "infinity": "-Infinity",
    "a float of many digits": "0." + DIGITS,
    "a nested text": json.dumps("[" * DEEP),
    "a text with a nested text": json.dumps(json.dumps({"text": "[" * DEEP})),
    "a long number in a text": json.dumps('{"text": ' + DIGITS + "}"),
    "half a character": '"\\ud800"',
    "a key a thousand times": "{" + ",".join(['"text":"x"'] * 1000) + "}",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("field", ["content", "create_time", "mentions", "message_id", "sender"])
def test_a_bomb_in_a_push_is_refused_or_read(
    client: FlaskClient, redis: Redis, field: str, bomb: str
) -> None:
    assert pushed(client, with_field(field, BOMBS[bomb])) in (200, 400, 401)
    assert push(client, question("how?", "om_after")) == (200, {})
    assert queued(redis)[-1] == "worker.jobs.answer"


def test_a_field_that_stands_twice_is_one_message(client: FlaskClient, redis: Redis) -> None:
    text = json.dumps(question("how?", "om_1")).replace('"om_1"', '"om_0", "message_id": "om_1"')
    assert pushed(client, text) == 200
    assert push(client, question("how?", "om_1")) == (200, {})
    assert queued(redis) == ["worker.jobs.answer"]


@pytest.mark.slow
def test_ten_thousand_mentions_are_read_like_one(client: FlaskClient, redis: Redis) -> None:
    payload = question("how?")
    message = payload["event"]["message"]
    numbers = range(2, 10_000)
    message["mentions"] += [
        {"key": f"@_user_{number}", "id": {"open_id": f"ou_{number}"}, "name": f"N{number}"}
        for number in numbers
    ]
    text = "@_user_1 " + "".join(f"@_user_{number}" for number in numbers) + "3090 how?"
    message["content"] = json.dumps({"text": text})
    assert push(client, payload) == (200, {})
    assert queued(redis) == ["worker.jobs.answer"]
    (job,) = RQQueue("answer", connection=redis, serializer="json").jobs
    read = Message.from_json(job.args[0])
    assert read.text_without(BOT) == "".join(f"@N{number}" for number in numbers) + "3090 how?"
