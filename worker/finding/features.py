"""What is measured of an atom against a question: words, meaning, place, and the kind of answer.

Shares and cosines only, so that a number means the same in every index and in both languages.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.text.terms import terms
from worker.excerpts import Excerpt
from worker.finding.asked import START, Asked, answers_kind, tells_more
from worker.finding.atoms import Atom, atoms_of
from worker.finding.definition import defines, goes_without_name, is_introduction
from worker.finding.tidy import one_line
from worker.sentences import sentences

CHANCE = 0.25
"""Cosine that any two texts of one subject have; only what is above counts."""
NOTHING_NEW = 2
"""An atom with so few terms of its own repeats what stands around it."""
BODY = 300
"""Characters of an atom that its meaning is taken from."""
ECHOED = 0.2
"""So much more of the question above an atom than in it: it stands under an echo of the question."""
STANDS_AT_HEAD = 0.3
"""What standing at the head of a page or section about the subject counts of saying what it is."""
_LINK_TEXT = re.compile(r"\[[^\[\]]*+\]\([^()]*+\)")


@dataclass(frozen=True)
class SectionRead:
    """A section of a page, read whole."""

    excerpt: Excerpt
    """Where it stands and its text; its number is not yet given."""
    found: float
    """The best score of its chunks in the search, as a share of the best of all."""
    page_found: float
    """The same of its page."""
    dense: float = 0.0
    """Cosine of the question with its nearest chunk."""
    dense_heading: float = 0.0
    first: bool = False
    """Whether it stands at the top of its page."""
    chunks: tuple[tuple[str, float], ...] = ()
    """Text and score of each of its chunks, the score as `found` is given."""

    @property
    def heading(self) -> str:
        """The heading right above it; the page's title where there is none."""
        return self.excerpt.heading_path[-1] if self.excerpt.heading_path else self.excerpt.title

    def found_at(self, atom: Atom) -> float:
        """The score of the chunk that holds the atom."""
        if len(self.chunks) < 2:
            return self.found
        start = atom.text.split("\n", 1)[0][:40]
        held = [score for text, score in self.chunks if start in text]
        return max(held) if held else sum(score for _, score in self.chunks) / len(self.chunks)


@dataclass(frozen=True)
class Words:
    """The terms of an atom and of what stands above it, each with the starts of its long words."""

    text: frozenset[str]
    near: frozenset[str]
    """What announces it and the bold line above it."""
    sentences: tuple[frozenset[str], ...]
    """The same of its sentences."""
    links: float
    """The share of its characters that are links."""
    bare: frozenset[str]
    """The terms of the atom without any starts."""
    said: tuple[str, ...]
    """The sentences that `sentences` are of."""
    length: float
    long: float
    """How long it is, and how much longer than a card likes."""


def with_starts(words: Iterable[str]) -> frozenset[str]:
    """The words, and "~" with the start of each: inflected and compound words meet there."""
    own = set(words)
    for word in tuple(own):
        if len(word) > START and word.isascii():
            own.add(f"~{word[:START]}")
        elif len(word) > 1 and not word.isascii():
            own.update(f"~{character}" for character in word)
    return frozenset(own)


@lru_cache(maxsize=4096)
def read_section(text: str) -> tuple[tuple[Atom, Words], ...]:
    """The atoms of a section with their terms; remembered, because pages are read again and again."""
    return tuple((atom, _words(atom)) for atom in atoms_of(text))


def _words(atom: Atom) -> Words:
    text, said = atom.text, tuple(sentences(atom.text)[:12])
    own = terms(text)
    return Words(
        text=with_starts(own),
        near=with_starts(terms(f"{atom.heading} {atom.lead}")),
        sentences=tuple(with_starts(terms(sentence)) for sentence in said),
        links=min(1.0, sum(map(len, _LINK_TEXT.findall(text))) / (len(text) + 1)),
        bare=frozenset(own),
        said=said,
        length=min(1.0, math.log1p(len(text)) / 8),
        long=max(0.0, len(text) / 600 - 1),
    )


@lru_cache(maxsize=8192)
def words_of(text: str) -> frozenset[str]:
    """Distinct terms of a heading, a title or a path."""
    return with_starts(terms(text))


FEATURES = (
    "own_words", "near_words", "heading_words", "title_words", "section_words", "all_words",
    "best_sentence", "rarest", "names", "meaning", "meaning_heading", "dense", "found", "page_found",
    "value", "value_missing", "value_near", "kind", "kind_missing", "code_for_how", "after_echo",
    "echo", "length", "long", "row", "item", "introduction", "links", "language", "heading_precise",
    "title_precise", "early", "default", "empty", "defines", "new_value", "exact_value", "code",
)  # fmt: skip
MEANING = FEATURES.index("meaning")
"""An atom's own; its heading's is the next."""
EXACT_KINDS = frozenset({"price", "size", "version", "share", "port", "day"})
"""Kinds of values that cannot be mistaken."""
VALUE_KINDS = EXACT_KINDS | {"amount", "time"}


def measure(asked: Asked, section: SectionRead, atoms: Sequence[tuple[Atom, Words]]) -> list[list[float]]:
    """The numbers of FEATURES for each of a section's `atoms`; those of meaning are its section's."""
    above = _above(asked, section)
    return [_of_atom(asked, section, above, atom, words, place) for place, (atom, words) in enumerate(atoms)]


@dataclass(frozen=True)
class _Above:
    """What the atoms of a section have in common. Of the sets but `words`, only telling words."""

    words: frozenset[str]
    telling: frozenset[str]
    heading: frozenset[str]
    title: frozenset[str]
    section: frozenset[str]
    heading_precise: float
    title_precise: float


def _above(asked: Asked, section: SectionRead) -> _Above:
    excerpt, telling = section.excerpt, asked.telling
    heading = words_of(section.heading)
    title = words_of(f"{excerpt.title} {excerpt.path.replace('/', ' ')}")
    words = heading | title | words_of(" ".join(excerpt.heading_path))
    return _Above(
        words=words,
        telling=words & telling,
        heading=heading & telling,
        title=title & telling,
        section=section_words(excerpt.text) & telling,
        heading_precise=precision_of(asked, section.heading),
        title_precise=precision_of(asked, excerpt.title),
    )


def _of_atom(
    asked: Asked, section: SectionRead, above: _Above, atom: Atom, words: Words, place: int
) -> list[float]:
    text, near = words.text & asked.telling, words.near & asked.telling
    kinds = asked.kinds - {"default"}
    new = asked.own_words.sub(" ", atom.text) if kinds else ""
    return [
        *_of_words(asked, text, near, above),
        max((share_of(asked, sentence) for sentence in words.sentences), default=0.0),
        rarest_of(asked, text | near | above.heading),
        share_of_names(asked, text | near | above.telling),
        *of_cosines(section.dense, section.dense_heading, section.dense),
        section.found_at(atom),
        section.page_found,
        *_of_kind(
            asked,
            atom,
            words,
            new,
            echoed=_share_told(asked, near | above.heading) > _share_told(asked, text) + ECHOED,
        ),
        *_of_shape(asked, section, atom, words),
        max(above.heading_precise, precision_of(asked, atom.heading)),
        above.title_precise,
        1.0 / (1 + place),
        float("default" in asked.kinds and answers_kind("default", f"{atom.lead} {atom.text}")),
        float(_says_nothing(asked, atom, words, above.words, new)),
        _defines(asked, section, above, atom, place) if asked.subject else 0.0,
        float(tells_more(asked, kinds & VALUE_KINDS - EXACT_KINDS, atom.text)),
        float(tells_more(asked, kinds & EXACT_KINDS, atom.text)),
        float(atom.kind == "code" and bool(kinds & TO_DO)),
    ]


TO_DO = frozenset({"how", "command"})


def _defines(asked: Asked, section: SectionRead, above: _Above, atom: Atom, place: int) -> float:
    """1 for an atom that says what the question's subject is, and something for standing where that is said.

    That is the first below a heading that is the subject and nothing else, or at the head of such a page.
    """
    if atom.kind == "code":
        return 0.0
    told = [one_line(sentence) for sentence in sentences(atom.text)[:2]]
    said = max((defines(asked.subject, sentence) for sentence in told), default=0.0)
    head = above.title_precise if section.first or is_introduction(section.heading) else 0.0
    at_head = max(head, float(above.heading_precise == 1.0)) if place == 0 else 0.0
    if at_head == 1.0 and goes_without_name(asked.subject, told[0] if told else ""):
        said = 1.0
    return said + STANDS_AT_HEAD * at_head


def _says_nothing(asked: Asked, atom: Atom, words: Words, above: frozenset[str], new: str) -> bool:
    """Whether it only repeats the headings, or the question too and has nothing of what is asked for."""
    own = words.bare - above
    if not own and not atom.lead:
        return True
    kinds = asked.kinds - {"default"}
    if not kinds or len(own - asked.own) > NOTHING_NEW:
        return False
    return not any(answers_kind(kind, new) for kind in kinds)


def _of_words(asked: Asked, text: frozenset[str], near: frozenset[str], above: _Above) -> list[float]:
    return [
        _share_told(asked, text),
        _share_told(asked, near),
        _share_told(asked, above.heading),
        _share_told(asked, above.title),
        _share_told(asked, above.section),
        _share_told(asked, text | near | above.telling),
    ]


def of_cosines(*cosines: float) -> list[float]:
    """How much nearer in meaning than by chance."""
    return [max(0.0, cosine - CHANCE) for cosine in cosines]


def _of_kind(asked: Asked, atom: Atom, words: Words, new: str, *, echoed: bool) -> list[float]:
    """Whether it has what an answer of the kind asked for has.

    `new` is its text without the question's words; `echoed`: the question stands above it rather than in it.
    """
    values, kinds = asked.kinds & VALUE_KINDS, asked.kinds - VALUE_KINDS - {"default"}
    with_value = any(answers_kind(kind, atom.text) for kind in values)
    matched = sum(answers_kind(kind, new) for kind in kinds)
    return [
        float(with_value),
        float(bool(values) and not with_value),
        _value_near(asked, values, words),
        matched / len(kinds) if kinds else 0.5,
        float(bool(kinds) and not matched),
        float("`" in atom.text and bool(kinds & {"how", "command"})),
        float(echoed and bool(kinds & {"trouble", "reason", "how"})),
    ]


def _of_shape(asked: Asked, section: SectionRead, atom: Atom, words: Words) -> list[float]:
    return [
        1.0 / (1 + len(words.text) - len(words.text & asked.own)),
        words.length,
        words.long,
        float(atom.kind == "row"),
        float(atom.kind == "item"),
        float(section.first and len(section.excerpt.heading_path) <= 1),
        words.links,
        float(section.excerpt.language in ("", asked.language)),
    ]


@lru_cache(maxsize=4096)
def section_words(text: str) -> frozenset[str]:
    """The words of all atoms of a section."""
    return frozenset().union(*(words.text for _, words in read_section(text)))


def _value_near(asked: Asked, values: frozenset[str], words: Words) -> float:
    """How much of the question the sentence has that holds a value of the kind asked for."""
    if not values:
        return 0.0
    return max(
        (
            share_of(asked, sentence)
            for text, sentence in zip(words.said, words.sentences, strict=True)
            if any(answers_kind(kind, text) for kind in values)
        ),
        default=0.0,
    )


def share_of(asked: Asked, words: frozenset[str]) -> float:
    """How much of the question's weight the words have, 0 to 1.

    The start of a long word and a like word count less than the word; a translated word stands for what is
    not there.
    """
    return _share_told(asked, words & asked.telling)


def _share_told(asked: Asked, telling: frozenset[str]) -> float:
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
    own = sum(weight * worth[term] for term, weight in asked.weights.items() if term in worth)
    if asked.translations and own < asked.total:
        share = len(asked.translations & words) / len(asked.translations)
        own += 0.7 * share * (asked.total - own)
    return own / asked.total


@lru_cache(maxsize=8192)
def _bare_terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))


def precision_of(asked: Asked, heading: str) -> float:
    """Share of a heading's words that the question has too: a heading about this and nothing else has 1."""
    share = asked.precisions.get(heading)
    if share is None:
        share = asked.precisions[heading] = _precision_of(asked, _bare_terms(heading))
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
    if not asked.weights:
        return 0.0
    return has_word(asked, asked.weightiest, words)


def has_word(asked: Asked, word: str, words: frozenset[str]) -> float:
    """How much of a term of the question is among the words: itself, its start, or one that stands for it."""
    return max(
        (
            counts
            for other in words & asked.telling
            for term, counts in asked.stand_ins.get(other, ())
            if term == word
        ),
        default=0.0,
    )


def share_of_names(asked: Asked, words: frozenset[str]) -> float:
    """Share of the names in the question that the atom or its headings have; 1 where it names nothing."""
    return len(asked.names & words) / len(asked.names) if asked.names else 1.0
