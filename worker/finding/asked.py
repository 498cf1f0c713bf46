"""What a question asks: its words with their weights, and the kind of answer that it waits for.

"How long", "who", "which command", "can I": each waits for something that can be seen in a text without
understanding it: a time, a person, a command, a yes or no. The kinds are few and mean the same in Chinese and
English; a question of no kind waits for nothing in particular.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from index.text.chinese import CHARACTERS, has_chinese
from index.text.glossary import translated
from index.text.terms import terms
from worker.finding.blocks.labels import ways_in, ways_passed_over
from worker.finding.forms.definition import subject_of
from worker.finding.forms.needed import needed_of
from worker.finding.kinds import APART, EXACT_KINDS, ONE_THING, VALUE_KINDS, found_of_kind, kinds_asked
from worker.finding.phrases import KEPT_FROM, TELLS, as_one, kept_from, literal_words
from worker.finding.telling import (
    START,
    in_the_other_language,
    is_telling,
    known_pieces,
    like_of,
    like_words,
    starts_of,
    surest_of,
    tells,
    weak_words,
)

_WORD = re.compile(r"\w|[$¥￥€£]")
FORM = re.compile(
    r"请问|怎么办|怎么样|怎么|怎样|如何|为什么|为啥|是?(?:什么|啥)意思|什么是|是什么|是啥|咋整|咋办|咋弄|咋|干嘛用的|有没有|"
    r"[放存写]在哪(?:里|儿|个)?|[填设配写](?:成|为)?(?:多少|什么|啥)|"
    r"吗(?=[？?\s]|$)|呢(?=[？?\s]|$)|不(?=[？?\s]|$)|[？?]|"
    r"^\s*(?:(?:how|where|when|why|what|which|who)(?:'?s)?\s+)?"
    r"(?:(?:do|does|did|can|could|should|must|is|are|to|am)\s+)(?:(?:i|you|we|one|it|there)\s+)?",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"[A-Za-z][A-Za-z0-9]{0,60}(?:[_./:-][A-Za-z0-9]+)+|(?<![A-Za-z0-9])[A-Za-z][a-z0-9]{1,40}[A-Z]\w*|[a-z][A-Z]\w*|&\w+|--?[a-z][\w-]+|\b[A-Z]{2,}\d*\b"
)


def without_form(question: str) -> str:
    """What a question is about, without the words that make it a question; itself when nothing is left."""
    return FORM.sub(" ", question).strip() or question


@dataclass(frozen=True)
class Waited:
    """The kinds of answers that a question waits for, without those that are measured apart."""

    kinds: frozenset[str]
    values: frozenset[str]
    """Kinds of values: the exact ones, such as a port, and the others, such as an amount."""
    exact: frozenset[str]
    inexact: frozenset[str]
    others: frozenset[str]
    """Kinds that are no values."""


@dataclass(frozen=True)
class Asked:
    """A question as it is measured against texts."""

    text: str
    about: str
    """Without the words that make it a question."""
    weights: dict[str, float]
    """Its terms and how much each tells: rare ones much, those that no page has as much as the rarest, or as
    what pages in the other language have for them."""
    translations: frozenset[str]
    """English terms for its Chinese technical ones, where the pages are English."""
    like: dict[str, dict[str, float]]
    """For a term, the words that strangers use for it, each with what it counts of the word itself."""
    kinds: frozenset[str]
    everything: frozenset[str]
    """Its terms, the starts of long ones, like words and translations: what a heading may repeat."""
    language: str
    """'zh' where it has any Chinese, else 'en'."""
    names: frozenset[str]
    """Terms of identifiers, error codes and Latin words inside Chinese: what a page must be about."""
    subject: str = ""
    """What it asks to be told what it is; empty for any other question."""
    needed: str = ""
    """What it asks the needed version of; empty for any other question."""
    unknown: frozenset[str] = frozenset()
    """Its nouns and names that no page of the index has."""
    passed_over: frozenset[str] = frozenset()
    """The systems, packagers and languages that it does not want, where it does not ask for a yes or no."""
    forms: tuple[tuple[str, frozenset[str]], ...] = ()
    """Terms of short forms and of the long ones that pages explain, where it has one of the two."""

    def with_forms(self, explained: Iterable[tuple[str, frozenset[str]]]) -> Asked:
        """Itself with the `forms` that pages explain, as far as it has one of the two."""
        of_it = {pair: None for pair in explained if pair[0] in self.weights or pair[1] <= self.own}
        named = (full | {short} for short, full in of_it)
        return replace(self, forms=(*of_it,), everything=self.everything.union(*named)) if of_it else self

    @cached_property
    def own_words(self) -> re.Pattern[str]:
        """Matches the question's own words: what only repeats them answers nothing."""
        words = (rf"\b{word}\b" if word.isascii() else word for word in self._plain_words)
        return re.compile("|".join(words) or r"(?!)", re.I)

    def without_own(self, text: str) -> str:
        """A text with a blank for each of the question's own words."""
        plain = text.lower()  # many texts have none, and that is sooner seen in the words one by one
        return self.own_words.sub(" ", text) if any(map(plain.__contains__, self._plain_words)) else text

    @cached_property
    def _plain_words(self) -> list[str]:
        return sorted(set(re.findall(rf"[a-z]{{3,}}|[{CHARACTERS}]{{2,}}", self.about.lower())))

    @cached_property
    def own(self) -> frozenset[str]:
        """Its terms."""
        return frozenset(self.weights)

    @cached_property
    def stand_ins(self) -> dict[str, tuple[tuple[str, float], ...]]:
        """For each word that may stand for terms of the question: those, and what it counts of each.

        A term itself counts 1, the start of a long one less, a like word as much as it is like.
        """
        found: dict[str, dict[str, float]] = {}
        for term in self.weights:
            forms, share = starts_of(term)
            counts = [*self.like.get(term, {}).items(), *((form, share) for form in forms), (term, 1.0)]
            for word, worth in counts:
                terms_of = found.setdefault(word, {})
                terms_of[term] = max(worth, terms_of.get(term, 0.0))
        return {word: tuple(counts.items()) for word, counts in found.items()}

    @cached_property
    def stood_for(self) -> dict[str, dict[str, float]]:
        """The same from the other side: for each term, the words that stand for it and what each counts."""
        found: dict[str, dict[str, float]] = {}
        for word, counts in self.stand_ins.items():
            for term, worth in counts:
                found.setdefault(term, {})[word] = worth
        return found

    @cached_property
    def telling(self) -> frozenset[str]:
        """All words that count for anything: a text has few of them, and only those need to be looked at."""
        forms = ({short} | full for short, full in self.forms)
        return frozenset().union(self.stand_ins, self.translations, self.names, *forms)

    @cached_property
    def shares(self) -> dict[frozenset[str], float]:
        """Telling words of a text -> how much of the question they are, as far as that was worked out."""
        return {}

    @cached_property
    def precisions(self) -> dict[str, float]:
        """Heading -> the share of its words that the question has too, as far as that was worked out."""
        return {}

    @cached_property
    def waits_for(self) -> Waited:
        """The kinds of answers, sorted by what is looked for; none that is measured apart."""
        kinds = self.kinds - APART
        return Waited(
            kinds=kinds,
            values=kinds & VALUE_KINDS,
            exact=kinds & EXACT_KINDS,
            inexact=kinds & (VALUE_KINDS - EXACT_KINDS),
            others=kinds - VALUE_KINDS,
        )

    @cached_property
    def looked_for(self) -> frozenset[str]:
        """The kinds of answers that a text has or has not, whatever setting it speaks of."""
        return self.kinds - {"default"}

    @cached_property
    def turns(self) -> bool:
        """Whether the answer turns on one small word: yes or no, or how something is turned off."""
        return "off" in self.kinds or bool(self.kinds & YES_OR_NO)

    @cached_property
    def ways(self) -> frozenset[str]:
        """The systems, packagers and languages that it names, where it does not ask for a yes or no."""
        return frozenset() if self.kinds & YES_OR_NO else ways_in(self.text) - self.passed_over

    @cached_property
    def weightiest(self) -> str:
        """The term that tells most; empty for a question without any."""
        return max(self.weights, key=lambda word: self.weights[word], default="")

    @cached_property
    def of_weightiest(self) -> list[tuple[str, float]]:
        """The words that stand for that term and what each counts, the most first."""
        return sorted(self.stood_for.get(self.weightiest, {}).items(), key=lambda one: -one[1])

    @cached_property
    def total(self) -> float:
        """The sum of the weights; 1 for a question without any term."""
        return sum(self.weights.values()) or 1.0


YES_OR_NO = frozenset({"choice", "must"})
NO_QUESTION = Asked("", "", {}, frozenset(), {}, frozenset(), frozenset(), "en", frozenset())


def about_of(text: str) -> str:
    """What the meaning of a question is taken from, as `read_question` has it."""
    return without_form(as_one(text))


def read_question(
    text: str,
    idf: Callable[[str], float],
    known: Callable[[str], bool],
    near: Mapping[str, Mapping[str, float]] | None = None,
) -> Asked:
    """Reads a question; `idf` and `known` are the index's, and so are the words `near` to the question's."""
    text = as_one(text)
    about = without_form(text)
    own = dict.fromkeys(piece for word in terms(about) for piece in known_pieces(word, known))
    english = frozenset(word for word in translated(text) if word not in own and known(word))
    names = frozenset(term for name in _IDENTIFIER.findall(text) for term in terms(name))
    needed = needed_of(text)
    kinds = kinds_asked(text) | ({"version"} if needed else frozenset())
    quoted = literal_words(text)
    lacked = [word for word in own if not known(word)]
    chinese = {word for word in own if not word.isascii()}
    mostly = 2 * len(lacked) > len(own) or (bool(chinese) and chinese <= set(lacked))
    kept = kept_from(text)
    parts = _of_own_names(text, idf)
    passed_over = frozenset() if kinds & YES_OR_NO else ways_passed_over(text)
    quoted |= {term for way in passed_over for term in terms(way)}
    turned = {term: 1.0 for word in KEPT_FROM for term in terms(word)}
    across = {
        word: found for word in lacked if mostly and (found := in_the_other_language(word, known, near or {}))
    }
    return Asked(
        text=text,
        about=about,
        weights={
            word: idf(surest_of(word, across))
            * tells(word)
            * (TELLS if word in quoted else 1.0)
            * parts.get(word, 1.0)
            for word in own
        },
        like={
            word: like
            for word in own
            if (like := like_of(word, near or {}) | across.get(word, {}) | (turned if word in kept else {}))
        },
        translations=english,
        everything=frozenset().union(
            own,
            english,
            (f"~{word[:START]}" for word in own if len(word) > START and word.isascii()),
            *(like_words().get(word, ()) for word in own),
        ),
        kinds=kinds,
        language="zh" if has_chinese(text) else "en",
        names=names - quoted - parts.keys(),
        subject="" if kinds & ONE_THING else subject_of(text, lambda name: _is_own(name, idf)),
        needed=needed,
        passed_over=passed_over,
        unknown=frozenset(word for word in own if not (known(word) or word in across) and is_telling(word)),
    )


OWN = 3.0
"""Inverse document frequency up to which a name is the documents' own: about one chunk in seven has it."""


EVERYWHERE = 2.0
"""Inverse document frequency of a word that one chunk in three has."""


def _of_own_names(text: str, idf: Callable[[str], float]) -> dict[str, float]:
    """For the words that a name of the documents' own is put together of, what each counts of itself.

    "BookWyrm" is three terms, and together they tell no more than a name of one.
    """
    found: dict[str, float] = {}
    for name in _IDENTIFIER.findall(text):
        own = terms(name)
        if len(own) > 1 and max(map(idf, own)) <= EVERYWHERE:
            found |= dict.fromkeys(own, 1 / len(own))
    return found


def _is_own(name: str, idf: Callable[[str], float]) -> bool:
    """Whether the documents use a name so often that it is theirs."""
    own = terms(name)
    return bool(own) and min(map(idf, own)) <= OWN and not all(word in weak_words() for word in own)


def tells_more(asked: Asked, kinds: Iterable[str], text: str) -> bool:
    """Whether a text has what an answer of one of these kinds has, and not only in the question's own words.

    "Port 5006" tells more than "Which port" has; "days off" no more than "How many days".
    """
    return any(
        _WORD.search(asked.own_words.sub(" ", found)) for kind in kinds for found in found_of_kind(kind, text)
    )
