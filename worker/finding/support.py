"""Whether what was found answers this question: the judgement that can say "not here".

The ranking finds the best there is, and there is always a best. So a second, separate judgement looks at
question and quotes together: how much of what is asked the quotes and their headings have, whether the
weightiest word is among it, words that no page knows, how far the best stands out, what the search and the
gate think. It is fitted on questions that the documents do not answer: near ones, ones of other documents,
and answerable ones whose page was taken away. Every number is a share, so that it means the same in every
index.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.text.terms import terms
from worker.finding.asked import Asked
from worker.finding.features import FEATURES, has_word, share_of, with_starts
from worker.finding.quotes import Quote
from worker.finding.ranking import weights
from worker.finding.reading import Reading

SUPPORT = (
    "top", "gap", "gap_five", "all_words", "own_words", "best_sentence", "union", "rarest", "missing",
    "unknown", "unknown_names", "meaning", "meaning_heading", "dense", "search", "search_drop", "gate",
    "few", "value", "kind", "tight", "names", "heading_words", "language", "talk",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(FEATURES)}
TELLS = 0.21
"""A word with this share of the weight of the rarest in the index tells what is asked."""
LOOKED_AT = 3
"""Atoms whose best numbers count."""


@dataclass(frozen=True)
class Background:
    """What the index says of a question beside the pages that were read."""

    frequency: Callable[[str], int]
    """In how many chunks a term is."""
    chunks: int
    dense: float
    """Best cosine of the question with any chunk."""
    search: float
    """Best score of the search."""
    search_drop: float
    """How far that lies above the fiftieth."""
    gate: float
    """The gate's probability."""
    talk: float = 0.0
    """How much nearer a message is to small talk than to questions; 0 for one that asks."""


def support_numbers(reading: Reading, quotes: Sequence[Quote], background: Background) -> list[float]:
    """The numbers of SUPPORT. There must be a quote."""
    asked = reading.asked
    ranked = reading.candidates
    scores = [candidate.score for candidate in ranked]
    best = ranked[: min(LOOKED_AT, len(ranked))]

    def most(name: str) -> float:
        return max(candidate.numbers[_PLACE[name]] for candidate in best)

    first = ranked[0].numbers
    words = words_shown(quotes)
    unknown = [word for word in asked.weights if not background.frequency(word)]
    names = [word for word in unknown if word.isascii() and len(word) > 2]
    rarest = math.log(background.chunks + 1) + 1
    gate = min(max(background.gate, 1e-4), 1 - 1e-4)
    return [
        scores[0] / 10,
        scores[0] - scores[min(1, len(scores) - 1)],
        scores[0] - scores[min(5, len(scores) - 1)],
        most("all_words"),
        most("own_words"),
        most("best_sentence"),
        share_of(asked, words),
        first[_PLACE["rarest"]],
        _missing(asked, words) / rarest,
        sum(asked.weights[word] for word in unknown) / asked.total,
        sum(asked.weights[word] for word in names) / asked.total,
        most("meaning"),
        most("meaning_heading"),
        background.dense,
        background.search,
        background.search_drop,
        math.log(gate / (1 - gate)),
        1 / (1 + sum(weight > TELLS * rarest for weight in asked.weights.values())),
        most("value") - min(candidate.numbers[_PLACE["value_missing"]] for candidate in best),
        most("kind"),
        first[_PLACE["best_sentence"]] * first[_PLACE["rarest"]],
        most("names"),
        most("heading_words"),
        most("language"),
        background.talk,
    ]


def words_shown(quotes: Sequence[Quote]) -> frozenset[str]:
    """The words of the quotes, their headings and paths."""
    places = (f"{quote.excerpt.name} {quote.excerpt.path.replace('/', ' ')}" for quote in quotes)
    return with_starts(terms(" ".join([*(quote.text for quote in quotes), *places])))


def _missing(asked: Asked, words: frozenset[str]) -> float:
    """The weight of the weightiest word that the quotes do not have."""
    return max(
        (weight * (1 - has_word(asked, word, words)) for word, weight in asked.weights.items()), default=1.0
    )


def probability(numbers: Sequence[float]) -> float:
    """How likely quotes with these numbers answer, 0 to 1."""
    fitted = weights()["support"]
    logit = float(fitted["bias"]) + sum(
        float(fitted["weights"].get(name, 0.0)) * number
        for name, number in zip(SUPPORT, numbers, strict=True)
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@dataclass(frozen=True)
class Bars:
    """From which probability on quotes are an answer, and places a help."""

    answers: float
    helps: float


def bars() -> Bars:
    """The bars as they were chosen when the judgement was fitted."""
    fitted = weights()["support"]
    return Bars(float(fitted["answers"]), float(fitted["helps"]))


def answers(value: float) -> bool:
    """Whether a probability is enough for an answer."""
    return value >= bars().answers


def helps(value: float) -> bool:
    """Whether the places found are near enough to be shown where they are no answer."""
    return value >= bars().helps
