"""Which interfaces of Feishu's refuse everybody just now, as it is read.

bot/feishu/outage.py writes it; /readyz and /metrics, which load nothing of the outbound side, read it here.
"""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from bot.redis_keys import AWAY
from bot.stored import decoded, read_object

TOKEN = "token"  # noqa: S105  # nosec B105
"""Stands for every interface: without a token none can be called."""
NEEDED = frozenset(
    {TOKEN, "im.message.reply", "im.message.patch", "cardkit.card.update", "cardkit.card.settings"}
)
"""The interfaces without which no answer gets out."""
STALE = 300.0
"""Seconds after the next attempt was due from which nothing is known any more."""


@dataclass(frozen=True)
class Away:
    """One interface that refuses everybody."""

    since: float
    """Unix seconds."""
    until: float
    """When it may be tried again."""
    failures: int
    why: str
    """A sentence for an operator."""
    code: int = 0


def present(redis: Redis, now: float) -> dict[str, Away]:
    """The outages that are known of at `now`, Unix seconds, by interface. Raises redis.RedisError."""
    found = {decoded(name): read_away(raw) for name, raw in redis.hgetall(AWAY.name).items()}
    return {name: away for name, away in found.items() if now < away.until + STALE}


def read_away(raw: bytes | str) -> Away:
    """What stands there; something unreadable counts as an outage that may be looked at now."""
    try:
        data = read_object(raw)
        return Away(
            since=float(data["since"]),
            until=float(data["until"]),
            failures=int(data["failures"]),
            why=str(data["why"]),
            code=int(data.get("code", 0)),
        )
    except (ValueError, TypeError, KeyError):
        return Away(0.0, 0.0, 0, "unknown")
