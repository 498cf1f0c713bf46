"""What the tests of the outbound side share: the client wired to a local Feishu, and a recorded sleep."""

from __future__ import annotations

import time
from typing import Any

from pydantic import SecretStr
from redis import Redis

from bot.config.settings import FeishuSettings
from bot.feishu.client import Feishu
from simulator import LocalFeishu


def settings_of(local: LocalFeishu) -> FeishuSettings:
    """The settings of the app that a local Feishu serves."""
    return FeishuSettings(
        app_id=local.app.app_id, app_secret=SecretStr(local.app.app_secret), domain=local.url
    )


class Sleeper:
    """Sleeps, and writes down how long; long waits are cut to keep tests short."""

    def __init__(self, longest: float = 60.0) -> None:
        self.slept: list[float] = []
        self.longest = longest

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        time.sleep(min(seconds, self.longest))


def client(local: LocalFeishu, redis: Redis, sleep: Sleeper | None = None, **options: Any) -> Feishu:
    """An outbound client for a local Feishu; one with a `clock` of its own sleeps on that."""
    if "clock" not in options:
        options["sleep"] = sleep or Sleeper()
    return Feishu(settings_of(local), redis, **options)
