"""What was read from the web lately, in Redis, for all workers.

It only saves work: when Redis is away pages are read again, and a line in the log says so. (`python -m bot
ask` runs without Redis on purpose.)
"""

from __future__ import annotations

import json
from typing import Any, Protocol

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot.stored import read_object

log = structlog.get_logger(__name__)


class Cache(Protocol):
    """Where what was read is kept."""

    def get(self, key: str) -> dict[str, Any] | None:
        """The value put under `key`; None where there is none, or nothing that can be read."""

    def put(self, key: str, value: dict[str, Any], seconds: int) -> None:
        """Keeps a value for so many seconds."""


class Memory:
    """For one reading of one site: nothing is kept after it."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        """The value put under `key`, None where there is none."""
        return self._values.get(key)

    def put(self, key: str, value: dict[str, Any], seconds: int) -> None:
        """Keeps a value."""
        self._values[key] = value


class WebCache:
    """JSON values that expire."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def get(self, key: str) -> dict[str, Any] | None:
        """The value put under `key`, None where there is none."""
        try:
            found = self._redis.get(key)
        except RedisError as error:
            log.warning("web.cache_away", error=type(error).__name__)
            return None
        return read_object(found) or None

    def put(self, key: str, value: dict[str, Any], seconds: int) -> None:
        """Keeps a value for so many seconds."""
        try:
            self._redis.set(key, json.dumps(value), ex=seconds)
        except RedisError as error:
            log.warning("web.cache_away", error=type(error).__name__)
