"""Clocks that are turned: hours pass for the bot at once, and whoever sleeps on them wakes."""

from __future__ import annotations

import threading
import time
from datetime import datetime

from bot.clock import Clock


class StoppedClock(Clock):
    """Stands at a moment until it is turned; sleeping on it turns it."""

    def __init__(self, moment: str) -> None:
        self._now = datetime.fromisoformat(moment).timestamp()

    def now(self) -> float:
        return self._now

    monotonic = time = now

    def turn(self, seconds: float) -> None:
        """So many seconds pass."""
        self._now += seconds

    sleep = turn


class TurnedClock(Clock):
    """The machine's time plus what it was turned by."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._turned = threading.Condition()

    @property
    def ahead(self) -> float:
        return self._ahead

    def turn(self, seconds: float) -> None:
        """So many seconds pass."""
        with self._turned:
            self._ahead += seconds
            self._turned.notify_all()

    def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        with self._turned:
            while (left := until - time.monotonic() - self._ahead) > 0:
                self._turned.wait(left)
