"""Questions to check an index with: made from the documents' own headings and FAQ, and foreign ones.

A heading is not asked as it stands, for it would only find itself: every third of its words is left out. A
heading that is a question is asked as it is, as a member would.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.gate.reference import foreign_questions, small_talk
from index.text.chinese import CHARACTERS
from index.text.general_words import open_general_words
from index.text.split import Chunk
from index.text.terms import terms

Kind = Literal["heading", "faq", "foreign", "talk", "own"]
PER_PAGE = 2
"""Questions made of one page."""
MOST_PAGES = 400
"""Pages that questions are made of; of more, every second, third..."""
MOST_HEADINGS = 8
"""Headings of a page that are asked as they stand before it counts as not found."""
_LEAST_WORDS = 2
_FEW, _SHARE = 3, 0.01
"""Chunks, and the share of all, that make a word one of the documents' own..."""
_UNKNOWN, _RARE = -15.0, -11.5
"""... where general text does not know it, or knows it as rare: log-probabilities of general_words."""
_QUESTION = re.compile(
    r"[?？]\s*$|如何|怎么|怎样|为什么|什么是|吗$|^(?:how|what|why|can|does|is|where|when)\b", re.IGNORECASE
)
_PIECE = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.:/+-]*|[{CHARACTERS}]{{1,3}}|\S")


@dataclass(frozen=True)
class Question:
    """One question and what a right outcome is."""

    text: str
    kind: Kind
    pages: tuple[str, ...] = ()
    """ "source/path" of the pages that answer it, or paths alone; none for what is to be declined."""
    facts: tuple[tuple[str, ...], ...] = ()
    """Regular expressions; of each group one must match in what is found."""
    id: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the documents are meant to answer it."""
        return bool(self.pages or self.facts)


def of_documents(chunks: Sequence[Chunk]) -> list[Question]:
    """Questions of the pages' own headings, at most PER_PAGE a page, in the order of the pages."""
    headings: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for chunk in chunks:
        for heading in (*chunk.heading_path, chunk.title):
            if len(set(terms(heading))) >= _LEAST_WORDS:
                headings[chunk.source, chunk.path].setdefault(heading)
    common = _common(headings.values())
    pages = sorted(headings)
    step = max(-(-len(pages) // MOST_PAGES), 1)
    made = []
    for source, path in pages[::step]:
        own = [heading for heading in headings[source, path] if heading not in common]
        own.sort(key=lambda heading: (not _QUESTION.search(heading), _stable(heading)))
        for heading in own[:PER_PAGE]:
            kind: Kind = "faq" if _QUESTION.search(heading) else "heading"
            text = heading if kind == "faq" else shortened(heading)
            made.append(Question(text, kind, (f"{source}/{path}",)))
    return made


def _common(pages: Iterable[dict[str, None]]) -> set[str]:
    """Headings of several pages: who asks one cannot mean a certain page."""
    once: set[str] = set()
    again: set[str] = set()
    for headings in pages:
        again |= once & headings.keys()
        once |= headings.keys()
    return again


def shortened(heading: str) -> str:
    """A heading without every third of its words; at least two are left."""
    pieces = [match.group() for match in _PIECE.finditer(heading)]
    kept = [piece for number, piece in enumerate(pieces) if number % 3 != 2 or len(pieces) <= _LEAST_WORDS]
    joined = " ".join(kept)
    return re.sub(rf"(?<=[{CHARACTERS}]) (?=[{CHARACTERS}])", "", joined)


def every_heading(chunks: Sequence[Chunk], pages: Collection[str]) -> list[Question]:
    """All headings of these pages as they stand, at most MOST_HEADINGS a page, with the page's title where
    that is another."""
    made: dict[tuple[str, str], None] = {}
    for chunk in chunks:
        page = f"{chunk.source}/{chunk.path}"
        if page in pages:
            last = chunk.heading_path[-1] if chunk.heading_path else chunk.title
            made[page, last if last == chunk.title else f"{chunk.title} {last}"] = None
    counts: Counter[str] = Counter()
    found = []
    for page, text in made:
        counts[page] += 1
        if counts[page] <= MOST_HEADINGS:
            found.append(Question(text, "heading", (page,)))
    return found


def foreign(chunks: int = 0, holds: Callable[[str], int] = lambda _: 0) -> list[Question]:
    """Questions about everything else, and small talk: to be declined.

    What names a thing that these documents speak of themselves is a question for them and left out: `holds`
    gives how many of the `chunks` hold a term.
    """
    general = open_general_words()

    def is_own(term: str) -> bool:
        if not term.isascii() or (held := holds(term)) < _FEW:
            return False
        rarity = general.word(term)
        return rarity <= _UNKNOWN or (rarity <= _RARE and held >= _SHARE * chunks)

    asked = [text for text in foreign_questions() if not any(map(is_own, terms(text)))]
    return [
        *(Question(text, "foreign") for text in asked),
        *(Question(text, "talk") for text in small_talk()),
    ]


def _stable(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
