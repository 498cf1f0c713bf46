"""Who said something in a listening group in the last minutes, without their words: whether people talk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import QueueUnavailable
from bot.events.events import Message
from bot.redis_keys import HEARD
from bot.stored import read_as

_MOST = 20


@dataclass(frozen=True)
class Heard:
    """One message in a group."""

    id: str
    by: str
    at: float
    """Unix seconds, by Feishu's clock."""
    to: str = ""
    """The message it replies to."""


def note_heard(redis: Redis, message: Message) -> None:
    """Notes a message. Raises QueueUnavailable."""
    said = Heard(message.message_id, message.sender_id, message.create_time / 1000, message.parent_id)
    key = HEARD.of(message.chat_id)
    try:
        with redis.pipeline(transaction=False) as pipeline:
            pipeline.lpush(key, json.dumps(asdict(said)))
            pipeline.ltrim(key, 0, _MOST - 1)
            pipeline.expire(key, HEARD.seconds)
            pipeline.execute()
    except RedisError as error:
        raise QueueUnavailable("Redis did not take the message") from error


def heard(redis: Redis, chat_id: str) -> list[Heard]:
    """What was said in a chat lately, newest first. Raises redis.RedisError."""
    rows = redis.lrange(HEARD.of(chat_id), 0, -1)
    found = {one.id: one for row in rows if (one := read_as(Heard, row))}
    return sorted(found.values(), key=lambda one: -one.at)
