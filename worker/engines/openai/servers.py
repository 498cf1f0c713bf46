"""Which of several model servers takes a request: the group's own one, unless it rests or is overfull.

Rendezvous hashing gives every group its order of servers. All prompts of one group go to the first, so
that its prefix cache keeps that group's material; when a server is lost only its own groups move, and
they come back with it. A server with far more than its share of running requests is passed over, so
that one busy group still uses all GPUs (consistent hashing with bounded loads, Mirrokni et al. 2016).
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 30.0
ALWAYS_TAKES = 16
"""Requests at once that a server takes whatever the others do: below it a GPU's batch is not full."""
LARGEST_SHARE = 1.25


@dataclass
class _Health:
    failures: int = 0
    breaks: int = 0
    """Connections that broke since the last request that went well."""
    rests_until: float = 0.0
    running: int = 0
    away: bool = False


class Servers:
    """The base URLs and what is known of each. Safe to use from many threads."""

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        if not urls:
            raise ValueError("at least one server is needed")
        self.urls = tuple(urls)
        self._clock = clock
        self._lock = threading.Lock()
        self._health = {url: _Health() for url in urls}

    def order(self, group: str) -> list[str]:
        """All servers, the group's own first; overfull ones later, those that rest after a failure last."""
        if len(self.urls) == 1:
            return list(self.urls)
        ranked = rendezvous(group, self.urls)
        now = self._clock()
        with self._lock:
            total = sum(health.running for health in self._health.values())
            most = max(ALWAYS_TAKES, LARGEST_SHARE * (total + 1) / len(self.urls))
            return sorted(
                ranked,
                key=lambda url: (self._rests(url, now), self._health[url].running >= most),
            )

    @contextmanager
    def running(self, url: str) -> Iterator[None]:
        """Counts one request as running on `url` while the block lasts."""
        with self._lock:
            self._health[url].running += 1
        try:
            yield
        finally:
            with self._lock:
                self._health[url].running -= 1

    def broke(self, url: str) -> None:
        """A connection to `url` broke: once may be an idle connection that it closed, twice is a failure."""
        with self._lock:
            self._health[url].breaks += 1
            once = self._health[url].breaks == 1
        if not once:
            self.failed(url)

    def failed(self, url: str) -> None:
        """Lets `url` rest: 1 s after the first failure, twice as long after each further one, at most 30 s.

        A failure during a rest is one of the requests that were under way, and does not lengthen it.
        """
        with self._lock:
            health, now = self._health[url], self._clock()
            if health.rests_until > now:
                return
            health.rests_until = now + min(FIRST_REST_SECONDS * 2**health.failures, LONGEST_REST_SECONDS)
            health.failures = min(health.failures + 1, 10)

    def troubled(self) -> bool:
        """Whether every server failed its last request: the next one is a trial."""
        with self._lock:
            return all(health.failures for health in self._health.values())

    def worked(self, url: str) -> None:
        """Ends the rest of `url`."""
        with self._lock:
            self._health[url].failures = 0
            self._health[url].breaks = 0
            self._health[url].rests_until = 0.0

    def resting(self) -> tuple[str, ...]:
        """Those that failed lately or are away, for the log and /status."""
        now = self._clock()
        with self._lock:
            return tuple(url for url in self.urls if self._rests(url, now))

    def set_away(self, url: str, away: bool) -> None:
        """What whoever runs `url` knows: away until it is said to be back, then at once in use again."""
        with self._lock:
            self._health[url].away = away
            self._health[url].failures = 0
            self._health[url].rests_until = 0.0

    def _rests(self, url: str, now: float) -> bool:
        health = self._health[url]
        return health.away or health.rests_until > now


def rendezvous(group: str, urls: Sequence[str]) -> list[str]:
    """`urls` by the group's weight for each, highest first; the same whatever the order given."""
    return sorted(urls, key=lambda url: hashlib.sha256(f"{group}\0{url}".encode()).digest())
