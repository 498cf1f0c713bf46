"""Feishu's rate limits, kept before they are hit, over all processes.

Each limit is a sliding window in Redis: the times of the last N operations. A caller reserves the next free
slot and sleeps until it comes, so that waiting callers go in the order they asked and nobody polls. When
Feishu names a limit all the same (99991400 with x-ogw-ratelimit-reset, 230020), `hold` makes every process
wait it out.

Limits by im-v1/message (send, reply, patch) and cardkit-v1: 5 messages a second in a group, shared by all
bots in it; 5 patches a second of one message; 10 operations a second on one card entity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from redis import Redis

from bot.clock import SYSTEM, Clock
from bot.redis_keys import HOLD, PACE

WINDOW = 1.1
"""Seconds a limit's second is taken as: calls bunch up on their way to Feishu."""

_RESERVE = """
local clock = redis.call('TIME')
local patience = tonumber(ARGV[2])
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[3])
local slot, latest_limit = now, 0
for number = 1, #KEYS / 2 do
  local taken, held = KEYS[2 * number - 1], KEYS[2 * number]
  local window = tonumber(ARGV[3 + 2 * number]) * tonumber(ARGV[1])
  local oldest = tonumber(redis.call('LINDEX', taken, ARGV[2 + 2 * number] - 1) or 0)
  local latest = tonumber(redis.call('LINDEX', taken, 0) or 0)
  local free = math.max(tonumber(redis.call('GET', held) or 0), latest, oldest + window)
  if free > slot then slot, latest_limit = free, number end
end
local wait = slot - now
if wait > patience then return {latest_limit, wait} end
for number = 1, #KEYS / 2 do
  local taken = KEYS[2 * number - 1]
  redis.call('LPUSH', taken, slot)
  redis.call('LTRIM', taken, 0, ARGV[2 + 2 * number] - 1)
  local window = tonumber(ARGV[3 + 2 * number]) * tonumber(ARGV[1])
  redis.call('PEXPIRE', taken, wait + window)
end
return {0, wait}
"""
_HOLD = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[2])
local until_time = now + tonumber(ARGV[1])
if until_time > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], until_time, 'PX', ARGV[1])
end
return 1
"""


@dataclass(frozen=True)
class Limit:
    """So many operations on one thing in a second, or in a longer window."""

    name: str
    """What is limited, such as 'chat:oc_1'; the Redis keys carry it."""
    per_second: int
    """Operations in one window; a window is a second where `seconds` says no more."""
    gateway: bool = False
    """Whether the API gateway sets it for an interface as a whole, rather than the thing itself."""
    seconds: int = 1
    """Length of the window."""


def interface_limit(interface: str) -> Limit:
    """Calls of one interface by one app: level 4 of the API call guide."""
    return Limit(f"api:{interface}", 50, gateway=True)


def chat_limit(chat_id: str) -> Limit:
    """Messages into one group."""
    return Limit(f"chat:{chat_id}", 5)


def message_limit(message_id: str) -> Limit:
    """Patches of one message."""
    return Limit(f"message:{message_id}", 5)


def card_limit(card_id: str) -> Limit:
    """Operations on one card entity."""
    return Limit(f"card:{card_id}", 10)


class Pacer:
    """Keeps the callers of all processes within Feishu's limits."""

    def __init__(
        self, redis: Redis, *, sleep: Callable[[float], None] | None = None, clock: Clock = SYSTEM
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._sleep = sleep or clock.sleep
        self._reserve = redis.register_script(_RESERVE)

    def wait(self, *limits: Limit, patience: float) -> tuple[Limit, float] | None:
        """Sleeps until one operation is allowed under all of `limits`.

        Returns None then. At once, with no slot taken, the limit that would take over `patience` seconds, and
        how many.
        """
        if not limits:
            return None
        refused_by, milliseconds = self._reserve(
            keys=[key.of(limit.name) for limit in limits for key in (PACE, HOLD)],
            args=[
                int(WINDOW * 1000),
                int(max(patience, 0.0) * 1000),
                int(self._clock.ahead * 1000),
                *(number for limit in limits for number in (limit.per_second, limit.seconds)),
            ],
        )
        if refused_by:
            return limits[int(refused_by) - 1], milliseconds / 1000
        if milliseconds > 0:
            self._sleep(milliseconds / 1000)
        return None

    def hold(self, limit: Limit, seconds: float) -> None:
        """Nobody starts an operation under `limit` for so many seconds."""
        ahead = int(self._clock.ahead * 1000)
        self._redis.eval(_HOLD, 1, HOLD.of(limit.name), max(int(seconds * 1000), 1), ahead)
