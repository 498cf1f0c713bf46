"""Verbs of a question as people say them -> as the documents write them: 关掉 is 关闭 there.

A word that no page has finds nothing, and taken apart it leaves a character that means something else: 掉 of
删掉. So a spoken verb that the documents lack is read as the word of words/spoken.txt that they have most.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from index.text.terms import terms

MODALS = "能会要可想"
"""Stand before a verb of one character and are taken for one word with it: 能装."""
_FILE = Path(__file__).parent / "words" / "spoken.txt"


def written(question: str, frequency: Callable[[str], int]) -> str:
    """The question with the documents' words for its spoken verbs; `frequency` of a term in chunks."""
    for word in dict.fromkeys(terms(question)):
        verb = word[1:] if len(word) == 2 and word[0] in MODALS else word
        if verb not in _spoken() or frequency(word) or (len(word) == 1 and question.count(word) > 1):
            continue
        best = max(_spoken()[verb], key=frequency)
        if frequency(best):
            question = question.replace(word, word.removesuffix(verb) + best)
    return question


@lru_cache(maxsize=1)
def _spoken() -> dict[str, list[str]]:
    """Spoken verb -> the words that pages have for it, the nearest first."""
    lines = (line.split() for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {said: pages for said, *pages in lines}
