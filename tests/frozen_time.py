"""Time that stands still until it is told to go on: rates can be proved on a machine of any speed.

The bot's clock, the time by which Redis paces calls, and the windows in which the local Feishu counts them
are one and the same here. What sleeps on it moves it.
"""

from __future__ import annotations

import pytest
from redis import Redis

from bot.clock import Clock
from bot.feishu import pacing
from simulator import LocalFeishu, server
from simulator.tenant import limits

_KEY = "test:time"


class FrozenTime(Clock):
    """`FrozenTime(redis, monkeypatch)` before clients are made; `holds(local)` for a local Feishu."""

    def __init__(self, redis: Redis, patch: pytest.MonkeyPatch) -> None:
        self._redis = redis
        self._patch = patch
        self._now = 1_790_000_000.0
        self.slept: list[float] = []
        self.advance(0.0)
        for script in ("_RESERVE", "_HOLD"):
            text = getattr(pacing, script)
            patch.setattr(pacing, script, _frozen(text))
        patch.setattr(limits, "time", self)

    def holds(self, local: LocalFeishu) -> None:
        """From now on the time of this local Feishu, too."""
        self._patch.setattr(local.clock, "now", self.now)
        self._patch.setattr(server, "time", self)

    def now(self) -> float:
        return self._now

    time = now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Goes on at once; `slept` has it."""
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """So much time passes."""
        self._now += seconds
        microseconds = round(self._now * 1_000_000)
        self._redis.rpush(_KEY, microseconds // 1_000_000, microseconds % 1_000_000)
        self._redis.ltrim(_KEY, -2, -1)


def _frozen(script: str) -> str:
    """The script by this time; its keys do not expire by Redis's own."""
    for own, ours in (
        ("redis.call('TIME')", f"redis.call('LRANGE', '{_KEY}', 0, 1)"),
        ("taken, wait + window)", "taken, 3600000)"),
        ("'PX', ARGV[1])", "'PX', 3600000)"),
    ):
        script = script.replace(own, ours)
    assert "'TIME'" not in script
    assert "3600000" in script
    return script
