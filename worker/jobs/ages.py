"""How long ago, in words."""

from __future__ import annotations

from bot.messages import say


def age_in_words(seconds: float, language: str) -> str:
    """In the largest unit that is not below 1: minutes, hours or days."""
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return say("age_in_minutes", language, count=minutes)
    if minutes < 48 * 60:
        return say("age_in_hours", language, count=minutes // 60)
    return say("age_in_days", language, count=minutes // (24 * 60))
