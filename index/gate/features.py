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

from collections.abc import Mapping, Sequence
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
from index.text.chinese import has_chinese, is_chinese
from index.text.general_words import open_general_words
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
REFERENCE_SHARE, CROSSED_SHARE = 0.3, 0.6
"""Of what foreign questions score on this index, read as they are and read in the other language: there
everything sounds a little known, for each of its words has some nearest one."""
_OF_THE_MESSAGE = 2
"""So many numbers, the first, are of the message alone, in whatever language it is read."""


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


@dataclass(frozen=True)
class Reading:
    """A message as it is read, and the search for it."""

    text: str
    found: Found
    crossed: bool = False
    """Whether it is read in the other language of the documents."""


def read(
    message: str, vector: Vectors, searcher: Searcher, found: Found | None = None, *, crossed: bool = False
) -> Reading:
    """The message as it stands, or in the other language of the documents, always where they have no other;
    `found` spares searching again for a message as it stands."""
    if not (crossed or searcher.crossing.is_foreign(message)):
        return Reading(message, found or search_for_gate(message, vector, searcher))
    known = searcher.lexical.document_frequency
    other = {term: worth for term, worth in searcher.crossing.terms(message, each=1).items() if known(term)}
    gone = searcher.crossing.near(message)
    own = tuple(dict.fromkeys(term for term in terms_of(message) if _stays(term, message, gone, searcher)))
    worth = {**dict.fromkeys(own, 1.0), **other}
    rows = searcher.candidates(Asked(message, own, other, vector))
    words, dense = searcher.lexical.scores(worth, rows), searcher.dense.scores(vector, rows)
    text = " ".join(worth)
    letters = searcher.lexical.characters.scores(text, rows)
    scores = (words.text, words.headings, words.place, letters, dense.text, dense.headings)
    return Reading(text, SearchForGate(tuple(worth), rows, *scores), crossed=True)


def _stays(term: str, message: str, gone: Mapping[str, object], searcher: Searcher) -> bool:
    """Whether a term of a message that is read in the other language is left in it: names are."""
    if has_chinese(message):
        return not is_chinese(term)
    return term not in gone or searcher.lexical.document_frequency(term) > 0


def features(
    message: str, reading: Reading, vector: Vectors, searcher: Searcher, evidence: Evidence
) -> Numbers:
    """The numbers of FEATURES for one message, (len(FEATURES),) float64."""
    row = (0 if has_chinese(message) else 1) + (2 if reading.crossed else 0)
    own = evidence.reference.means[row]
    shares = np.full(len(own), CROSSED_SHARE if reading.crossed else REFERENCE_SHARE)
    shares[:_OF_THE_MESSAGE] = REFERENCE_SHARE
    return np.asarray(measured(message, reading, vector, searcher, evidence) - shares * own, dtype=np.float64)


def measured(
    message: str, reading: Reading, vector: Vectors, searcher: Searcher, evidence: Evidence
) -> Numbers:
    """The same before the reference is taken off."""
    found = reading.found
    facts = [evidence.word(term) for term in found.terms]
    typical = np.clip(typicality(found.terms, facts, evidence), _LEAST, _MOST)
    rarity = max(searcher.lexical.rarity(found.terms), 1e-6)
    numbers = (
        float(is_asked(message)),
        _talk(vector, evidence),
        float(np.sqrt(np.maximum(typical, 0).sum())),
        _pieces(reading.text, evidence),
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


def _pieces(text: str, evidence: Evidence) -> float:
    """Mean typicality of the pieces of the message as it is read."""
    background = open_general_words()
    pieces = background.pieces(text)
    if not len(pieces):
        return _LEAST
    general = np.exp(background.scores(pieces))
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
