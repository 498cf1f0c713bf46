"""The last turns of a conversation, in Redis: bounded, expiring, and erased when a message is taken back.

A conversation is a thread, a private chat, or, for a message in a group's main chat, what the same person
said to the bot there in the last minutes. A turn holds the question as it was asked and as it was understood;
answers are not kept here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from redis import Redis

from bot.events.events import Message
from bot.redis_keys import TALK, TALK_OF
from bot.stored import decoded, read_as, read_object

MOST_TURNS = 6
MOST_CHARACTERS = 1000
"""Of one turn's text."""
PRIVATE_SECONDS = 30 * 60
"""A private chat's turns are one conversation while no longer pause lies between them and the message."""
SPOKEN_SECONDS = 5 * 60
"""The same in a group's main chat, for one person."""


@dataclass(frozen=True)
class Turn:
    """One question to the bot."""

    id: str
    """Its message."""
    by: str
    """open_id of who asked."""
    text: str
    standalone: str
    """As it was understood after the turns before it; the same as `text` where it stood alone."""
    at: float
    """Unix seconds."""
    outcome: str = ""
    search: str = ""
    """What was searched for it, where that is another text than `standalone`."""


class History:
    """The conversations of all chats."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def before(self, message: Message, now: float | None = None) -> list[Turn]:
        """The turns that this message may go on from, oldest first. Raises redis.RedisError."""
        moment = time.time() if now is None else now
        if message.chat_type == "p2p":
            return self._recent(message.chat_id, moment - PRIVATE_SECONDS, message.message_id)
        if message.root_id:
            return self._recent(message.root_id, 0.0, message.message_id)
        return self._recent(_spoken(message), moment - SPOKEN_SECONDS, message.message_id)

    def add(self, message: Message, turn: Turn) -> None:
        """Adds a turn, once. Raises redis.RedisError."""
        text = json.dumps(asdict(_cut(turn)), ensure_ascii=False)
        talks = _talks(message)
        with self._redis.pipeline(transaction=False) as pipeline:
            for talk in talks:
                pipeline.lrange(TALK.of(talk), 0, -1)
            before = pipeline.execute()
        with self._redis.pipeline() as pipeline:
            for talk, rows in zip(talks, before, strict=True):
                for row in rows:
                    if read_object(row).get("id") == turn.id:
                        pipeline.lrem(TALK.of(talk), 0, row)
                pipeline.rpush(TALK.of(talk), text)
                pipeline.ltrim(TALK.of(talk), -MOST_TURNS, -1)
                pipeline.expire(TALK.of(talk), TALK.seconds)
            pipeline.sadd(TALK_OF.of(turn.id), *talks)
            pipeline.expire(TALK_OF.of(turn.id), TALK_OF.seconds)
            pipeline.execute()

    def forget(self, message_id: str) -> None:
        """Erases a message's turn, and its words from turns that went on from it. Raises redis.RedisError."""
        talks = [decoded(one) for one in self._redis.smembers(TALK_OF.of(message_id))]
        for talk in talks:
            turns = self._turns(talk)
            at = next((place for place, turn in enumerate(turns) if turn.id == message_id), None)
            if at is None:
                continue
            kept = turns[:at] + [replace(turn, standalone=turn.text, search="") for turn in turns[at + 1 :]]
            self._write(talk, kept)
        self._redis.delete(TALK_OF.of(message_id))

    def _recent(self, talk: str, since: float, own: str) -> list[Turn]:
        """The last turns without a longer pause; a message never goes on from itself."""
        return [turn for turn in self._turns(talk) if turn.at >= since and turn.id != own]

    def _turns(self, talk: str) -> list[Turn]:
        rows: Iterable[bytes] = self._redis.lrange(TALK.of(talk), 0, -1)  # type: ignore[assignment]
        return [turn for row in rows if (turn := read_as(Turn, row)) is not None]

    def _write(self, talk: str, turns: list[Turn]) -> None:
        with self._redis.pipeline() as pipeline:
            pipeline.delete(TALK.of(talk))
            for turn in turns:
                pipeline.rpush(TALK.of(talk), json.dumps(asdict(turn), ensure_ascii=False))
            pipeline.expire(TALK.of(talk), TALK.seconds)
            pipeline.execute()


def _talks(message: Message) -> list[str]:
    if message.chat_type == "p2p":
        return [message.chat_id]
    return [message.thread_key] if message.root_id else [message.thread_key, _spoken(message)]


def _spoken(message: Message) -> str:
    return f"{message.chat_id}:{message.sender_id}"


def _cut(turn: Turn) -> Turn:
    return replace(
        turn,
        text=turn.text[:MOST_CHARACTERS],
        standalone=turn.standalone[:MOST_CHARACTERS],
        search=turn.search[:MOST_CHARACTERS],
    )
