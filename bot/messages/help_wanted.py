"""A question handed to people: who was asked, who took it, who resolved it."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "human_asked": ("已请 {people} 帮忙，等待接手。", "Asked {people} for help; waiting for one to take it."),
    "human_wanted": (
        "{people} 有人需要帮助：请看上面的回答，点“我来回答”接手。",
        "{people} Somebody needs a hand: see the answer above and press 'I will take it'.",
    ),
    "human_taken": ("{person} 已接手。", "{person} has taken it."),
    "human_resolved": ("已由 {person} 解决。", "Resolved by {person}."),
    "human_resolved_self": ("已解决。", "Resolved."),
    "title_human": ("请求帮助", "Help wanted"),
}
