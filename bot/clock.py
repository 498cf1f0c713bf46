"""Time, as everything that waits sees it: one object, so that hours of an outage can pass in a test.

Loops that look again every second run on real time; what is due, too old or given up is decided by a Clock.
Redis tells its own time to its scripts, which add `ahead` to it, so that a turned clock moves them too.
"""

from __future__ import annotations

import time


class Clock:
    """The machine's own time."""

    @property
    def ahead(self) -> float:
        """Seconds that this clock is ahead of the machine's; 0 but in tests and benchmarks."""
        return 0.0

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.ahead

    def monotonic(self) -> float:
        """Seconds since any moment, for spans: never set back."""
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        """Returns after so many seconds of this clock."""
        time.sleep(seconds)


SYSTEM = Clock()
