"""Jobs that wait for something other than a worker: for a time, or for an interface of Feishu's to be back.

A job that Feishu refuses in a passing way raises Postpone. It is put aside in Redis, outlives every process,
takes no thread and no attempt, and keeps its place in its thread: RQ's rate limit counts it as queued. What
waits for a time comes back at that time. What waits for an interface comes back when that is known to work:
all at once then, and until then one job at a time, whenever an attempt is due (bot/feishu/outage.py); one
that failed goes to the end of those who wait, so that no single message stands in the way of all.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from redis import Redis
from rq.queue import Queue

from bot.clock import SYSTEM, Clock
from bot.feishu.outage import Outages
from bot.queue.rq_layout import JOB_PREFIX
from bot.redis_keys import WAITING, WAITING_FOR, WAITING_SINCE, WAITS_FOR
from bot.stored import decoded

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Jobs that come back in one step."""
FIRST_PAUSE = 5.0
"""Seconds that a job waits when nobody says how long; each further time twice as long."""
LONGEST_PAUSE = 600.0
LOOK_INTERVAL = 0.5
"""Seconds, of the machine's, between looks at what is due."""

# KEYS: waiting jobs, queue.  ARGV: latest score, how many, prefix of jobs
_COME_BACK = """
local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
for place = #due, 1, -1 do
  redis.call('ZREM', KEYS[1], due[place])
  if redis.call('HGET', ARGV[3] .. due[place], 'status') == 'queued' then
    redis.call('LPUSH', KEYS[2], due[place])
  end
end
return #due
"""


class HandBack(Exception):
    """The worker is stopping: the job goes back to its queue and does not count as tried."""


class PoisonJob(Exception):
    """The job was begun too often; every try failed or took its process down."""


class Postpone(Exception):
    """The job cannot go on now and can later: it waits, and that does not count as an attempt."""

    def __init__(self, why: str, *, seconds: float = 0.0, interface: str = "") -> None:
        super().__init__(why)
        self.seconds = seconds
        """How long to wait at least; 0 when nobody knows."""
        self.interface = interface
        """What it waits for; empty: for time to pass."""


class GiveUp(Exception):
    """The job can never succeed: it is parked without another attempt."""


@dataclass(frozen=True)
class Aside:
    """Where a job is put aside."""

    key: str
    score: float


class Waiting:
    """The jobs of one queue that wait. Methods raise redis.RedisError."""

    def __init__(self, redis: Redis, queue: Queue, outages: Outages | None, clock: Clock = SYSTEM) -> None:
        self.redis = redis
        self.queue = queue
        self.outages = outages
        self.clock = clock
        self._come_back = redis.register_script(_COME_BACK)
        self._looked = 0.0

    def since(self, job_id: str) -> float:
        """Seconds of the clock for which the job has been waiting, all its waits together."""
        first = self.redis.hget(WAITING_SINCE.of(job_id), "since")
        return max(0.0, self.clock.now() - float(first)) if first is not None else 0.0

    def place_for(self, job_id: str, wish: Postpone) -> Aside:
        """Where a job goes that asks to wait. The caller moves it there in one step."""
        key = WAITING_SINCE.of(job_id)
        with self.redis.pipeline() as pipeline:
            pipeline.hsetnx(key, "since", self.clock.now())
            pipeline.hincrby(key, "times", 1)
            pipeline.expire(key, WAITING_SINCE.seconds)
            if wish.interface:
                pipeline.sadd(WAITS_FOR.of(self.queue.name), wish.interface)
            times = int(pipeline.execute()[1])
        if wish.interface:
            return Aside(WAITING_FOR.of(f"{self.queue.name}:{wish.interface}"), self.clock.now())
        grown = min(FIRST_PAUSE * 2.0 ** min(times - 1, 10), LONGEST_PAUSE)
        return Aside(WAITING.of(self.queue.name), self.clock.now() + (wish.seconds or grown))

    def come_back(self) -> int:
        """Puts what need not wait any longer back to the front of the queue; returns how many."""
        if time.monotonic() - self._looked < LOOK_INTERVAL:
            return 0
        self._looked = time.monotonic()
        back = self._take(WAITING.of(self.queue.name), str(self.clock.now()))
        if self.outages is None:
            return back
        for name in self.redis.smembers(WAITS_FOR.of(self.queue.name)):
            interface = decoded(name)
            key = WAITING_FOR.of(f"{self.queue.name}:{interface}")
            if self.outages.is_over(interface):
                back += self._take(key, "+inf")
            elif self.outages.may_try(interface):
                back += self._take(key, "+inf", 1)
        return back

    def forget(self, job_id: str) -> None:
        """The job has ended."""
        self.redis.delete(WAITING_SINCE.of(job_id))

    def _take(self, key: str, latest: str, count: int = AT_ONCE) -> int:
        arguments: list[str | int] = [latest, count, JOB_PREFIX]
        return int(self._come_back(keys=[key, self.queue.key], args=arguments))
