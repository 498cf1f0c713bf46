"""Whether what was found answers this question: the judgement that can say "not here".

The ranking finds the best there is, and there is always a best. So a second, separate judgement looks at
question and quotes together: how well the best piece scores and how far its page stands out in the search,
what of the question the quotes lack, names above all, and whether they have a figure where one is asked for.
It is fitted on questions that the documents do not answer: near ones, ones of other documents and other
software, and answerable ones whose page was taken out of the index. Every number is a share, so that it means
the same in every index.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.text.general_words import open_general_words
from index.text.terms import terms
from worker.finding.asked import Asked, tells_more
from worker.finding.blocks.labels import ways_in
from worker.finding.features import FEATURES
from worker.finding.kinds import EXACT_KINDS, VALUE_KINDS, answers_kind
from worker.finding.quote import Quote, page_of
from worker.finding.ranking import weights
from worker.finding.reading import Reading
from worker.finding.sections import section_words, with_starts, words_of
from worker.finding.shares import has_word, share_of
from worker.finding.telling import CALLED

SUPPORT = (
    "top", "missing", "first_missing", "called_missing", "search_drop", "few", "names", "language",
    "no_value", "no_exact", "talk", "unknown", "no_reason", "page_missing", "defined",
    "of_another",
)  # fmt: skip
_LETTER = re.compile("[a-z]")
_PROPER = re.compile(r"(?<=[a-z0-9,] )[A-Z]\w{2,40}")
"""A word that is written like a name within an English question."""
_WHY = re.compile(r"\bwhy\b|\breasons?\b|为什么|为啥|为何|原因", re.IGNORECASE)
REASON = frozenset({"reason"})
_PLACE = {name: place for place, name in enumerate(FEATURES)}
TELLS = 0.21
"""A word with this share of the weight of the rarest in the index tells what is asked."""
MAY_LACK = 0.3
"""The share of the question that a page which answers it may lack."""
LOOKED_AT = 3
"""Atoms whose best numbers count."""


@dataclass(frozen=True)
class Background:
    """What the index says of a question beside the pages that were read."""

    chunks: int
    search_drop: float
    """How far the best score of the search lies above those of the crowd."""
    talk: float = 0.0
    """How much nearer a message is to small talk than to questions; 0 for one that asks."""


def support_numbers(reading: Reading, quotes: Sequence[Quote], background: Background) -> list[float]:
    """The numbers of SUPPORT. There must be a quote."""
    asked = reading.asked
    ranked = reading.candidates
    best = ranked[: min(LOOKED_AT, len(ranked))]

    def most(name: str) -> float:
        return max(candidate.numbers[_PLACE[name]] for candidate in best)

    words = words_shown(quotes)
    rarest = math.log(background.chunks + 1) + 1
    lacks = {word: weight * (1 - has_word(asked, word, words)) for word, weight in asked.weights.items()}
    return [
        ranked[0].score / 10,
        max(lacks.values(), default=1.0) / rarest,
        1 - share_of(asked, words_shown(quotes[:1])),
        sum(lacks[word] for word in _called(asked)) / asked.total,
        background.search_drop,
        1 / (1 + sum(weight > TELLS * rarest for weight in asked.weights.values())),
        most("names"),
        most("language"),
        float(_lacks_kind(asked, VALUE_KINDS - EXACT_KINDS, [ranked[0].atom.shown])),
        float(_lacks_kind(asked, EXACT_KINDS, [quote.text for quote in quotes])),
        background.talk,
        sum(lacks[word] for word in asked.unknown) / asked.total,
        float(bool(_WHY.search(asked.text)) and _lacks_kind(asked, REASON, [quote.text for quote in quotes])),
        max(0.0, 1 - share_of(asked, _words_of_page(reading, quotes[0]) | words) - MAY_LACK),
        float(most("defines") >= 1.0 and sum(lacks.values()) <= MAY_LACK * asked.total),
        _of_another(asked, quotes[0], reading),
    ]


def _of_another(asked: Asked, first: Quote, reading: Reading) -> float:
    """How much of the question are names of products and people that the first quote's page does not have."""
    names = [name for name in _PROPER.findall(asked.text) if not name.isupper()]
    if not names or 2 * len(names) >= len(asked.text.split()):
        return 0.0
    general = open_general_words()
    own = {
        term
        for name in names
        if general.word(name.lower()) <= CALLED and not (ways_in(name) or answers_kind("day", name))
        for term in terms(name)
    }
    page = _words_of_page(reading, first) | words_shown([first]) | words_of(first.excerpt.source_name)
    return sum(asked.weights.get(word, 0.0) for word in own if word not in page) / asked.total


def _words_of_page(reading: Reading, quote: Quote) -> frozenset[str]:
    """All words that were read of the page that a quote is from."""
    page = page_of(quote.excerpt)
    excerpts = {id(candidate.section): candidate.section.excerpt for candidate in reading.candidates}
    texts = {excerpt.text for excerpt in excerpts.values() if page_of(excerpt) == page}
    return frozenset().union(*map(section_words, texts))


def _called(asked: Asked) -> list[str]:
    """Words of the question that are names of something: Latin ones in Chinese, and such that nobody uses."""
    general = open_general_words()
    latin = [word for word in asked.weights if len(word) > 1 and word.isascii() and _LETTER.search(word)]
    return [word for word in latin if asked.language == "zh" or general.word(word) <= CALLED]


def _lacks_kind(asked: Asked, kinds: frozenset[str], texts: Sequence[str]) -> bool:
    """Whether something of these kinds is asked for, and no text has any beside the question's own words."""
    wanted = asked.kinds & kinds
    return bool(wanted) and not any(tells_more(asked, wanted, text) for text in texts)


def words_shown(quotes: Sequence[Quote]) -> frozenset[str]:
    """The words of the quotes, their headings and paths."""
    places = (f"{quote.excerpt.name} {quote.excerpt.path.replace('/', ' ')}" for quote in quotes)
    return frozenset().union(*(_words_of(quote.text) for quote in quotes), *map(words_of, places))


@lru_cache(maxsize=512)
def _words_of(text: str) -> frozenset[str]:
    """The words of a quote; remembered, as the same ones are shown for question after question."""
    return with_starts(terms(text))


def probability(numbers: Sequence[float], *, second: bool = False) -> float:
    """How likely quotes with these numbers answer, 0 to 1; `second`: there was a second look."""
    fitted = (weights()["second_look"] if second else weights())["support"]
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
