"""Questions in several parts: "what is the port, and which one is the status page".

The best piece often answers the first part alone, and its neighbours fill the card. So where the quotes have
none of a part's words, the best piece that has them comes beside them. A part is looked up by itself too: its
page may not be among those that the whole question finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.text.terms import terms
from worker.finding.asked import Asked
from worker.finding.features import FEATURES
from worker.finding.reading import Candidate, Reading
from worker.finding.sections import words_of
from worker.finding.shares import has_word

_PARTS = re.compile(
    r"[?？；;。]|\s/\s(?=(?:how|what|where|which|when|who|why|can|do|does|is|are)\b)|[,，](?=\s{0,2}(?:and|or|but|also|then)?\s{0,2}(?:how|what|where|which|when|who|why|can|do|does|is|are)\b)|"
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
NAME = 40
"""Characters at the beginning of a piece in which the name of what it tells of stands."""
SILENT = 0.2
"""A part with less of its weight among the words of the card is said to be left open."""
MOST = 3
"""Parts that are looked up by themselves."""
BEST, ABOUT_IT = 3, 0.5
"""A part is answered by any of the best so many pieces of its own; one that is added has this share of it."""
_ALL_WORDS = FEATURES.index("all_words")
_SIDES = re.compile(
    r"\b(?:differences?|distinction|diff) between ([^?,;]{2,60}?) (?:and|vs\.?|versus) ([^?,;]{2,60})"
    r"|\bcompare ([^?,;]{2,60}?) (?:to|with|and|vs\.?) ([^?,;]{2,60})"
    r"|\A\W*([^?,;]{2,60}?) (?:vs\.?|versus) ([^?,;]{2,60})"
    r"|\A\W*([^?？,，;；]{1,30}?) ?[和与跟] ?([^?？,，;；]{1,30}?) ?(?:之间)?的?"
    r"(?:有什么|有何|有啥|是什么)?(?:区别|不同|差别|差异)",
    re.IGNORECASE,
)
"""Two things that are compared."""
BARE = 3
"""A part in English with fewer words, such as "which kind", asks of what the part before it is about."""
_REFERS = re.compile(
    r"\b(?:it|its|them|they|their|this|that|these|those|one|ones|same)\b|它|这个|那个|这些|该|其",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """One of several things that a question asks."""

    text: str
    weights: dict[str, float]
    is_side: bool = False
    """Whether it is one of two things that are compared: no word that is like its own stands for it."""


def parts_of(asked: Asked) -> list[Part]:
    """The parts with the weights of their words, or the two things that it compares; empty for a question in
    one part."""
    found: list[Part] = []
    before = ""
    for part in _PARTS.split(asked.text):
        before = f"{before} {part}"
        if _ASKS.search(part):
            found.append(Part(" ".join(before.split()), _weights(asked, before)))
            before = ""
    return found if sum(bool(part.weights) for part in found) > 1 else _sides(asked)


def _sides(asked: Asked) -> list[Part]:
    """The things that a question compares, each with the words that the other has not."""
    compared = _SIDES.search(asked.text)
    if compared is None:
        return []
    sides = [side.strip() for side in compared.groups() if side]
    first, second = (_weights(asked, side) for side in sides)
    own = [_without(first, second), _without(second, first)]
    return [Part(*side, is_side=True) for side in zip(sides, own, strict=True)] if all(own) else []


def _without(own: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """What tells one side from the other; a bare number stands in too many places."""
    return {word: weight for word, weight in own.items() if word not in other and not word.isdecimal()}


def _weights(asked: Asked, text: str) -> dict[str, float]:
    return {word: weight for word in terms(text) if (weight := asked.weights.get(word, 0.0)) > 0}


def apart(asked: Asked) -> list[str]:
    """The parts that can be understood and looked up by themselves; none of a question in one part."""
    return [
        part.text.strip(" ,，、")
        for part in parts_of(asked)
        if part.weights and not _REFERS.search(part.text) and not _is_bare(part.text)
    ][:MOST]


def _is_bare(part: str) -> bool:
    """Whether a part has next to no words of its own."""
    return part.isascii() and len(part.split()) < BARE


def unanswered(asked: Asked, quoted: Iterable[Candidate]) -> list[str]:
    """The parts of which the quoted pieces say next to nothing."""
    words = _words(quoted)
    return [
        part.text
        for part in parts_of(asked)
        if part.weights and not _is_bare(part.text) and _share(asked, part, words) < SILENT
    ]


def best_apart(
    quoted: Iterable[Candidate], parts: Iterable[Reading], ranked: Sequence[Candidate]
) -> list[Candidate]:
    """The best piece of each part's own reading, where none of its best is quoted."""
    have = {_place_of(one) for one in quoted}
    known = {_place_of(one): one for one in ranked}
    found: list[Candidate] = []
    for part in parts:
        best = [one for one in part.candidates[:BEST] if one.numbers[_ALL_WORDS] >= ABOUT_IT]
        if best and have.isdisjoint(map(_place_of, best)):
            found.append(known.get(_place_of(best[0]), best[0]))
            have.add(_place_of(best[0]))
    return found


def _place_of(one: Candidate) -> tuple[str, str, tuple[str, ...], int]:
    excerpt = one.section.excerpt
    return excerpt.source_name, excerpt.path, excerpt.heading_path, one.place


def left_out(asked: Asked, quoted: Iterable[Candidate], ranked: Sequence[Candidate]) -> list[Candidate]:
    """For each part that the quoted pieces have too little of, the best piece that has it."""
    chosen = list(quoted)
    if not chosen:
        return []
    found: list[Candidate] = []
    for part in parts_of(asked):
        had = _share(asked, part, _words([*chosen, *found]))
        if not part.weights or had >= LACKING:
            continue
        best = max(
            (one for one in ranked if one.score >= ranked[0].score - BELOW and one.atom.seen <= 500),
            key=lambda one: one.score / 3 + 3 * _share(asked, part, _words([one])) + _named(asked, part, one),
            default=None,
        )
        if best is not None and _share(asked, part, _words([best])) >= had + MORE:
            found.append(best)
    return found


def _named(asked: Asked, part: Part, one: Candidate) -> float:
    """2 for a piece whose heading or beginning is one of two things that are compared: it tells of it."""
    begins = f"{one.section.heading} {one.atom.heading} {one.atom.text[:NAME]}"
    return 2 * _share(asked, part, words_of(begins)) if part.is_side else 0.0


def _words(candidates: Iterable[Candidate]) -> frozenset[str]:
    texts = (f"{one.section.heading} {one.atom.heading} {one.atom.shown}" for one in candidates)
    return frozenset().union(*map(words_of, texts))


def _share(asked: Asked, part: Part, words: frozenset[str]) -> float:
    total = sum(part.weights.values())
    had = sum(
        weight * (word in words if part.is_side else has_word(asked, word, words))
        for word, weight in part.weights.items()
    )
    return had / total if total else 1.0
