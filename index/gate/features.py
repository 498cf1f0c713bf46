"""Eight numbers from which the gate decides: is it asked, and do these documents know what it is about?

They replace 105 that were fitted on one group and one set of documents. Each was chosen because it tells
good questions from bad ones on documents that the fit did not see (`bench.gate_prior` leaves one set out in
turn); together they do so better than the 105, and as well on the documents they were fitted on. How long a
message is is left out on purpose: it scores well on labelled chats and knows nothing of the documents.

A number may run higher in one language than in the other, or on a small index than on a large one. Therefore
a share of what questions about everything else score on this index, in the language of the message, is taken
off each (`Evidence.reference`, measured when a version is first opened; no label is needed).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.gate.evidence import Evidence, WordFacts
from index.search.embed import Vectors
from index.search.lookup import Asked
from index.search.searcher import Searcher
from index.search.store.arrays import Rows
from index.text.asking import is_asked
from index.text.chinese import has_chinese
from index.text.general_words import open_general_words
from index.text.glossary import translated
from index.text.terms import terms as terms_of

Numbers = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]

FEATURES = ("asks", "talk", "typical", "pieces", "unknown", "letters", "headings", "agreement")
"""Names of the numbers, in the order of `features`.

asks: 1 where it is put as a question or a complaint; talk: how much nearer it is to small talk than to
questions (of any subject), by the embedder; typical: how far its words are more frequent here than
in general text; pieces: the same of the embedder's word pieces, so that word segmentation does not matter;
unknown: how much its Latin names say that the documents do not know; letters: how many of its character
n-grams the best chunks share; headings: how well a heading matches in words and meaning; agreement: how well
the chunks that mean the same also share its words.
"""
REFERENCE_SHARE = 0.3
"""Of what foreign questions score on this index; with more, the gate no longer sees that it knows nothing
of a message in the other language."""


class Found(Protocol):
    """What the features read of a search; `index.search.Lookup` is one. Scores are (rows,)."""

    @property
    def terms(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> Rows: ...
    @property
    def bm25_text(self) -> Scores: ...
    @property
    def bm25_headings(self) -> Scores: ...
    @property
    def bm25_place(self) -> Scores: ...
    @property
    def characters(self) -> Scores: ...
    @property
    def dense_text(self) -> Scores: ...
    @property
    def dense_headings(self) -> Scores: ...


@dataclass(frozen=True)
class SearchForGate:
    """The part of a search that the features read, for when nobody needs the rest."""

    terms: tuple[str, ...]
    rows: Rows
    bm25_text: Scores
    bm25_headings: Scores
    bm25_place: Scores
    characters: Scores
    dense_text: Scores
    dense_headings: Scores


def search_for_gate(message: str, vector: Vectors, searcher: Searcher) -> SearchForGate:
    """Scores of the candidates by the words, the character n-grams and the vector (d,) of a message."""
    own = tuple(dict.fromkeys(terms_of(message)))
    rows = searcher.candidates(Asked(message, own, {}, vector))
    found, dense = searcher.lexical.scores(own, rows), searcher.dense.scores(vector, rows)
    letters = searcher.lexical.characters.scores(message, rows)
    words = (found.text, found.headings, found.place)
    return SearchForGate(own, rows, *words, letters, dense.text, dense.headings)


_LEAST, _MOST = -4.0, 6.0
_UNKNOWN = -9.0
_SMOOTHING = 1000.0
"""Pieces of general text that are mixed into the documents' counts."""
_COMMON, _RAREST = 5.0, 11.0
"""A word says nothing at this -ln of its frequency in general text, and at most so much more."""
_NEAREST = 10
_BEST = 5


def read_with(
    message: str, vector: Vectors, searcher: Searcher, evidence: Evidence, found: Found | None = None
) -> tuple[str, Found]:
    """The message as it is read, and the search for it; `found` spares searching again.

    A Chinese message to documents without Chinese is read together with the English of its technical terms.
    """
    english = () if evidence.knows_chinese else translated(message)
    if english:
        message, found = f"{message} {' '.join(english)}", None
    return message, found or search_for_gate(message, vector, searcher)


def features(
    message: str, read: str, vector: Vectors, found: Found, searcher: Searcher, evidence: Evidence
) -> Numbers:
    """The numbers of FEATURES for one message, (len(FEATURES),) float64; `read`: as `read_with` gives it."""
    own = evidence.reference.means[0 if has_chinese(message) else 1]
    numbers = measured(message, read, vector, found, searcher, evidence)
    return np.asarray(numbers - REFERENCE_SHARE * own, dtype=np.float64)


def measured(
    message: str, read: str, vector: Vectors, found: Found, searcher: Searcher, evidence: Evidence
) -> Numbers:
    """The same before the reference is taken off."""
    facts = [evidence.word(term) for term in found.terms]
    typical = np.clip(typicality(found.terms, facts, evidence), _LEAST, _MOST)
    rarity = max(searcher.lexical.rarity(found.terms), 1e-6)
    numbers = (
        float(is_asked(message)),
        _talk(vector, evidence),
        float(np.sqrt(np.maximum(typical, 0).sum())),
        _pieces(read, evidence),
        _unknown(found.terms, facts),
        float(np.mean(_greatest(found.characters, _BEST))),
        float(np.max(found.bm25_headings / rarity + found.dense_headings, initial=-1.0)),
        float(np.max(found.bm25_text[_nearest(found.dense_text)], initial=0.0) / rarity),
    )
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


def _pieces(read: str, evidence: Evidence) -> float:
    """Mean typicality of the pieces of the message."""
    background = open_general_words()
    pieces = background.pieces(read)
    if not len(pieces):
        return _LEAST
    general = np.exp(background.scores[pieces])
    here = evidence.pieces[pieces] + _SMOOTHING * general
    ratios = np.log(here / (evidence.total_pieces + _SMOOTHING) / general)
    return float(np.clip(ratios, _LEAST, _MOST).mean())


def _talk(vector: Vectors, evidence: Evidence) -> float:
    talk, asked = evidence.reference.talk, evidence.reference.asked
    if not len(talk) or not len(asked):
        return 0.0
    return max(float((talk @ vector).max() - (asked @ vector).max()), 0.0)


def _unknown(terms: Sequence[str], facts: Sequence[WordFacts]) -> float:
    """ln(1 + how rare the Latin words are, in general text, that the documents do not know)."""
    background = open_general_words()
    strange = [term for term, fact in zip(terms, facts, strict=True) if term.isascii() and not fact.chunks]
    weights = [np.clip(-background.word(term) - _COMMON, 0.3, _RAREST) for term in strange]
    return float(np.log1p(sum(weights)))


def _nearest(dense: Scores) -> npt.NDArray[np.int64]:
    count = min(_NEAREST, len(dense))
    return np.asarray(np.argpartition(-dense, count - 1)[:count] if count else [], dtype=np.int64)


def _greatest(scores: Scores, count: int) -> Scores:
    return np.partition(scores, -count)[-count:] if len(scores) > count else scores
