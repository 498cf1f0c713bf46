"""Which workers are alive: what takeover after a crash is decided by.

RQ notices a dead worker after a minute or more. Here each worker refreshes a key every second that expires
after a few, and its name says which process on which machine it is, so that a process that is gone on
this very machine is known at once. After Redis itself was away no key means anything until the living
have had time to come back: see `Liveness.trusted`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import time
from pathlib import Path

from redis import Redis

from bot.redis_keys import ALIVE

LIFETIME = ALIVE.seconds
"""Seconds without a sign of life after which a worker counts as dead."""
BEAT = 1.5
"""Seconds between signs of life."""
SETTLE = 2 * LIFETIME
"""Seconds a Redis must have been up before a missing sign means death."""
_PREFIX = "fennel"


def new_name() -> str:
    """A worker name of this process: machine, process id and its start time, and something random."""
    return f"{_PREFIX}-{_machine()}-{os.getpid()}-{_started(os.getpid())}-{secrets.token_hex(3)}"


def is_gone(name: str) -> bool:
    """Whether the named worker was a process of this machine that has ended. False when it cannot be told."""
    parts = name.split("-")
    if len(parts) != 5 or parts[0] != _PREFIX or parts[1] != _machine():
        return False
    return _started(int(parts[2])) != parts[3]


class Liveness:
    """This worker's sign of life, and judgement over the others'."""

    def __init__(self, redis: Redis, name: str) -> None:
        self.redis = redis
        self.name = name
        self.unbroken_since = time.monotonic()

    def beat(self) -> None:
        """Refreshes the sign. Raises redis.RedisError."""
        self.redis.set(ALIVE.of(self.name), "1", ex=LIFETIME)

    def lost_redis(self) -> None:
        """To be called when Redis did not answer: what was heard before no longer counts."""
        self.unbroken_since = time.monotonic()

    def trusted(self) -> bool:
        """Whether a missing sign means death: every living worker has had the time to give one."""
        if time.monotonic() - self.unbroken_since < LIFETIME:
            return False
        return int(self.redis.info("server")["uptime_in_seconds"]) >= SETTLE

    def is_dead(self, name: str, *, trusted: bool) -> bool:
        """Whether a worker is dead; `trusted` is what `trusted()` said."""
        if name == self.name:
            return False
        if is_gone(name):
            return True
        return trusted and not self.redis.exists(ALIVE.of(name))

    def leave(self) -> None:
        """Takes the sign down at an orderly end."""
        self.redis.delete(ALIVE.of(self.name))


def _machine() -> str:
    """This machine and process-id namespace: a process id means nothing beyond it."""
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    seen = boot.read_text() + os.readlink(namespace) if boot.exists() and namespace.exists() else ""
    return hashlib.sha256(f"{socket.gethostname()}{seen}".encode()).hexdigest()[:10]


def _started(process_id: int) -> str:
    """When a process of this machine started, in clock ticks; 'none' when there is no such process."""
    if not Path("/proc").is_dir():
        return "unknown"
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "none"
    return "none" if fields[0] in ("Z", "X") else fields[19]
