"""What questions that no one set of documents answers score on this index: the zero of the gate's numbers.

The questions are about databases, phones, taxes and cooking, half of them Chinese, half English; a few of
them may be answered by an index about just that, which moves a mean of some seventy little. Measured once a
version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from index.gate.evidence import Evidence, Reference
from index.gate.features import measured, read
from index.search.embed import Embedder, Vectors
from index.search.searcher import Searcher
from index.text.chinese import has_chinese


@cache
def foreign_questions() -> tuple[str, ...]:
    """Questions about everything under the sun."""
    return _lines("ask")


@cache
def small_talk() -> tuple[str, ...]:
    """What groups say and nobody needs to answer."""
    return _lines("talk")


def _lines(kind: str) -> tuple[str, ...]:
    file = Path(__file__).parent / "words" / "reference.txt"
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    return tuple(text for own, text in rows if own == kind)


_known: dict[str, tuple[Vectors, Vectors]] = {}
"""Name of an embedder -> its vectors of small talk and of foreign questions, which no version changes."""


def _vectors(embedder: Embedder) -> tuple[Vectors, Vectors]:
    if embedder.name not in _known:
        talk, asked = (embedder.embed(list(texts)) for texts in (small_talk(), foreign_questions()))
        _known[embedder.name] = (talk, asked)
    return _known[embedder.name]


def evidence_of(searcher: Searcher, counted: Callable[[], Evidence] | None = None) -> Evidence:
    """The counts of the chunks of an index, with what the foreign questions score on it; `counted` gives the
    counts of these chunks where somebody has them."""
    evidence = counted() if counted else Evidence.build(searcher.chunks)
    if not searcher.chunks:
        return evidence
    talk, asked = _vectors(searcher.embedder)
    evidence = replace(evidence, reference=Reference(evidence.reference.means, talk, asked))
    searcher.crossing.ahead(foreign_questions())
    chinese = np.array([has_chinese(message) for message in foreign_questions()])
    means = []
    for crossed in (False, True) if searcher.crossing.mixed else (False,):
        rows = []
        for message, vector in zip(foreign_questions(), asked, strict=True):
            reading = read(message, vector, searcher, crossed=crossed)
            rows.append(measured(message, reading, vector, searcher, evidence))
        numbers = np.stack(rows)
        means += [numbers[chinese].mean(axis=0), numbers[~chinese].mean(axis=0)]
    return replace(evidence, reference=Reference(np.stack((means * 2)[:4]), talk, asked))
