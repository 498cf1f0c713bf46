"""Numbers from which the gate decides: what the documents know of the message's words, how typical those
words are of them, and how well the search by words does. No model is asked.

Every number changes when the documents change, and is a share or a ratio where that is possible, so that a
gate fitted on one index still means something on another of another size. How long a message is or how it
is put is left out on purpose: it scores well on labelled chats and knows nothing of the documents. Cosines
of the embedder are left out too: beside these numbers they added nothing that could be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.gate.evidence import Evidence, WordFacts
from index.gate.general_words import open_general_words
from index.search.lexical import Lexical
from index.text.glossary import translated
from index.text.terms import terms as terms_of

Numbers = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]


class FoundByWords(Protocol):
    """What the features read of a search; `index.search.Lookup` is one. Scores are (chunks,)."""

    @property
    def terms(self) -> tuple[str, ...]: ...
    @property
    def bm25_text(self) -> Scores: ...
    @property
    def bm25_headings(self) -> Scores: ...
    @property
    def bm25_place(self) -> Scores: ...
    @property
    def characters(self) -> Scores: ...


@dataclass(frozen=True)
class WordSearch:
    """The half of a search that the features read, for when nobody needs the rest."""

    terms: tuple[str, ...]
    bm25_text: Scores
    bm25_headings: Scores
    bm25_place: Scores
    characters: Scores


def search_words(message: str, lexical: Lexical) -> WordSearch:
    """Scores of every chunk by the message's words and character n-grams."""
    own = tuple(dict.fromkeys(terms_of(message)))
    found = lexical.scores(own)
    return WordSearch(own, found.text, found.headings, found.place, lexical.characters.scores(message))


_KINDS = ("latin", "chinese", "character")
"""A term is a Latin word or identifier, a Chinese word, or a single Chinese character."""
_TYPICAL_EDGES = (-1e9, -8.0, -1.0, 0.5, 1.5, 2.5, 3.5, 1e9)
"""Bins of how typical a word is: ln(frequency here / in general text); the first holds unknown words."""
_SHARE_EDGES = (-1.0, 0.0, 0.0005, 0.003, 0.015, 0.06, 2.0)
"""Bins of the share of chunks that have a word; the first holds unknown words."""
_UNKNOWN = -9.0
_LEAST, _MOST = -4.0, 6.0
_SMOOTHING = 1000.0
"""Pieces of general text that are mixed into the documents' counts."""
_TOP = 30

_WORD_NAMES = tuple(
    f"{kind}_{name}"
    for kind in _KINDS
    for name in (
        "words", "known_share", "unknown", "frequency_mean", "frequency_sum", "in_headings", "headings_mean",
        "rarity_sum", *(f"typical_{bin}" for bin in range(len(_TYPICAL_EDGES) - 1)),
        *(f"share_{bin}" for bin in range(len(_SHARE_EDGES) - 1)),
    )
)  # fmt: skip
_TYPICAL_NAMES = (
    "typical_best", "typical_best_two", "typical_best_three", "typical_mean", "typical_sum", "untypical_mean",
    "typical_share", "spread_best", "spread_best_three", "spread_mean", "spread_sum", "heading_best",
    "heading_sum",
)  # fmt: skip
_PIECE_NAMES = (
    "pieces_mean", "pieces_sum", "pieces_best", "pieces_best_three", "pieces_share", "pieces_count",
    "pieces_untypical", "pieces_rare",
)  # fmt: skip
_SIGNALS = ("bm25_text", "bm25_headings", "bm25_place", "characters")
_SEARCH_NAMES = (
    *(
        f"{signal}_{name}"
        for signal in _SIGNALS
        for name in ("best", "top_5", "top_30", "drop", "stands_out")
    ),
    "matched_share",
)

GROUPS: dict[str, tuple[str, ...]] = {
    "words": _WORD_NAMES,
    "typical": (*_TYPICAL_NAMES, *_PIECE_NAMES),
    "search": _SEARCH_NAMES,
}
"""Names of the numbers by what they are about."""
FEATURES: tuple[str, ...] = tuple(name for names in GROUPS.values() for name in names)
"""Names of all numbers, in the order of `features`."""


def read_with(
    message: str, lexical: Lexical, evidence: Evidence, found: FoundByWords | None = None
) -> tuple[str, FoundByWords]:
    """The message as it is read, and the search for it; `found` spares searching again.

    A Chinese message to documents without Chinese is read together with the English of its technical terms.
    """
    english = () if evidence.knows_chinese else translated(message)
    if english:
        message, found = f"{message} {' '.join(english)}", None
    return message, found or search_words(message, lexical)


def features(message: str, lookup: FoundByWords, evidence: Evidence) -> Numbers:
    """The numbers of FEATURES for one message, (len(FEATURES),) float64."""
    facts = [evidence.word(term) for term in lookup.terms]
    typical = typicality(lookup.terms, facts, evidence)
    numbers = [
        *_word_numbers(lookup.terms, facts, typical, evidence),
        *_typical_numbers(facts, typical),
        *_piece_numbers(message, evidence),
        *_search_numbers(lookup, facts, evidence),
    ]
    return np.array(numbers, dtype=np.float64)


def typicality(terms: Sequence[str], facts: Sequence[WordFacts], evidence: Evidence) -> Numbers:
    """ln(frequency in the documents / frequency in general text) for each term; -9 for unknown ones."""
    background = open_general_words()
    total = max(evidence.total, 1) + 0.5 * max(len(evidence.vocabulary), 1)
    ratios = [
        np.log((fact.occurrences + 0.5) / total) - background.word(term) if fact.occurrences else _UNKNOWN
        for term, fact in zip(terms, facts, strict=True)
    ]
    return np.array(ratios, dtype=np.float64)


def _kind(term: str) -> int:
    return 0 if term.isascii() else (1 if len(term) > 1 else 2)


def _word_numbers(
    terms: Sequence[str], facts: Sequence[WordFacts], typical: Numbers, evidence: Evidence
) -> list[float]:
    kinds = np.array([_kind(term) for term in terms], dtype=np.int64)
    shares = np.array([fact.chunks for fact in facts], dtype=np.float64) / max(evidence.chunk_count, 1)
    headings = np.array([fact.headings for fact in facts], dtype=np.float64) / max(evidence.chunk_count, 1)
    numbers: list[float] = []
    for kind in range(len(_KINDS)):
        own = kinds == kind
        numbers += _one_kind(shares[own], headings[own], typical[own])
    return numbers


def _one_kind(shares: Numbers, headings: Numbers, typical: Numbers) -> list[float]:
    known = shares > 0
    frequency = np.log10(shares + 1e-5) + 5
    in_headings = np.log10(headings + 1e-4) + 4
    rarity = np.where(known, -np.log(shares + 1e-9), 0.0)
    plain = [
        np.log1p(len(shares)),
        _mean(known),
        np.log1p(np.sum(~known)),
        _mean(frequency),
        float(frequency.sum()),
        np.log1p(np.sum(headings > 0)),
        _mean(in_headings),
        np.log1p(rarity.sum()),
    ]
    typical_bins = np.histogram(typical, _TYPICAL_EDGES)[0]
    share_bins = np.bincount(np.searchsorted(_SHARE_EDGES, shares) - 1, minlength=len(_SHARE_EDGES) - 1)
    return [float(number) for number in (*plain, *np.log1p(typical_bins), *np.log1p(share_bins))]


def _typical_numbers(facts: Sequence[WordFacts], typical: Numbers) -> list[float]:
    if not facts:
        return [_LEAST, _LEAST, _LEAST, _LEAST, 0.0, _LEAST, *([0.0] * (len(_TYPICAL_NAMES) - 6))]
    ratio = np.clip(typical, _LEAST, _MOST)
    best = np.sort(ratio)[::-1]
    spread = ratio * np.log1p([fact.documents for fact in facts])
    most_spread = np.sort(spread)[::-1]
    headed = np.maximum(ratio, 0) * np.log1p([fact.headings for fact in facts])
    numbers = (
        best[0], best[:2].mean(), best[:3].mean(), ratio.mean(), np.sqrt(np.maximum(ratio, 0).sum()),
        np.minimum(ratio, 0).mean(), (ratio > 1).mean(), most_spread[0], most_spread[:3].mean(),
        spread.mean(), np.sqrt(np.maximum(spread, 0).sum()), headed.max(), np.sqrt(headed.sum()),
    )  # fmt: skip
    return [float(number) for number in numbers]


def _piece_numbers(message: str, evidence: Evidence) -> list[float]:
    background = open_general_words()
    pieces = background.pieces(message)
    if not len(pieces):
        return [0.0] * len(_PIECE_NAMES)
    general = background.scores[pieces].astype(np.float64)
    counted = evidence.pieces[pieces] + _SMOOTHING * np.exp(general)
    ratio = np.clip(np.log(counted / (evidence.total_pieces + _SMOOTHING)) - general, _LEAST, _MOST)
    rare = general < -7.5
    numbers = (
        ratio.mean(), np.sqrt(np.maximum(ratio, 0).sum()), ratio.max(), np.sort(ratio)[-3:].mean(),
        (ratio > 1).mean(), np.sqrt((ratio > 1.5).sum()), np.minimum(ratio, 0).mean(), _mean(ratio[rare]),
    )  # fmt: skip
    return [float(number) for number in numbers]


def _search_numbers(lookup: FoundByWords, facts: Sequence[WordFacts], evidence: Evidence) -> list[float]:
    numbers: list[float] = []
    for signal in _SIGNALS:
        numbers += _signal_numbers(getattr(lookup, signal))
    rarity = sum(np.log(1 + evidence.chunk_count / (fact.chunks + 0.5)) for fact in facts)
    best = float(lookup.bm25_text.max()) if len(lookup.bm25_text) else 0.0
    return [*numbers, best / rarity if rarity else 0.0]


def _signal_numbers(scores: npt.NDArray[np.float32]) -> list[float]:
    """Best, mean of the best 5 and 30, fall from the best to the sixth, and standard scores of the best."""
    best = float(scores.max()) if len(scores) else 0.0
    if best <= 0:
        return [0.0] * 5
    top = np.zeros(min(_TOP, len(scores)), dtype=np.float32)
    found = np.sort(_greatest(scores[scores > 0]))[::-1]
    top[: len(found)] = found
    stands_out = (best - float(scores.mean())) / (float(scores.std()) + 1e-6)
    fall = best - float(top[min(5, len(top) - 1)])
    return [best, float(top[:5].mean()), float(top.mean()), fall, stands_out]


def _greatest(scores: Scores) -> Scores:
    return np.partition(scores, -_TOP)[-_TOP:] if len(scores) > _TOP else scores


def _mean(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
