"""Chinese technical terms -> English: the lexical half's bridge to pages in the other language.

Half of the documentation that Chinese engineers ask about exists in English only. Embeddings cross the
languages by meaning; the glossary adds the exact word: 量化 finds "quantization" by BM25 too.
"""

from __future__ import annotations

import re
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
        start = 0
        while start < len(run):
            size = next(
                (
                    n
                    for n in range(min(_longest(), len(run) - start), 0, -1)
                    if run[start : start + n] in _entries()
                ),
                0,
            )
            for term in _entries()[run[start : start + size]] if size else ():
                found.setdefault(term)
            start += size or 1
    return tuple(found)
