"""The language an answer is written in."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def language_of(text: str, wish: str) -> str:
    """'zh' or 'en': what the group wishes for; with 'auto', Chinese where the question has any Chinese."""
    if wish in ("zh", "en"):
        return wish
    return "zh" if _CHINESE.search(text) else "en"
