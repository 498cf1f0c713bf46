"""Whether questions can be answered right now, for /readyz, /metrics and `python -m bot doctor`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bot.queue.queue import ANSWER_QUEUE, live_workers
from bot.redis_keys import BOT_OPEN_ID, DEGRADED, INDEX_VERSION, TOKEN_PROBLEM


@dataclass(frozen=True)
class Readiness:
    """What is there and what is missing."""

    redis: bool
    bot: bool
    """A worker has learned the bot's own open_id."""
    token: bool
    """Feishu gives a token: the last attempt to get one did not fail."""
    workers: int
    """Answering processes that are alive; each holds an engine."""
    index_version: str
    """Empty when no version is published."""
    degraded: str
    """Why a lesser engine answers; empty when none does."""
    token_problem: str = ""
    """Why Feishu gives no token; empty when it gives one."""

    @property
    def ready(self) -> bool:
        """Whether a question pushed now would be answered (perhaps in a degraded way)."""
        return self.redis and self.bot and self.token and self.workers > 0 and bool(self.index_version)

    def to_json(self) -> dict[str, Any]:
        """For /readyz."""
        return {"ready": self.ready, **asdict(self)}


def check_readiness(connection: Redis) -> Readiness:
    """Asks Redis, which every part reports to. An unreachable Redis is an answer, not an error."""
    try:
        bot, version, degraded, problem = connection.mget(
            BOT_OPEN_ID.name, INDEX_VERSION.name, DEGRADED.name, TOKEN_PROBLEM.name
        )
        workers = live_workers(connection, ANSWER_QUEUE)
    except RedisError:
        return Readiness(redis=False, bot=False, token=False, workers=0, index_version="", degraded="")
    return Readiness(
        redis=True,
        bot=bool(bot),
        token=not problem,
        workers=workers,
        index_version=_words(version),
        degraded=_words(degraded),
        token_problem=_words(problem),
    )


def _words(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
