"""Words of a Chinese question that were cut in the wrong place -> cut where the documents' words begin.

Without spaces 全局限流 is 全 局限 流 to whoever cuts words by a dictionary of general text; the documents
have 全局 and 限流 and no 局限. So a word that they lack gives its characters to its neighbours where the
words that come of it are theirs. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from index.text.chinese import CHARACTERS
from index.text.terms import STOP_WORDS, words_in_order

_RUNS = re.compile(f"[{CHARACTERS}]{{3,}}+")
LONGEST = 60
"""Characters in a row that are looked at: more are no question."""


def cut_anew(question: str, frequency: Callable[[str], int]) -> str:
    """The question with a space where a word of the documents begins; `frequency` of a term in chunks."""
    return _RUNS.sub(lambda found: _recut(found.group(), frequency), question)


def _recut(run: str, frequency: Callable[[str], int]) -> str:
    if len(run) > LONGEST:
        return run
    words = words_in_order(run)
    start = 0
    for place, word in enumerate(words):
        if len(word) > 1 and word not in STOP_WORDS and not frequency(word):
            before = words[place - 1] if place else ""
            after = words[place + 1] if place + 1 < len(words) else ""
            for at in range(1, len(word)):
                if _is_better(before, word[:at], word[at:], after, frequency):
                    return f"{run[: start + at]} {run[start + at :]}"
        start += len(word)
    return run


def _is_better(before: str, head: str, tail: str, after: str, frequency: Callable[[str], int]) -> bool:
    """Whether both parts of a word make words of the documents with what stands beside them; one of them may
    be a word that says nothing."""
    first = bool(before) and frequency(before + head) > 0
    second = bool(after) and frequency(tail + after) > 0
    return (first and (second or tail in STOP_WORDS)) or (second and head in STOP_WORDS)
