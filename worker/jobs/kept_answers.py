"""Finished answers, kept so that a pressed button can draw the card anew and a resumed job can finish it.

An answer is written here before its card is finished: a worker that dies in between leaves the next one
nothing to generate, only the same cards to send under the same keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis

from bot.answer import Answer, CardState
from bot.redis_keys import ANSWER
from bot.stored import SCHEMA

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Kept:
    """An answer, what people did with its card since, and where it was asked."""

    answer: Answer
    state: CardState
    chat_id: str

    def to_json(self) -> dict[str, Any]:
        """Small JSON."""
        return {
            "schema": SCHEMA,
            "answer": self.answer.to_json(),
            "state": self.state.to_json(),
            "chat_id": self.chat_id,
        }


def keep(redis: Redis, message_id: str, kept: Kept, seconds: int = ANSWER.seconds) -> None:
    """Writes it, for so many seconds. Raises redis.RedisError."""
    redis.set(ANSWER.of(message_id), text_of(kept), ex=seconds)


def text_of(kept: Kept) -> str:
    """What is written for it."""
    return json.dumps(kept.to_json(), ensure_ascii=False)


def find(redis: Redis, message_id: str) -> Kept | None:
    """What was kept for a question, None when there is nothing (any more), or nothing that can be read."""
    return read(message_id, redis.get(ANSWER.of(message_id)))


def read(message_id: str, raw: bytes | str | None) -> Kept | None:
    """The same of what stands in Redis."""
    if raw is None:
        return None
    try:
        data = json.loads(raw)
        return Kept(Answer.from_json(data["answer"]), CardState.from_json(data["state"]), data["chat_id"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        log.warning("kept_answer_unreadable", message_id=message_id, error=type(error).__name__)
        return None
