"""Questions in several parts: "what is the port, and which one is the status page".

The best piece often answers the first part alone, and its neighbours fill the card. So where the quotes have
none of a part's words, the best piece that has them comes beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.text.terms import terms
from worker.finding.asked import Asked
from worker.finding.reading import Candidate
from worker.finding.sections import words_of
from worker.finding.shares import has_word

_PARTS = re.compile(
    r"[?？；;。]|[,，](?=\s{0,2}(?:and|or|but|also|then)?\s{0,2}(?:how|what|where|which|when|who|why|can|do|does|is|are)\b)|"
    r"\b(?:and|or|but)\s{1,2}(?=(?:how|what|where|which|when|who|why|can|do|does|is|are)\b)|"
    r"[,，、](?=[^,，、?？]{0,24}(?:怎么|如何|多少|哪|什么|几|吗|能不能|要不要|是否|谁))",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:how|what|where|which|when|who|why)\b|\A\W*(?:can|do|does|is|are|will|should|must|may)\b|"
    r"怎么|如何|多少|哪|什么|几|吗|能不能|要不要|是否|谁|咋|啥",
    re.IGNORECASE,
)
LACKING, MORE = 0.5, 0.34
"""A part with less of its weight among the words that are quoted is not answered; a piece that answers it has
this much more of it."""
BELOW = 8.0
"""... and scores at most so far below the best."""
SILENT = 0.2
"""A part with less of its weight among the words of the card is said to be left open."""


@dataclass(frozen=True)
class Part:
    """One of several things that a question asks."""

    text: str
    weights: dict[str, float]


def parts_of(asked: Asked) -> list[Part]:
    """The parts with the weights of their words; empty for a question in one part."""
    found: list[Part] = []
    before = ""
    for part in _PARTS.split(asked.text):
        before = f"{before} {part}"
        if _ASKS.search(part):
            weights = {word: weight for word in terms(before) if (weight := asked.weights.get(word, 0.0)) > 0}
            found.append(Part(" ".join(before.split()), weights))
            before = ""
    return found if sum(bool(part.weights) for part in found) > 1 else []


def unanswered(asked: Asked, quoted: Iterable[Candidate]) -> list[str]:
    """The parts of which the quoted pieces say next to nothing."""
    words = _words(quoted)
    return [
        part.text for part in parts_of(asked) if part.weights and _share(asked, part.weights, words) < SILENT
    ]


def left_out(asked: Asked, quoted: Iterable[Candidate], ranked: Sequence[Candidate]) -> list[Candidate]:
    """For each part that the quoted pieces have too little of, the best piece that has it."""
    chosen = list(quoted)
    if not chosen:
        return []
    found: list[Candidate] = []
    for part in parts_of(asked):
        had = _share(asked, part.weights, _words([*chosen, *found]))
        if not part.weights or had >= LACKING:
            continue
        best = max(
            (one for one in ranked if one.score >= ranked[0].score - BELOW and one.atom.seen <= 500),
            key=lambda one: one.score / 3 + 3 * _share(asked, part.weights, _words([one])),
            default=None,
        )
        if best is not None and _share(asked, part.weights, _words([best])) >= had + MORE:
            found.append(best)
    return found


def _words(candidates: Iterable[Candidate]) -> frozenset[str]:
    texts = (f"{one.section.heading} {one.atom.heading} {one.atom.shown}" for one in candidates)
    return frozenset().union(*map(words_of, texts))


def _share(asked: Asked, part: dict[str, float], words: frozenset[str]) -> float:
    total = sum(part.values())
    return (
        sum(weight * has_word(asked, word, words) for word, weight in part.items()) / total if total else 1.0
    )
