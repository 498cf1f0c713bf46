"""The best pages of a search, read whole: every atom that could be the answer, with what is measured of it.

The search ranks passages by how much they resemble the question, and what resembles it most is often its
echo: a heading, an introduction, a list of links. So whole pages are read, and every atom is measured by
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.search.store.projects import named
from index.sources.confirmed import is_confirmed
from index.text.general_words import open_general_words
from index.text.terms import terms
from worker.excerpts import Excerpt
from worker.finding.asked import Asked, read_question
from worker.finding.blocks.atoms import Atom
from worker.finding.blocks.labels import is_way_of
from worker.finding.features import BODY, MEANING, measure, of_cosines
from worker.finding.forms.abbreviated import explained_in
from worker.finding.forms.beside import Key, Page, named_in, of_others
from worker.finding.forms.definition import introduction_of
from worker.finding.forms.needed import needed_query
from worker.finding.forms.numbered import (
    is_of_another,
    is_of_another_release,
    numbered_in,
    numbers_of,
    release_in,
)
from worker.finding.ranking import rank
from worker.finding.sections import SectionRead, Words, read_section
from worker.finding.turned import off_query

if TYPE_CHECKING:
    from index.search.searcher import Lookup, PageSection, Passage, Searcher
    from index.text.split import Chunk

PAGES = 8
"""Pages that are read."""
INTRODUCTIONS = 4
"""Pages more that are read where a question asks what something is."""
OTHERWISE = 3
"""Pages more that are read where pages say what is asked in words that the question has not."""
SECTIONS = 24
"""Sections of one page that are read, the best by the search: of a manual in one page not all."""
LOOKED_AT = 24
"""Atoms whose meaning is compared, the best by all that costs nothing."""
NAME = -12.5
"""A folder whose word is more frequent than this in general text (natural logarithm) names no product."""
SCORE = attrgetter("score")
Similarity = Callable[[str, Sequence[str]], Sequence[float]]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Candidate:
    """An atom that could be the answer, or part of it."""

    atom: Atom
    section: SectionRead
    place: int
    """Number of the atom in its section."""
    numbers: tuple[float, ...] = ()
    """What features.FEATURES names."""
    score: float = 0.0
    """How likely it is to answer, on no scale in particular."""


@dataclass(frozen=True)
class Reading:
    """A question and every atom that was read for it, the best first."""

    asked: Asked
    candidates: tuple[Candidate, ...]
    second: bool = False
    """Whether the best were looked at again."""


def read_pages(
    searcher: Searcher, lookup: Lookup, passages: Sequence[Passage], similarity: Similarity | None
) -> Reading:
    """Reads the pages that the passages are from."""
    lexical = searcher.lexical
    near = searcher.words.near(lookup.query, searcher.embedder)
    asked = read_question(lookup.query, lexical.idf, lambda word: lexical.document_frequency(word) > 0, near)
    top = max(float(lookup.fused.max(initial=0)), 1e-6)
    rows = _pages(searcher, lookup, asked, passages)
    sections = [
        section
        for row in [*rows, *_introductions(searcher, lookup, asked, rows)]
        for section in _sections(searcher, lookup, row, top)
    ]
    return read(asked, [*sections, *_said_otherwise(searcher, asked, rows)], similarity)


def read_excerpts(question: str, excerpts: Sequence[Excerpt], similarity: Similarity | None) -> Reading:
    """Reads excerpts that no index knows, such as web pages. Rare is then what few of them have."""
    texts = [frozenset(terms(f"{excerpt.name} {excerpt.text}")) for excerpt in excerpts]

    def idf(word: str) -> float:
        return float(np.log((len(texts) + 1) / (1 + sum(word in text for text in texts))) + 1)

    asked = read_question(question, idf, lambda word: any(word in text for text in texts))
    top = max((excerpt.score for excerpt in excerpts), default=0.0)
    sections = [
        SectionRead(
            excerpt=excerpt,
            found=excerpt.score / top if top > 0 else 1 - 0.1 * place,
            page_found=excerpt.score / top if top > 0 else 1 - 0.1 * place,
            at=place,
        )
        for place, excerpt in enumerate(excerpts[:PAGES])
    ]
    return read(asked, sections, similarity)


def read(asked: Asked, sections: Sequence[SectionRead], similarity: Similarity | None) -> Reading:
    """Measures every atom of the sections, those that look best by their meaning too."""
    asked = asked.with_forms(form for section in sections for form in _explained_in(section.excerpt))
    pieces = [
        (atom, section, place)
        for section in sections
        for place, (atom, _) in enumerate(read_section(section.excerpt.text))
    ]
    numbers = [measure(asked, section, read_section(section.excerpt.text)) for section in sections]
    rough = _scored(pieces, [own for of_section in numbers for own in of_section])
    for about_it in (_of_its_number, _of_its_release, _without_passed_over, _of_the_thing_named):
        rough = about_it(asked, rough)
    if similarity is None or not rough:
        return Reading(asked, tuple(rough))
    looked_at, others = rough[:LOOKED_AT], rough[LOOKED_AT:]
    texts = dict.fromkeys(text for candidate in looked_at for text in _texts(candidate))
    cosines = dict(zip(texts, similarity(asked.about, list(texts)), strict=True))
    pieces = [(one.atom, one.section, one.place) for one in looked_at]
    again = [*_scored(pieces, [_with_meaning(one, cosines) for one in looked_at]), *others]
    return Reading(asked, tuple(sorted(again, key=SCORE, reverse=True)))


def _explained_in(excerpt: Excerpt) -> Iterator[tuple[str, frozenset[str]]]:
    """The short and long forms that a section, its title and the headings above it explain."""
    for text in (excerpt.title, *excerpt.heading_path, excerpt.text):
        yield from explained_in(text)


def _of_its_number(asked: Asked, candidates: list[Candidate]) -> list[Candidate]:
    """Without those about another of the same name, where the question names one by its number and any piece
    has it."""
    one = numbered_in(asked.text)
    if one is None or not any(one.number in numbers_of(one.name, of.atom.text) for of in candidates):
        return candidates
    return [of for of in candidates if not is_of_another(one, _above(of), of.atom.told)]


def _of_its_release(asked: Asked, candidates: list[Candidate]) -> list[Candidate]:
    """Without what stands under another release than the one that is asked about: "Kestrel 2.x"."""
    one = release_in(asked.text)
    if one is None:
        return candidates
    return [of for of in candidates if not is_of_another_release(one, _above(of))]


def _without_passed_over(asked: Asked, candidates: list[Candidate]) -> list[Candidate]:
    """Without what stands under a way that the question does not want: "without Docker"."""
    if not asked.passed_over:
        return candidates
    return [one for one in candidates if not _is_passed_over(asked.passed_over, one)]


def _is_passed_over(ways: frozenset[str], candidate: Candidate) -> bool:
    atom = candidate.atom
    label = atom.heading or (atom.lead if atom.kind == "code" else "") or candidate.section.heading
    return is_way_of(label, atom.text if atom.kind == "code" else "", ways)


def _of_the_thing_named(asked: Asked, candidates: list[Candidate]) -> list[Candidate]:
    """Without those of pages of the same form about another thing than the one that the question names."""
    headings: dict[Key, set[str]] = {}
    titles: dict[Key, str] = {}
    for one in candidates:
        excerpt = one.section.excerpt
        titles[_page(one)] = excerpt.title
        headings.setdefault(_page(one), set()).update(excerpt.heading_path[-1:])
    pages = {key: Page.of(*key, titles[key], own) for key, own in headings.items()}
    others = of_others(pages, asked.text)
    return [one for one in candidates if not _lacks(one, others.get(_page(one), frozenset()))]


def _page(candidate: Candidate) -> Key:
    return candidate.section.excerpt.source_name, candidate.section.excerpt.path


def _lacks(candidate: Candidate, names: frozenset[str]) -> bool:
    """Whether neither it nor its headings have any of the names."""
    above = " ".join(candidate.section.excerpt.heading_path)
    return bool(names) and not named_in(f"{candidate.atom.told} {candidate.atom.heading} {above}", names)


def _above(candidate: Candidate) -> Iterator[str]:
    """The headings that an atom stands under, the nearest first."""
    excerpt = candidate.section.excerpt
    return iter((candidate.atom.heading, *reversed(excerpt.heading_path), excerpt.title))


def _scored(
    pieces: Sequence[tuple[Atom, SectionRead, int]], numbers: Sequence[tuple[float, ...]]
) -> list[Candidate]:
    """The atoms of sections, each with its place, these numbers and its score; the best first, equal ones as
    they came."""
    if not pieces:
        return []
    scores = rank(np.array(numbers)).tolist()
    found = [Candidate(*one, own, score) for one, own, score in zip(pieces, numbers, scores, strict=True)]
    return sorted(found, key=SCORE, reverse=True)


def _with_meaning(candidate: Candidate, cosines: dict[str, float]) -> tuple[float, ...]:
    """Its numbers, with those of its own meaning in the place of its section's."""
    numbers = list(candidate.numbers)
    text, heading = _texts(candidate)
    numbers[MEANING : MEANING + 2] = of_cosines(cosines[text], cosines[heading])
    return tuple(numbers)


def _texts(candidate: Candidate) -> tuple[str, str]:
    """What an atom's meaning is taken from, and its heading's."""
    atom, excerpt = candidate.atom, candidate.section.excerpt
    heading = atom.heading.replace("_", " ") or (
        excerpt.heading_path[-1] if excerpt.heading_path else excerpt.title
    )
    return atom.plain[:BODY], heading


def _pages(searcher: Searcher, lookup: Lookup, asked: Asked, passages: Sequence[Passage]) -> list[int]:
    """A chunk of each page, in the question's language where the page has a copy in it.

    Where the question names a product, none of another product's pages.
    """
    first: dict[tuple[str, str], int] = {}
    for passage in passages:
        row = searcher.copy_in(passage.row, asked.language, lookup)
        chunk = searcher.chunks[row]
        first.setdefault((chunk.source, chunk.path), row)
    apart = asked.needed if _is_for_another(searcher, asked) else None
    chunks = {
        row: chunk for row in first.values() if product_of((chunk := searcher.chunks[row]).path) != apart
    }
    return _of_named_products(chunks, asked.text, several=len(searcher.projects) > 1)[:PAGES]


def _is_for_another(searcher: Searcher, asked: Asked) -> bool:
    """Whether a version is needed by another product that is named: its own pages say which."""
    return bool(asked.needed and named(asked.text, map(str.lower, searcher.projects)) - {asked.needed})


def _of_named_products(chunks: Mapping[int, Chunk], question: str, *, several: bool) -> list[int]:
    """The rows of the products that the question names; all of them where it names none.

    A product is a folder at the top of a source, or a source among `several`. What belongs to no product is
    everybody's, but beside a source that is named it must speak of it.
    """
    folders = {row: product_of(chunk.path) for row, chunk in chunks.items()}
    sources = {row: product_of(f"{chunk.source}/-") if several else "" for row, chunk in chunks.items()}
    named_folders = named(question, filter(None, folders.values()))
    named_sources = named(question, filter(None, sources.values()))
    return [
        row
        for row, chunk in chunks.items()
        if not named_folders | named_sources
        or {folders[row], sources[row]} & (named_folders | named_sources)
        or (not named_sources and not folders[row])
        or (named_sources and not sources[row] and _speaks_of(chunk, named_sources))
    ]


def _speaks_of(chunk: Chunk, names: Collection[str]) -> bool:
    text = f"{chunk.path} {chunk.title} {' '.join(chunk.heading_path)} {chunk.text}".lower()
    return any(name in text for name in names)


def _introductions(searcher: Searcher, lookup: Lookup, asked: Asked, rows: Sequence[int]) -> list[int]:
    """A chunk of each page that may say what the question asks to be told; none for any other question.

    The search finds the pages that use a word most, and the name of a product is on all of them.
    """
    if not asked.subject:
        return []
    query = introduction_of(asked.subject, asked.language)
    passages = searcher.search(query, INTRODUCTIONS * 2, lookup=searcher.look_up(query))
    read = {_page_of(searcher, row) for row in rows}
    more = _pages(searcher, lookup, asked, passages)
    return [row for row in more if _page_of(searcher, row) not in read][:INTRODUCTIONS]


def _said_otherwise(searcher: Searcher, asked: Asked, rows: Sequence[int]) -> list[SectionRead]:
    """The sections of pages that may say how what the question wants no more is turned off, or which version
    is needed.

    Scored by a search of their own: the question has the words of pages that say something else.
    """
    query = off_query(asked)
    if asked.needed:
        query = needed_query(asked.needed, asked.language)
    if not query:
        return []
    lookup = searcher.look_up(query)
    top = max(float(lookup.fused.max(initial=0)), 1e-6)
    read = {_page_of(searcher, row) for row in rows}
    more = _pages(searcher, lookup, asked, searcher.search(query, OTHERWISE * 2, lookup=lookup))
    own = [row for row in more if _page_of(searcher, row) not in read][:OTHERWISE]
    return [section for row in own for section in _sections(searcher, lookup, row, top)]


def _page_of(searcher: Searcher, row: int) -> tuple[str, str]:
    return searcher.chunks[row].source, searcher.chunks[row].path


def product_of(path: str) -> str:
    """The folder at the top of a path where its name is a name and no word that anybody uses; else empty."""
    folder, _, rest = path.partition("/")
    own = [word for word in terms(folder) if word.isalpha()]
    if not rest or not own or any(open_general_words().word(word) > NAME for word in own):
        return ""
    return folder.lower()


def _sections(searcher: Searcher, lookup: Lookup, row: int, top: float) -> list[SectionRead]:
    """The best sections of the page that a chunk is from, in order."""
    sections = searcher.page(row)
    best = [lookup.best(lookup.fused, section.first, section.last) for section in sections]
    chosen = sorted(np.argsort(-np.array(best), kind="stable")[:SECTIONS])
    return [
        _section(searcher, lookup, sections[place], best[place], max(best), top, at=place) for place in chosen
    ]


def _section(
    searcher: Searcher,
    lookup: Lookup,
    section: PageSection,
    best: float,
    of_page: float,
    top: float,
    *,
    at: int,
) -> SectionRead:
    """`best` and `of_page`: the best score in the section and in its page; `top`: of all that was found."""
    chunk, rows, found = section.chunk, range(section.first, section.last + 1), best / top
    return SectionRead(
        excerpt=Excerpt(
            number=0,
            title=chunk.title,
            text=searcher.text(section),
            heading_path=tuple(chunk.heading_path),
            url=chunk.url,
            path=chunk.path,
            language=chunk.language,
            updated_at=chunk.updated_at,
            score=found,
            colleague=is_confirmed(chunk.source),
            source_name=chunk.source,
        ),
        found=found,
        page_found=of_page / top,
        dense=lookup.best(lookup.dense_text, section.first, section.last),
        dense_heading=lookup.best(lookup.dense_headings, section.first, section.last),
        first=at == 0,
        at=at,
        chunks=tuple((searcher.chunks[row].text, lookup.score(row) / top) for row in rows),
    )


__all__ = ["Candidate", "Reading", "Words", "product_of", "read_excerpts", "read_pages"]
