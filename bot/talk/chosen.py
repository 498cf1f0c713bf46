"""What admins chose for their group from chat; it lies over config.yaml until it is reset there.

Every process reads it from Redis, at most once a second, so that a choice holds everywhere within a second
and needs no restart. Only what is harmless to change from chat can be chosen: who is an admin is not.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import structlog
from pydantic import ValidationError
from redis import Redis
from redis.exceptions import RedisError

from bot.config.settings import GroupSettings
from bot.errors import QueueUnavailable
from bot.redis_keys import CHOSEN
from bot.stored import decoded, read_object

log = structlog.get_logger(__name__)

NAMES = ("reply_to", "language", "point", "work_time", "experts")
"""Settings of a group that can be chosen."""
QUIET = "quiet_until"
_FRESH = 1.0
"""Seconds that what was read is taken to hold."""


class Chosen:
    """The choices of all groups; satisfies bot.config.settings.Choices. Safe to share between threads."""

    def __init__(self, redis: Redis, *, strict: bool = False) -> None:
        """`strict`: a Redis that is away is QueueUnavailable; otherwise what was read last goes on."""
        self._redis = redis
        self._strict = strict
        self._lock = threading.Lock()
        self._groups: dict[str, dict[str, Any]] = {}
        self._again = 0.0

    def over(self, chat_id: str, group: GroupSettings) -> GroupSettings:
        """The group's settings with what was chosen over them. Raises QueueUnavailable where strict."""
        chosen = self.of(chat_id)
        if not (own := chosen and {name: chosen[name] for name in NAMES if name in chosen}):
            return group
        try:
            return GroupSettings(**{**group.model_dump(), **own})
        except ValidationError:
            log.warning("choice_unreadable", chat_id=chat_id)
            return group

    def quiet_until(self, chat_id: str) -> float:
        """Unix seconds until which the group wants to hear nothing; 0 for none."""
        value = self.of(chat_id).get(QUIET)
        return float(value) if isinstance(value, int | float) else 0.0

    def of(self, chat_id: str) -> dict[str, Any]:
        """What was chosen in one chat, by name. Raises QueueUnavailable where strict."""
        if time.monotonic() >= self._again:
            self._read()
        return self._groups.get(chat_id, {})

    def choose(self, chat_id: str, name: str, value: Any) -> None:
        """Writes one choice, `value` as JSON. Raises redis.RedisError."""
        self._write(chat_id, {**self._now(chat_id), name: value})

    def reset(self, chat_id: str, name: str = "") -> None:
        """Takes one choice, or all of a chat, back. Raises redis.RedisError."""
        left = {key: value for key, value in self._now(chat_id).items() if name and key != name}
        self._write(chat_id, left)

    def _now(self, chat_id: str) -> dict[str, Any]:
        return read_object(self._redis.hget(CHOSEN.name, chat_id))

    def _write(self, chat_id: str, choices: dict[str, Any]) -> None:
        if choices:
            self._redis.hset(CHOSEN.name, chat_id, json.dumps(choices, ensure_ascii=False))
        else:
            self._redis.hdel(CHOSEN.name, chat_id)
        self._again = 0.0

    def _read(self) -> None:
        with self._lock:
            if time.monotonic() < self._again:
                return
            try:
                found = self._redis.hgetall(CHOSEN.name)
                self._groups = {decoded(chat): read_object(raw) for chat, raw in found.items()}
            except RedisError as error:
                if self._strict:
                    raise QueueUnavailable("Redis does not say what the groups chose") from error
            self._again = time.monotonic() + _FRESH
