"""A section of a page as it is measured: its atoms, and the terms of each and of what stands above it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from index.text.terms import terms
from worker.excerpts import Excerpt
from worker.finding.blocks.atoms import Atom, atoms_of
from worker.finding.telling import START
from worker.sentences import sentences

_NUMBERS = dict(one=1, two=2, three=3, four=4, five=5, six=6, seven=7, eight=8, nine=9, ten=10)
_CHINESE = "一二三四五六七八九"
_STAGE = re.compile(
    r"\W{0,4}(?:(?:step|stage|phase)\s{0,2}#?\s?"
    rf"(\d{{1,2}}|{'|'.join(_NUMBERS)})\b|第\s?([{_CHINESE}十\d]{{1,3}})\s?(?:步|阶段)|"
    rf"(?:步骤|阶段)\s?([{_CHINESE}十\d]{{1,3}})(?![{_CHINESE}十\d]))",
    re.IGNORECASE,
)
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
    at: int = 0
    """Its place among the sections of its page."""
    chunks: tuple[tuple[str, float], ...] = ()
    """Text and score of each of its chunks, the score as `found` is given."""

    @property
    def heading(self) -> str:
        """The heading right above it; the page's title where there is none.

        "Step 2: Import" with the heading above it: that says what it is a step of.
        """
        own = self.excerpt.heading_path[-1] if self.excerpt.heading_path else self.excerpt.title
        return f"{self.procedure[-1]} {own}" if self.stage else own

    @property
    def stage(self) -> int:
        """Which step of a procedure its heading says it is, from 1 on; 0 for a section that is none."""
        path = self.excerpt.heading_path
        return stage_of(path[-1]) if path else 0

    @property
    def procedure(self) -> tuple[str, ...]:
        """Title and headings above its own."""
        return (self.excerpt.title, *self.excerpt.heading_path[:-1])

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
    """The same of its sentences; those of a table, its rows, each with the names of the columns."""
    links: float
    """The share of its characters that are links."""
    bare: frozenset[str]
    """The terms of the atom without any starts."""
    said: tuple[str, ...]
    """The sentences that `sentences` are of."""
    shape: tuple[float, float, float, float]
    """How long it is, how much longer than a card likes, and whether it is a row, an item."""


@lru_cache(maxsize=4096)
def stage_of(heading: str) -> int:
    """The number in "Step 2: Import" or 第二步：导入; 0 where a heading has none."""
    found = _STAGE.match(heading)
    if found is None:
        return 0
    number = next(group for group in found.groups() if group).lower()
    if number.isdecimal():
        return int(number)
    return _NUMBERS.get(number) or _of_chinese(number)


def _of_chinese(number: str) -> int:
    """As in 三, 十二 and 二十; 0 for what is no number."""
    tens, ten, ones = number.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or not set(tens + ones) <= set(_CHINESE):
        return 0
    return (10 * (_CHINESE.find(tens) + 1 if tens else 1) if ten else 0) + (
        _CHINESE.find(ones) + 1 if ones else 0
    )


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


def _head_of(atom: Atom) -> str:
    """The names of a table's columns: each row says what it says of them."""
    head = {"row": atom.lead, "table": atom.text}.get(atom.kind, "")
    return head.split("\n", 1)[0]


def _words(atom: Atom) -> Words:
    text, said = atom.text, tuple(sentences(atom.text)[:12])
    own = terms(text)
    columns = terms(_head_of(atom))
    return Words(
        text=with_starts(own),
        near=with_starts(terms(f"{atom.heading} {atom.lead}")),
        sentences=tuple(with_starts([*terms(sentence), *columns]) for sentence in said),
        links=min(1.0, sum(map(len, _LINK_TEXT.findall(text))) / (len(text) + 1)),
        bare=frozenset(own),
        said=said,
        shape=(
            min(1.0, math.log1p(len(text)) / 8),
            max(0.0, len(text) / 600 - 1),
            float(atom.kind == "row"),
            float(atom.kind == "item"),
        ),
    )


@lru_cache(maxsize=8192)
def words_of(text: str) -> frozenset[str]:
    """Distinct terms of a heading, a title or a path."""
    return with_starts(terms(text))


@lru_cache(maxsize=4096)
def section_words(text: str) -> frozenset[str]:
    """The words of all atoms of a section."""
    return frozenset().union(*(words.text for _, words in read_section(text)))
