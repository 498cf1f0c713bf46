"""Verbs of a question as people say them -> as the documents write them: 关掉 is 关闭 there.

A word that no page has finds nothing, and taken apart it leaves a character that means something else: 掉 of
删掉. So a spoken verb that the documents lack is read as the word of words/spoken.txt that they have most.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from index.text.terms import terms

_FILE = Path(__file__).parent / "words" / "spoken.txt"


def written(question: str, frequency: Callable[[str], int]) -> str:
    """The question with the documents' words for its spoken verbs; `frequency` of a term in chunks."""
    said = [word for word in dict.fromkeys(terms(question)) if word in _spoken() and not frequency(word)]
    for word in said:
        best = max(_spoken()[word], key=frequency)
        question = question.replace(word, best) if frequency(best) else question
    return question


@lru_cache(maxsize=1)
def _spoken() -> dict[str, list[str]]:
    """Spoken verb -> the words that pages have for it, the nearest first."""
    lines = (line.split() for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {said: pages for said, *pages in lines}
