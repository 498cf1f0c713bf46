"""What a person, a group and the whole bot may use in a day: questions, and tokens of the model.

Counted in Redis by the day of limits.day_timezone, when an answer is there: what is tried again counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from redis import Redis
from redis.client import Pipeline

from bot.clock import SYSTEM, Clock
from bot.config.settings import LimitSettings
from bot.redis_keys import BUDGET, BUDGET_TOLD


@dataclass(frozen=True)
class Spender:
    """Who a budget is of."""

    kind: str
    """user, group or all."""
    name: str
    questions: int
    """What it may ask in a day; 0: no limit."""
    tokens: int


class Budgets:
    """The budgets of one bot. Methods raise redis.RedisError."""

    def __init__(self, redis: Redis, limits: LimitSettings, clock: Clock = SYSTEM) -> None:
        self.redis = redis
        self.limits = limits
        self.clock = clock

    def used_up(self, user: str, chat: str) -> Spender | None:
        """The first of the three whose budget of today is used up."""
        limited = [one for one in self._spenders(user, chat) if one.questions or one.tokens]
        for one in limited:
            found = self.redis.hmget(BUDGET.of(self._today(one)), "questions", "tokens")
            asked, used = (int(value or 0) for value in found)
            if (one.questions and asked >= one.questions) or (one.tokens and used >= one.tokens):
                return one
        return None

    def spend(self, pipeline: Pipeline, user: str, chat: str, tokens: int) -> None:
        """Counts one question and what its answer took, with what else is written in that step."""
        for one in self._spenders(user, chat):
            key = BUDGET.of(self._today(one))
            pipeline.hincrby(key, "questions", 1)
            pipeline.hincrby(key, "tokens", max(0, tokens))
            pipeline.expire(key, BUDGET.seconds)

    def tell_once(self, spender: Spender) -> bool:
        """Whether it is still to be told today that this budget is used up."""
        key = BUDGET_TOLD.of(self._today(spender))
        return bool(self.redis.set(key, "1", nx=True, ex=BUDGET_TOLD.seconds))

    def _spenders(self, user: str, chat: str) -> list[Spender]:
        limits = self.limits
        return [
            Spender("user", user, limits.questions_per_user_per_day, limits.tokens_per_user_per_day),
            Spender("group", chat, limits.questions_per_group_per_day, limits.tokens_per_group_per_day),
            Spender("all", "", limits.questions_per_day, limits.tokens_per_day),
        ]

    def _today(self, spender: Spender) -> str:
        zone = ZoneInfo(self.limits.day_timezone)
        day = datetime.fromtimestamp(self.clock.now(), zone).strftime("%Y%m%d")
        return f"{day}:{spender.kind}:{spender.name}"
