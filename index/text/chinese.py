"""Is this Chinese? The one answer, for documents, questions, terms and answers."""

from __future__ import annotations

import re
from typing import Literal

from bot.config.fences import prose

CHARACTERS = "㐀-鿿豈-﫿"
"""For the inside of a character class: ideographs of the basic plane and those kept for compatibility."""
_CHINESE = re.compile(f"[{CHARACTERS}]")
_CHINESE_SHARE = 0.05
"""From this share of Chinese among letters on, prose counts as Chinese: its code is English anyway."""
_LATIN = re.compile(r"[A-Za-z]")


def has_chinese(text: str) -> bool:
    """Whether there is any Chinese in a text."""
    return _CHINESE.search(text) is not None


def is_chinese(word: str) -> bool:
    """Whether a word, which is of one script, is Chinese."""
    return _CHINESE.match(word) is not None


def count_chinese(text: str) -> int:
    """How many Chinese characters a text has."""
    return len(_CHINESE.findall(text))


def chinese_share(text: str) -> float:
    """Chinese characters as a share of Chinese characters and Latin letters, 0 to 1."""
    chinese = count_chinese(text)
    letters = chinese + len(_LATIN.findall(text))
    return chinese / letters if letters else 0.0


def language_of(text: str) -> Literal["zh", "en"]:
    """The language of a document's prose; its code blocks do not count."""
    return "zh" if chinese_share(prose(text)) > _CHINESE_SHARE else "en"
