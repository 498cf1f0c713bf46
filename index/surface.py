"""What a message looks like before any document is consulted: length, form of the question, manners.

Numbers of this kind alone score well on labelled chats because long messages tend to be questions. They say
nothing about the documents, so the gate weighs them lightly and reports them as a group of their own.
"""

from __future__ import annotations

import re

import numpy as np

_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[-.+][A-Za-z0-9_]+)*")
_CHINESE = re.compile(r"[㐀-鿿]+")
_SENTENCE_END = re.compile(r"[。！？!?\n]")

_FORMS: dict[str, re.Pattern[str]] = {
    "how": re.compile(r"怎么|如何|怎样|咋|\bhow\b", re.IGNORECASE),
    "why": re.compile(r"为什么|为啥|为何|\bwhy\b", re.IGNORECASE),
    "what": re.compile(r"什么|啥|哪|\bwhat\b|\bwhich\b|\bwhere\b", re.IGNORECASE),
    "whether": re.compile(r"吗|么|能不能|可以|是不是|是否|有没有|\b(?:can|does|is|are|do)\b", re.IGNORECASE),
    "asks_politely": re.compile(r"请问|问一下|问下|想问|请教|求助|各位|\bplease\b|\banyone\b", re.IGNORECASE),
    "question_mark": re.compile(r"[?？]"),
    "addresses_you": re.compile(r"你|您|\byou\b", re.IGNORECASE),
    "says_i": re.compile(r"我|\bI\b"),
    "points": re.compile(r"这|那|它|他|\b(?:this|that|it)\b", re.IGNORECASE),
    "particle": re.compile(r"[啊呀哈哦嗯嘿呗嘛]|呵"),
    "emoji": re.compile(r"\[[^\]\[]{1,6}\]|[\U0001F300-\U0001FAFF]"),
    "quotes": re.compile(r"「|- - -"),
    "picture": re.compile(r"\[图片\]|\[image\]", re.IGNORECASE),
    "link": re.compile(r"https?://"),
}
SURFACE = ("length", "latin_count", "latin_share", "digits", "sentences", *_FORMS)
"""Names of the numbers, in order."""


def surface(message: str) -> list[float]:
    """The numbers of SURFACE for one message."""
    latin = _LATIN_WORD.findall(message)
    letters = sum(map(len, latin)) + sum(map(len, _CHINESE.findall(message)))
    numbers = [
        float(np.log1p(len(message))),
        float(np.log1p(len(latin))),
        sum(map(len, latin)) / max(letters, 1),
        float(np.log1p(sum(character.isdigit() for character in message))),
        float(np.log1p(len(_SENTENCE_END.split(message)))),
    ]
    return numbers + [float(bool(form.search(message))) for form in _FORMS.values()]
