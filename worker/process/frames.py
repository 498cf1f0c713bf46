"""How many frames of streaming cards one process shows a second, all cards together.

One card alone streams nearly as fast as Feishu allows (10 a second). With many at once the frames would take
the time that answering needs, so they share a budget: each card then moves more slowly, and no answer waits.
"""

from __future__ import annotations

import threading
import time

PER_SECOND = 8.0
BURST = 6.0


class FrameBudget:
    """A token bucket that many threads share."""

    def __init__(self, per_second: float = PER_SECOND, burst: float = BURST) -> None:
        self.per_second = per_second
        self.burst = burst
        self._left = burst
        self._at = time.monotonic()
        self._lock = threading.Lock()

    @property
    def room(self) -> bool:
        """Whether one more frame might be shown now, for who would have to wake a thread to show it."""
        with self._lock:
            return self._grown() >= 1

    def take(self) -> bool:
        """Whether one more frame may be shown now."""
        with self._lock:
            if self._grown() < 1:
                return False
            self._left -= 1
            return True

    def _grown(self) -> float:
        """What there is by now; the caller holds the lock."""
        now = time.monotonic()
        self._left = min(self.burst, self._left + (now - self._at) * self.per_second)
        self._at = now
        return self._left
