"""A lease: two workers never answer one message, whatever the queue hands out twice.

The lease names its holder (worker and run) and has no clock of its own: it holds for as long as
that worker lives (worker.liveness). A job that finds it taken waits; when the holder dies it takes over,
and the record of what was sent tells it where to go on.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from rq.utils import as_text

from worker.liveness import Liveness

LIFETIME = 24 * 3600
"""Seconds after which a forgotten lease disappears."""
POLL = 0.2
_SWAP = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then return redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) and 1 end
return 0
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

    @contextmanager
    def take(self, subject: str, *, wait: float) -> Iterator[Lease]:
        """Holds the lease on `subject` inside the context.

        Waits up to `wait` seconds for a living holder. Raises LeaseTaken, redis.RedisError.
        """
        run = secrets.token_hex(6)
        lease = Lease(self, f"fennel:lease:{subject}", f"{self.liveness.name} {run}")
        self._active.add(run)
        try:
            until = time.monotonic() + wait
            while not self._try(lease):
                if time.monotonic() > until:
                    raise LeaseTaken(subject)
                time.sleep(POLL)
            yield lease
            lease.release()
        finally:
            self._active.discard(run)

    def _try(self, lease: Lease) -> bool:
        if self.redis.set(lease.key, lease.value, nx=True, ex=LIFETIME):
            return True
        held = self.redis.get(lease.key)
        if held is None:
            return False
        text = as_text(held)
        if text == lease.value:
            return True
        worker, _, run = text.partition(" ")
        if worker == self.liveness.name:
            ended = run not in self._active
        else:
            ended = self.liveness.is_dead(worker, trusted=self.liveness.trusted())
        return ended and bool(self._swap(keys=[lease.key], args=[text, lease.value, LIFETIME]))


class Lease:
    """One lease held; look under `key` before anything that cannot be undone.

    A run that ends with an exception leaves it where it is: this worker may take it again, and when the
    worker is dead anybody may.
    """

    def __init__(self, leases: Leases, key: str, value: str) -> None:
        self.leases = leases
        self.key = key
        self.value = value

    def is_named_by(self, found: bytes | str | None) -> bool:
        """Whether what Redis holds under `key` says that nobody has taken it over meanwhile."""
        return found is not None and as_text(found) == self.value

    def release(self) -> None:
        """Gives it back if it is still ours. Raises redis.RedisError."""
        self.leases._release(keys=[self.key], args=[self.value])
