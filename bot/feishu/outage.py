"""Which interfaces refuse everybody just now, known to all processes: they are asked again politely.

A call that fails in a passing way for as long as it was patient says so here. From then on nobody calls that
interface until a moment that moves away as it goes on failing; then one caller tries, alone and once. Its
success ends the outage for all. "token" stands for every interface: without a token none can be called.

One hash in Redis (AWAY): interface -> {"since", "until", "failures", "why", "code"}.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import structlog
from redis import Redis

from bot.away import TOKEN, Away, read_away
from bot.clock import SYSTEM, Clock
from bot.errors import FeishuError
from bot.redis_keys import AWAY

log = structlog.get_logger(__name__)

FIRST_PAUSE = 1.0
"""Seconds after the second failure in a row; each further pause is twice as long. The first has none."""
SHORT = 2.0
"""Seconds that a caller rather waits than comes again."""
LONGEST_PAUSE = 60.0
PROBE_SECONDS = 15.0
"""How long one caller tries alone; another may when it has not come back by then."""
_WELL_SECONDS = 0.25
"""How long a process takes it to hold that nothing is away; what it finds out itself it knows at once."""

_CLAIM = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class Outages:
    """What all processes know of Feishu's faults. Methods raise redis.RedisError."""

    def __init__(
        self, redis: Redis, clock: Clock = SYSTEM, sleep: Callable[[float], None] | None = None
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._sleep = sleep or clock.sleep
        self._claim = redis.register_script(_CLAIM)
        self._well_until = 0.0

    def enter(self, interface: str, *, may_probe: bool = True) -> bool:
        """Before a call: whether it is the one that finds out if the interface is back.

        Without `may_probe` that is left to another. Raises FeishuError, which says when to come again, while
        the interface is not to be called.
        """
        if self._clock.monotonic() < self._well_until:
            return False
        found = self._redis.hgetall(AWAY.name)
        if not found:
            self._well_until = self._clock.monotonic() + _WELL_SECONDS
        raw, token = found.get(interface.encode()), found.get(TOKEN.encode())
        if interface != TOKEN and token is not None:
            self._refuse_before(TOKEN, read_away(token))
        if raw is None:
            return False
        away = read_away(raw)
        self._refuse_before(interface, away)
        if not may_probe:
            raise _error(interface, away, FIRST_PAUSE)
        trying = Away(**{**asdict(away), "until": self._clock.now() + PROBE_SECONDS})
        if not self._claim(keys=[AWAY.name], args=[interface, raw, _text(trying)]):
            raise _error(interface, away, FIRST_PAUSE)
        return True

    def failed(self, interface: str, why: str, code: int = 0, retry_after: float = 0.0) -> None:
        """An attempt failed in a passing way, and not for what was sent."""
        self._well_until = 0.0
        raw = self._redis.hget(AWAY.name, interface)
        now = self._clock.now()
        before = read_away(raw) if raw is not None else Away(now, now, 0, why, code)
        grown = FIRST_PAUSE * 2.0 ** min(before.failures - 1, 10) if before.failures else 0.0
        pause = max(retry_after, min(grown, LONGEST_PAUSE))
        away = Away(before.since, now + pause, before.failures + 1, why, code)
        with self._redis.pipeline() as pipeline:
            pipeline.hset(AWAY.name, interface, _text(away))
            pipeline.expire(AWAY.name, AWAY.seconds)
            pipeline.execute()
        if raw is None:
            log.error("feishu_away", interface=interface, why=why, code=code)

    def worked(self, interface: str) -> None:
        """An attempt during an outage succeeded: it is over."""
        if self._redis.hdel(AWAY.name, interface):
            log.warning("feishu_back", interface=interface)

    def not_tried(self, interface: str) -> None:
        """The attempt that was to find out came to nothing before it was made: another may."""
        raw = self._redis.hget(AWAY.name, interface)
        if raw is not None:
            again = {**asdict(read_away(raw)), "until": self._clock.now()}
            self._redis.hset(AWAY.name, interface, json.dumps(again))

    def may_try(self, interface: str) -> bool:
        """Whether an attempt is due: it is not away, or away for as long as was to be waited."""
        found = self._redis.hmget(AWAY.name, interface, TOKEN)
        return all(raw is None or self._clock.now() >= read_away(raw).until for raw in found)

    def is_over(self, interface: str) -> bool:
        """Whether everybody may call the interface again."""
        return not any(raw is not None for raw in self._redis.hmget(AWAY.name, interface, TOKEN))

    def _refuse_before(self, interface: str, away: Away) -> None:
        left = away.until - self._clock.now()
        if left > SHORT:
            raise _error(interface, away, left)
        if left > 0:
            self._sleep(left)


class Unheeded(Outages):
    """For whoever wants to know how Feishu is at this moment, such as the doctor: asks every time."""

    def enter(self, interface: str, *, may_probe: bool = True) -> bool:
        return False

    def failed(self, interface: str, why: str, code: int = 0, retry_after: float = 0.0) -> None:
        """Nothing: workers find out for themselves."""


def _error(interface: str, away: Away, seconds: float) -> FeishuError:
    return FeishuError(away.code, away.why, retriable=True, retry_after=seconds, away=interface)


def _text(away: Away) -> str:
    return json.dumps(asdict(away))
