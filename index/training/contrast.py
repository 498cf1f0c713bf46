"""The same question asked of documents that know nothing of it: examples that labels alone do not give.

Labelled messages come from one group and one set of documents. A gate that learns only from them may remember
the group's words and stay sure of itself when the documents are replaced. Therefore each good example has a
twin for fitting, labelled "not answerable": the words that are typical of these documents are replaced by
words from elsewhere, and everything is looked up again.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import rjieba

from index.gate.evidence import Evidence
from index.gate.features import typicality
from index.text.glossary import translated
from index.text.terms import terms

TYPICAL = 0.5
"""From this typicality on (ln of a frequency ratio) a word is replaced."""
_SHARE_REPLACED = 0.85
_PIECES = re.compile(r"[A-Za-z0-9_]+(?:[-./:+][A-Za-z0-9_]+)*|[㐀-鿿]+|[^A-Za-z0-9_㐀-鿿]+")
_CHINESE = re.compile(r"[㐀-鿿]")
_ELSEWHERE = (Path(__file__).parent / "words" / "elsewhere.txt").read_text(encoding="utf-8").split()
CHINESE_ELSEWHERE = tuple(word for word in _ELSEWHERE if _CHINESE.match(word))
LATIN_ELSEWHERE = tuple(word for word in _ELSEWHERE if not _CHINESE.match(word))
"""Words of everyday life that technical documents hardly use."""


def estranged(message: str, evidence: Evidence, chooser: random.Random) -> str:
    """The message with most of the words that are typical of the documents replaced by others."""
    units = [unit for piece in _PIECES.findall(message) for unit in _units(piece)]
    return "".join(_replacement(unit, evidence, chooser) for unit in units)


def _units(piece: str) -> list[str]:
    return list(rjieba.cut(piece)) if _CHINESE.match(piece) else [piece]


def _replacement(unit: str, evidence: Evidence, chooser: random.Random) -> str:
    found = [*terms(unit), *(() if evidence.knows_chinese else translated(unit))]
    ratios = typicality(found, [evidence.word(term) for term in found], evidence)
    if not len(ratios) or ratios.max() < TYPICAL or chooser.random() > _SHARE_REPLACED:
        return unit
    return chooser.choice(CHINESE_ELSEWHERE if _CHINESE.match(unit) else LATIN_ELSEWHERE)
