"""The language an answer is written in."""

from __future__ import annotations

from index.text.chinese import has_chinese


def language_of(text: str, wish: str) -> str:
    """'zh' or 'en': what the group wishes for; with 'auto', Chinese where the question has any Chinese."""
    if wish in ("zh", "en"):
        return wish
    return "zh" if has_chinese(text) else "en"
