"""What the webhook notes of messages in Redis beside their jobs: who asks in which thread, what one person
says in a row, and why a message was ignored.

So a follow-up in a thread needs no new mention, three messages of five words become one question, and
`python -m bot explain` has a reason for each message. What is asked is written by the script that queues its
job (bot/queue/submit.lua), since the job must find it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import QueueUnavailable
from bot.events.events import Message
from bot.redis_keys import ASKERS, IGNORED, PARTS
from bot.stored import read_as
from bot.talk.whole import goes_on, is_whole

CONTINUES_SECONDS = 8.0
"""How soon after a message to the bot the next one of the same person belongs to it."""
FOLLOWS = frozenset({"follow_up", "continues"})
"""Why a message that does not name the bot is meant for it: see `Said.follows`."""
MOST_PARTS = 20
LONGEST_PART = 4000


@dataclass(frozen=True)
class Noted:
    """What is kept of a message beside its job: Redis keys and a value for them."""

    askers: str
    """The set of who asks in its thread; empty in a private chat."""
    row: str
    """The list of what its sender says in a row."""
    part: str
    """A Part as JSON."""


@dataclass(frozen=True)
class Part:
    """One message of several in a row."""

    id: str
    text: str
    """Empty where it was taken back: what follows within the seconds stands in its place."""
    at: float
    """Unix seconds, by Feishu's clock."""
    named: bool = False
    """It mentions the bot, in a group: it begins something unless it is only a piece."""


class Said:
    """One for each process; safe to share between threads."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def follows(self, message: Message) -> str:
        """Why a message without a mention is meant for the bot; empty where it is not.

        What was found when it was taken holds.

        "follow_up": in a thread where its sender asked the bot; "continues": seconds after its sender's last
        message to the bot. Raises QueueUnavailable.
        """
        if message.meant:
            return message.meant
        try:
            if message.root_id:
                asked = self._redis.sismember(ASKERS.of(message.root_id), message.sender_id)
                return "follow_up" if asked else ""
            before = [part for part in self.parts(message) if part.id != message.message_id]
            return "continues" if before and self._belongs(message, before[-1]) else ""
        except RedisError as error:
            raise QueueUnavailable("Redis does not say who asked in this thread") from error

    def _belongs(self, message: Message, last: Part) -> bool:
        soon = abs(message.create_time / 1000 - last.at) <= CONTINUES_SECONDS
        whole = is_whole(message.text) and is_whole(last.text)
        return soon and (goes_on(message.text) or not whole)

    def parts(self, message: Message) -> list[Part]:
        """What its sender said to the bot in the same place in the last minute, oldest first. Raises
        redis.RedisError."""
        rows: list[bytes] = self._redis.lrange(PARTS.of(row_of(message)), 0, -1)  # type: ignore[assignment]
        return sorted((part for row in rows if (part := read_as(Part, row))), key=lambda part: part.at)

    def note_ignored(self, message: Message, reason: str) -> None:
        """Keeps the reason for `explain` and /why, without text. A Redis that is away loses it."""
        entry = {"reason": reason, "chat_id": message.chat_id, "at": time.time()}
        try:
            self._redis.set(IGNORED.of(message.message_id), json.dumps(entry), ex=IGNORED.seconds)
        except RedisError:
            return


def noted(message: Message, text: str, *, named: bool) -> Noted:
    """What is kept of a message that asks something; `named`: it mentions the bot, in a group."""
    part = Part(message.message_id, text[:LONGEST_PART], message.create_time / 1000, named)
    askers = ASKERS.of(message.thread_key) if message.chat_type != "p2p" else ""
    return Noted(askers, PARTS.of(row_of(message)), json.dumps(vars(part), ensure_ascii=False))


def row_of(message: Message) -> str:
    """What one person says in one place: in a private chat, a thread, or a group's main chat."""
    place = message.root_id if message.chat_type != "p2p" and message.root_id else message.chat_id
    return f"{place}:{message.sender_id}"
