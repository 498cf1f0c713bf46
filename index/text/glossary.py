"""Chinese technical terms -> English: the lexical half's bridge to pages in the other language.

Half of the documentation that Chinese engineers ask about exists in English only. Embeddings cross the
languages by meaning; the glossary adds the exact word: 量化 finds "quantization" by BM25 too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from index.text.chinese import CHARACTERS
from index.text.terms import terms

_CHINESE = re.compile(f"[{CHARACTERS}]+")


@cache
def _entries() -> dict[str, tuple[str, ...]]:
    """Chinese term -> its English terms (as `index.text.terms.terms` gives them), distinct."""
    entries: dict[str, tuple[str, ...]] = {}
    for line in (Path(__file__).parent / "words" / "glossary.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            chinese, english = line.split("\t")
            entries[chinese] = tuple(dict.fromkeys(terms(english)))
    return entries


@cache
def _longest() -> int:
    return max(map(len, _entries()))


def translated(text: str) -> tuple[str, ...]:
    """The English terms of the Chinese technical terms in a text, distinct, in order; longest terms first."""
    found: dict[str, None] = {}
    for run in _CHINESE.findall(text):
        for piece in _pieces(run):
            for term in _entries().get(piece, ()):
                found.setdefault(term)
    return tuple(found)


def covers(word: str) -> bool:
    """Whether the glossary has a Chinese word, as it is or in parts that are words: 包 is nothing of 面包."""
    return word in _entries() or (
        bool(word) and all(len(piece) > 1 and piece in _entries() for piece in _pieces(word))
    )


def _pieces(run: str) -> Iterator[str]:
    """Chinese cut into terms of the glossary, the longest first, and single characters that are none."""
    start = 0
    while start < len(run):
        most = min(_longest(), len(run) - start)
        size = next((n for n in range(most, 1, -1) if run[start : start + n] in _entries()), 1)
        yield run[start : start + size]
        start += size
