"""What a question would meet that was pushed now, for /readyz, /metrics and `python -m bot doctor`."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bot.away import NEEDED, present
from bot.queue.queue import serving
from bot.redis_keys import BOT_OPEN_ID, DEGRADED, PROBE, TOKEN_PROBLEM
from bot.stored import decoded


@dataclass(frozen=True)
class Readiness:
    """What is there and what is missing."""

    redis: bool
    """Redis answers, and takes a write."""
    bot: bool
    """A worker has learned the bot's own open_id."""
    token: bool
    """Feishu gives a token: the last attempt to get one did not fail."""
    workers: int
    """Answering processes that gave a sign of life in the last ten seconds; each holds an engine."""
    index_version: str
    """What the workers answer from; several while they swap, empty when none of them has any."""
    degraded: str
    """Why a lesser engine answers; empty when none does."""
    token_problem: str = ""
    """Why Feishu gives no token; empty when it gives one."""
    away: str = ""
    """What Feishu takes from nobody just now, and why; empty when it takes answers."""
    redis_problem: str = ""
    """Why Redis cannot be used; empty when it can."""

    @property
    def ready(self) -> bool:
        """Whether a question pushed now would be answered (perhaps in a degraded way)."""
        here = self.redis and self.bot and self.token and not self.away
        return here and self.workers > 0 and bool(self.index_version)

    def to_json(self) -> dict[str, Any]:
        """For /readyz."""
        return {"ready": self.ready, **asdict(self)}


def check_readiness(connection: Redis) -> Readiness:
    """Asks Redis, which every part reports to. An unreachable Redis is an answer, not an error."""
    try:
        connection.set(PROBE.name, "1", ex=PROBE.seconds)
        bot, degraded, problem = connection.mget(BOT_OPEN_ID.name, DEGRADED.name, TOKEN_PROBLEM.name)
        workers = serving(connection)
        outages = present(connection, time.time())
    except RedisError as error:
        why = f"{type(error).__name__}: {error}"[:200]
        return Readiness(False, False, False, 0, "", "", redis_problem=why)
    away = [f"{name}: {outages[name].why}" for name in sorted(NEEDED & outages.keys())]
    return Readiness(
        redis=True,
        bot=bool(bot),
        token=not problem,
        workers=len(workers),
        index_version=", ".join(sorted({version for version in workers.values() if version})),
        degraded=decoded(degraded),
        token_problem=decoded(problem),
        away="; ".join(away),
    )
