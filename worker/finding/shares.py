"""How much of a question the words of a text have: shares by weight, the same in every index and language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import fsum

from index.text.terms import terms
from worker.finding.asked import Asked
from worker.finding.telling import START


def share_of(asked: Asked, words: frozenset[str]) -> float:
    """How much of the question's weight the words have, 0 to 1.

    The start of a long word and a like word count less than the word; a translated word stands for what is
    not there.
    """
    return share_told(asked, words & asked.telling)


def share_told(asked: Asked, telling: frozenset[str]) -> float:
    """The same of words that are all telling."""
    share = asked.shares.get(telling)
    if share is None:
        share = asked.shares[telling] = _share_of(asked, telling)
    return share


def _share_of(asked: Asked, words: frozenset[str]) -> float:
    worth: dict[str, float] = {}
    for word in words:
        for term, counts in asked.stand_ins.get(word, ()):
            worth[term] = max(counts, worth.get(term, 0.0))
    worth |= dict.fromkeys(_in_its_other_form(asked, words), 1.0)
    own = fsum(asked.weights.get(term, 0.0) * counts for term, counts in worth.items())
    if asked.translations and own < asked.total:
        share = len(asked.translations & words) / len(asked.translations)
        own += 0.7 * share * (asked.total - own)
    return own / asked.total


def _in_its_other_form(asked: Asked, words: frozenset[str]) -> frozenset[str]:
    """Terms of a short or a long form, where the words have the other one."""
    if not asked.forms:  # some hundred texts are measured for a question
        return frozenset()
    return frozenset().union(
        *({short} for short, full in asked.forms if full <= words),
        *(full for short, full in asked.forms if short in words),
    )


@lru_cache(maxsize=8192)
def bare_terms(text: str) -> tuple[str, ...]:
    """Distinct terms of a text, without the starts of long ones."""
    return tuple(dict.fromkeys(terms(text)))


def precision_of(asked: Asked, heading: str) -> float:
    """Share of a heading's words that the question has too: a heading about this and nothing else has 1."""
    share = asked.precisions.get(heading)
    if share is None:
        share = asked.precisions[heading] = _precision_of(asked, bare_terms(heading))
    return share


def _precision_of(asked: Asked, own: Sequence[str]) -> float:
    if not own:
        return 0.0
    question = asked.everything
    return sum(
        1.0 for word in own if word in question or (len(word) > START and f"~{word[:START]}" in question)
    ) / len(own)


def rarest_of(asked: Asked, words: frozenset[str]) -> float:
    """Whether the question's weightiest word is there."""
    if asked.weightiest in _in_its_other_form(asked, words):
        return 1.0
    return next((counts for word, counts in asked.of_weightiest if word in words), 0.0)


def has_word(asked: Asked, word: str, words: frozenset[str]) -> float:
    """How much of a term of the question is among the words: itself, its start, or one that stands for it."""
    if word in _in_its_other_form(asked, words):
        return 1.0
    standing = asked.stood_for.get(word, {})
    return max((counts for other, counts in standing.items() if other in words), default=0.0)


def share_of_names(asked: Asked, words: frozenset[str]) -> float:
    """Share of the names in the question that the atom or its headings have; 1 where it names nothing."""
    return len(asked.names & words) / len(asked.names) if asked.names else 1.0
