"""Whether questions can be answered right now, for /readyz and `python -m bot doctor`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bot.intake import BOT_OPEN_ID_KEY
from bot.queue import ANSWER_QUEUE, live_workers

INDEX_VERSION_KEY = "fennel:index:version"
DEGRADED_KEY = "fennel:engine:degraded"
"""Set by a worker, with the reason as its value, while a lesser engine answers."""


@dataclass(frozen=True)
class Readiness:
    """What is there and what is missing."""

    redis: bool
    bot: bool
    """A worker has fetched a token and learned the bot's own open_id."""
    workers: int
    """Answering processes that are alive."""
    index_version: str
    """Empty when no version is published."""
    degraded: str
    """Why a lesser engine answers; empty when none does."""

    @property
    def ready(self) -> bool:
        """Whether a question pushed now would be answered (perhaps in a degraded way)."""
        return self.redis and self.bot and self.workers > 0 and bool(self.index_version)

    def to_json(self) -> dict[str, Any]:
        """For /readyz."""
        return {"ready": self.ready, **asdict(self)}


def check_readiness(connection: Redis) -> Readiness:
    """Asks Redis, which every part reports to. An unreachable Redis is an answer, not an error."""
    try:
        bot, version, degraded = connection.mget(BOT_OPEN_ID_KEY, INDEX_VERSION_KEY, DEGRADED_KEY)
        workers = live_workers(connection, ANSWER_QUEUE)
    except RedisError:
        return Readiness(redis=False, bot=False, workers=0, index_version="", degraded="")
    return Readiness(True, bool(bot), workers, _words(version), _words(degraded))


def _words(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
