"""Time as the local Feishu sees it: real, but stretchable and able to jump.

Feishu's delays span seconds to days (a push is retried after 6 h, a card lives 14 days). A factor shrinks
them all, and `advance` jumps over them, so that tests see the end of a delay without waiting for it.
Rate limits per second are never scaled: the bot's own pacing runs in real seconds.
"""

from __future__ import annotations

import time

DAY = 86_400.0


class Clock:
    """`scale` 1.0 is Feishu's own pace; 0.001 makes 6 h pass in 21.6 s."""

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("scale must be above 0")
        self.scale = scale
        self.ahead = 0.0

    def now(self) -> float:
        """Unix seconds, with every jump so far added."""
        return time.time() + self.ahead

    def milliseconds(self) -> int:
        """`now` as Feishu writes times in messages and events."""
        return int(self.now() * 1000)

    def lasting(self, seconds: float) -> float:
        """How many seconds of this clock a span of Feishu's lasts."""
        return seconds * self.scale

    def advance(self, seconds: float) -> None:
        """Jumps `seconds` ahead, counted before scaling."""
        self.ahead += seconds * self.scale
