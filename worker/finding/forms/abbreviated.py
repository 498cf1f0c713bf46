"""Short forms that the pages themselves explain: "paid time off (PTO)", "Interrupt Service Routine (ISR)".

A member asks with the short form and the paragraph that answers has the long one, or the other way round.
What the one stands for is nowhere but on the pages: every company has its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from index.text.terms import terms

_SHORT = re.compile(r"\(([A-Z][A-Za-z]{1,7})\)")
_WORDS = re.compile(r"[A-Za-z]+")
_END = re.compile(r"[^\w\s/'’*_-]|\n")
"""What parts a long form from what stands before it."""
_SKIPPED = frozenset(("a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"))
"""Words whose letter a short form may leave out."""
LONGEST = 100
"""Characters before a short form in which its long one is looked for."""


@lru_cache(maxsize=4096)
def explained_in(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The terms of each short form that a text explains, and those of its long one; remembered, because pages
    are read again and again."""
    return tuple(_explained_in(text)) if "(" in text else ()


def _explained_in(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    for match in _SHORT.finditer(text):
        short = match.group(1).removesuffix("s")
        before = _END.split(text[max(0, match.start() - LONGEST) : match.start()])[-1]
        full = frozenset(terms(_long_form(short.lower(), before)))
        of_short = terms(short)
        if short.isupper() and len(of_short) == 1 and len(full) > 1:
            yield of_short[0], full


def _long_form(short: str, before: str) -> str:
    """The words right before a short form whose first letters it has; empty where they are others."""
    letters = list(short)
    for word in reversed([*_WORDS.finditer(before)]):
        if word.group()[0].lower() == letters[-1]:
            letters.pop()
            if not letters:
                return before[word.start() :]
        elif word.group().lower() not in _SKIPPED:
            return ""
    return ""
