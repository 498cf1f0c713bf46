"""What the documents know of a message, as the rules for follow-ups ask it: its subject, and how well the
documents answer it as it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.search.embed import remembered
from index.text.chinese import CHARACTERS
from index.text.terms import terms
from worker.conversation.follow_up import Fit
from worker.finding.find import prepare

if TYPE_CHECKING:
    from index.gate.gate import Gate
    from index.search.searcher import Searcher

_PIECES = re.compile(rf"[A-Za-z0-9_]+(?:[-./:+][A-Za-z0-9_]+)*\+*|[{CHARACTERS}]+")

COMMON = 0.2
"""Share of the chunks that have a word of what all documents are about."""
_EMPTY = frozenset((Path(__file__).parent / "words" / "empty.txt").read_text("utf-8").split())
"""Words that a question may add without saying what it is about."""


class Known:
    """Satisfies worker.conversation.follow_up.Documents with one version of the index and its gate."""

    def __init__(self, searcher: Searcher, gate: Gate) -> None:
        self.searcher = searcher
        self.gate = gate

    def subjects(self, text: str) -> list[str]:
        """The text's words, as it writes them, that say something; the rarest in the documents first."""
        found = list(dict.fromkeys(self._words(text)))
        return sorted(found, key=lambda word: -self._rarity(word))

    def fit(self, text: str) -> Fit:
        """The gate's probability, and the best passage's fused score."""
        prepare(self.searcher, text)  # it is most often what is answered next
        lookup = self.searcher.look_up(text)
        decision = self.gate.decide(text, (), True, lookup=lookup)
        best = float(lookup.fused.max()) if len(lookup.fused) else 0.0
        return Fit(decision.probability, best)

    def likeness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        """Cosines of the index's embedder."""
        return remembered(self.searcher.embedder).cosines(text, others) if others else ()

    def is_common(self, word: str) -> bool:
        """Whether a fifth of the chunks have it, or a source or a project is named so."""
        lexical = self.searcher.lexical
        own = terms(word)
        often = bool(own) and min(map(lexical.document_frequency, own)) >= COMMON * lexical.count
        return often or self.searcher.names_project(word)

    def project(self, text: str) -> str:
        """Empty where the index has one project alone."""
        if len(self.searcher.projects) < 2:
            return ""
        return next((piece for piece in _PIECES.findall(text) if self.searcher.names_project(piece)), "")

    def _words(self, text: str) -> list[str]:
        words: list[str] = []
        for piece in _PIECES.findall(text):
            if piece.isascii():
                words += [piece] if terms(piece) and piece.lower() not in _EMPTY else []
            else:
                words += [term for term in terms(piece) if len(term) > 1 and term not in _EMPTY]
        return words

    def _rarity(self, word: str) -> float:
        lexical = self.searcher.lexical
        known = [term for term in terms(word) if lexical.document_frequency(term)]
        return max((lexical.rarity([term]) for term in known), default=0.0)
