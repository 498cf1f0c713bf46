"""Sliding windows that count calls, for Feishu's limits per second and per minute."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Hashable


class Window:
    """At most `allowed` calls in any `seconds` seconds, for each key by itself."""

    def __init__(self, allowed: int, seconds: float) -> None:
        self.allowed = allowed
        self.seconds = seconds
        self.times: dict[Hashable, deque[float]] = defaultdict(deque)

    def take(self, key: Hashable) -> bool:
        """Counts a call of `key`; False when it is one too many. Refused calls are not counted."""
        now = time.monotonic()
        times = self.times[key]
        while times and times[0] <= now - self.seconds:
            times.popleft()
        if len(times) >= self.allowed:
            return False
        times.append(now)
        return True


class CallLimits:
    """The limits the bot can meet. Sources: reply.md, patch.md, api-call-guide (frequency control)."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self.group = Window(5, 1.0)
        """Messages into one chat: 5 a second, shared by all bots in it."""
        self.patch = Window(5, 1.0)
        """Updates of one message: 5 a second."""
        self.card = Window(10, 1.0)
        """Operations on one card entity: 10 a second."""
        self.api = Window(50, 1.0)
        """Calls of one API: 50 a second."""
        self.api_minute = Window(1000, 60.0)
        """Calls of one API: 1000 a minute."""

    def exceeded(self, window: Window, key: Hashable) -> bool:
        """Counts one call and says whether it is over the limit."""
        return self.enabled and not window.take(key)
