"""Rates, budgets and the length of the queue."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "limit_user": (
        "你问得有点快，请过一分钟再问。",
        "You are asking rather fast; please ask again in a minute.",
    ),
    "limit_group": (
        "群里的问题太多了，请过一分钟再问。",
        "This group asks rather fast; please ask again in a minute.",
    ),
    "budget_user": (
        "你今天的提问额度用完了，明天再来问吧。",
        "Your questions for today are used up; please ask again tomorrow.",
    ),
    "budget_group": (
        "本群今天的提问额度用完了，明天再来问吧。",
        "This group's questions for today are used up; please ask again tomorrow.",
    ),
    "budget_all": (
        "今天的提问额度用完了，明天再来问吧。",
        "Today's questions are used up; please ask again tomorrow.",
    ),
    "limit_queue": (
        "排队的问题太多（前面还有 {position} 个），请稍后再问。",
        "Too many questions are waiting ({position} before yours); please ask again later.",
    ),
}
