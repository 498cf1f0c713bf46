"""A lease: two workers never answer one message, whatever the queue hands out twice.

The lease names its holder (worker and run) and has no clock of its own: it holds for as long as that worker
lives (worker.runner.liveness) and runs that run. A job that finds it taken waits; when the holder dies it
takes over, and the record of what was sent tells it where to go on.

A run may have ended and its lease be there still: Redis was away when it was given back, or was killed
before it had written that down. Only the holder knows, so who waits asks it, and it looks at every beat.
A lease that is gone was taken over and given back, unless nothing else is left of the message: then Redis was
emptied, and the run that goes on is the only one that can still end what it began.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from bot.redis_keys import LEASE, LEASE_ASKED
from bot.stored import decoded
from worker.runner.liveness import Liveness

POLL = 0.2
_SWAP = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) and 1 end
return 0
"""
_WRITE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[i], 'EX', ARGV[2]) end
return 1
"""
_AGAIN = """
for i = 1, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class LeaseTaken(Exception):
    """Somebody alive holds the lease for longer than one answer can take."""


class Leases:
    """Hands out leases in the name of one worker."""

    def __init__(self, redis: Redis, liveness: Liveness) -> None:
        self.redis = redis
        self.liveness = liveness
        self._active: set[str] = set()
        self._swap = redis.register_script(_SWAP)
        self._release = redis.register_script(_RELEASE)
        self._write = redis.register_script(_WRITE)
        self._again = redis.register_script(_AGAIN)

    @contextmanager
    def take(self, subject: str, *, wait: float) -> Iterator[Lease]:
        """Holds the lease on `subject` inside the context.

        Waits up to `wait` seconds for a living holder. Raises LeaseTaken, redis.RedisError.
        """
        run = secrets.token_hex(6)
        lease = Lease(self, LEASE.of(subject), f"{self.liveness.name} {run}")
        self._active.add(run)
        try:
            until = time.monotonic() + wait
            while not self._try(lease):
                if time.monotonic() > until:
                    raise LeaseTaken(subject)
                time.sleep(POLL)
            yield lease
        except BaseException:
            with suppress(RedisError):  # what the run raised says more; `settle` gives it back later
                lease.release()
            raise
        finally:
            self._active.discard(run)
        lease.release()

    def settle(self) -> None:
        """Gives back what others wait for and no run here holds. Raises redis.RedisError."""
        asked = self.redis.smembers(LEASE_ASKED.of(self.liveness.name))
        for key in cast("set[bytes]", asked):
            held = self.redis.get(key)
            worker, _, run = decoded(held).partition(" ")
            if worker == self.liveness.name and run not in self._active:
                self._release(keys=[key], args=[held or b""])
            self.redis.srem(LEASE_ASKED.of(self.liveness.name), key)

    def _try(self, lease: Lease) -> bool:
        if self.redis.set(lease.key, lease.value, nx=True, ex=LEASE.seconds):
            return True
        held = self.redis.get(lease.key)
        if held is None:
            return False
        text = decoded(held)
        if text == lease.value:
            return True
        worker, _, run = text.partition(" ")
        if worker == self.liveness.name:
            ended = run not in self._active
        else:
            ended = self.liveness.is_dead(worker, trusted=self.liveness.trusted())
            if not ended:
                self._ask(worker, lease)
        return ended and bool(self._swap(keys=[lease.key], args=[text, lease.value, LEASE.seconds]))

    def _ask(self, worker: str, lease: Lease) -> None:
        """Asks a living worker whether it still runs what it holds the lease for."""
        with self.redis.pipeline() as pipeline:
            pipeline.sadd(LEASE_ASKED.of(worker), lease.key)
            pipeline.expire(LEASE_ASKED.of(worker), LEASE_ASKED.seconds)
            pipeline.execute()


class Lease:
    """One lease held; look under `key` before anything that cannot be undone."""

    def __init__(self, leases: Leases, key: str, value: str) -> None:
        self.leases = leases
        self.key = key
        self.value = value

    def is_named_by(self, found: bytes | str | None) -> bool:
        """Whether what Redis holds under `key` says that nobody has taken it over meanwhile."""
        return found is not None and decoded(found) == self.value

    def write(self, values: Mapping[str, str], *, seconds: int, unless: str) -> bool:
        """Sets keys in one step, if the lease is still ours and there is no key `unless`.

        They expire after `seconds`. False when nothing was written. Raises redis.RedisError.
        """
        arguments: list[str | int] = [self.value, seconds, *values.values()]
        return bool(self.leases._write(keys=[self.key, unless, *values], args=arguments))

    def take_again(self, *others: str) -> bool:
        """Takes it anew where Redis lost all that it held: the lease, and each of the keys `others`.

        One of `others` is there as long as Redis is the one that the lease was taken in, whoever took the
        lease over and gave it back since. Raises redis.RedisError.
        """
        return bool(self.leases._again(keys=[self.key, *others], args=[self.value, LEASE.seconds]))

    def release(self) -> None:
        """Gives it back if it is still ours. Raises redis.RedisError."""
        self.leases._release(keys=[self.key], args=[self.value])
