"""Pages to mend: said twice, said differently, without a title."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.config.fences import prose
from index.search.copies import page_key
from index.text.chinese import CHARACTERS
from index.text.split import Chunk

Place = tuple[str, str]
"""Source and path."""
_LEAST_TEXT = 80
"""Characters of a chunk from which on it counts for a duplicate."""
_SAME_SHARE = 0.6
"""Of a page's text that stands on another page too: the page is a duplicate."""
_LEAST_SENTENCE, _MOST_SENTENCE = 20, 300
_MOST_PAGES = 3
"""A sentence of more pages is a form to fill in, not a statement."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"(?<=[!?。！？；;])\s*|(?<=\.)(?![\w`])\s*|\n+")
"""Not a dot inside a number, an address or a name."""
_ADDRESS = re.compile(r"\]\([^()]*+\)|(?<!\S)\S*?://\S*+")
_NO_PROSE = re.compile(rf"^\s*[>#`<-]|[{{}}=|\[\]#]|^[^A-Za-z{CHARACTERS}]*$")
_TITLED = re.compile(r"^(?!(.*/)?\.).*\.(md|markdown|mdx|rst|html?|txt)$", re.IGNORECASE)
_VERSION = re.compile(r"v\d|version|版本|release|发布|20\d\d")


@dataclass(frozen=True)
class Duplicate:
    """Two pages that say much the same."""

    page: str
    other: str
    share: float
    """Of `page` that stands in `other` too."""


@dataclass(frozen=True)
class Contradiction:
    """One statement with different numbers on two pages."""

    page: str
    other: str
    says: str
    other_says: str


def duplicates(chunks: Sequence[Chunk]) -> list[Duplicate]:
    """Pages whose text stands word for word on another page; copies in two languages are none."""
    holders: dict[str, set[Place]] = defaultdict(set)
    texts: dict[Place, Counter[str]] = defaultdict(Counter)
    for chunk in chunks:
        text = " ".join(chunk.text.split())
        place = (chunk.source, chunk.path)
        texts[place][text] += len(text)
        if len(text) >= _LEAST_TEXT:
            holders[text].add(place)
    shared: Counter[tuple[Place, Place]] = Counter()
    for text, places in holders.items():
        ordered = sorted(places)
        for place in ordered[: _MOST_PAGES + 1]:
            for other in ordered[: _MOST_PAGES + 1]:
                if place != other:
                    shared[place, other] += len(text)
    found: list[Duplicate] = []
    for (place, other), size in shared.items():
        share = size / max(sum(texts[place].values()), 1)
        if share >= _SAME_SHARE and page_key(*place) != page_key(*other):
            found.append(Duplicate("/".join(place), "/".join(other), round(share, 2)))
    return _once(sorted(found, key=lambda one: (-one.share, one.page, one.other)))


def _once(found: list[Duplicate]) -> list[Duplicate]:
    """Each pair of pages once."""
    kept: dict[frozenset[str], Duplicate] = {}
    for one in found:
        kept.setdefault(frozenset((one.page, one.other)), one)
    return list(kept.values())


def contradictions(chunks: Sequence[Chunk]) -> list[Contradiction]:
    """Sentences that differ between two pages in their numbers alone."""
    said: dict[str, dict[Place, str]] = defaultdict(dict)
    for chunk in chunks:
        for sentence in _sentences(chunk.text):
            said[_NUMBER.sub("#", sentence).lower()].setdefault((chunk.source, chunk.path), sentence)
    found = []
    for statements in said.values():
        if not 2 <= len(statements) <= _MOST_PAGES:
            continue
        (first, one), *others = sorted(statements.items())
        for place, other in others:
            if _NUMBER.findall(one) != _NUMBER.findall(other):
                found.append(Contradiction("/".join(first), "/".join(place), one, other))
    return sorted(found, key=lambda one: (one.page, one.other, one.says))


def _sentences(text: str) -> list[str]:
    """Prose with numbers in it; code, tables, links and versions left out."""
    plain = _ADDRESS.sub(" ", prose(text))
    sentences = [" ".join(part.split()) for part in _SENTENCE_END.split(plain)]
    return [
        sentence
        for sentence in sentences
        if _LEAST_SENTENCE <= len(sentence) <= _MOST_SENTENCE
        and _NUMBER.search(sentence)
        and not _NO_PROSE.search(sentence)
        and not _VERSION.search(sentence.lower())
        and len(_NUMBER.sub("", sentence)) >= _LEAST_SENTENCE * 0.7
    ]


def untitled(chunks: Sequence[Chunk]) -> list[str]:
    """Pages that are called after their file, in order; only of kinds that can begin with a heading, and not
    of hidden folders."""
    pages = {(chunk.source, chunk.path): chunk for chunk in chunks if _TITLED.search(chunk.path)}
    return sorted("/".join(place) for place, chunk in pages.items() if _named_by_file(chunk))


def _named_by_file(chunk: Chunk) -> bool:
    from index.sources.reading.documents import title_from

    return chunk.title == title_from(chunk.path) and chunk.title not in chunk.heading_path[:1]
