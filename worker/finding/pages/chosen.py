"""A question and its search -> the sections that are read: of the best pages, and of a few others.

The search ranks passages by how much they resemble the question; what answers often stands elsewhere on the
same page, so whole pages are taken, in the question's language and of the product that it names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from index.search.store.projects import named
from index.sources.confirmed import is_confirmed
from index.text.general_words import open_general_words
from index.text.terms import terms
from worker.excerpts import Excerpt
from worker.finding.asked import Asked
from worker.finding.forms.definition import introduction_of
from worker.finding.forms.needed import needed_query
from worker.finding.sections import SectionRead
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
NAME = -12.5
"""A folder whose word is more frequent than this in general text (natural logarithm) names no product."""


def sections_for(
    searcher: Searcher, lookup: Lookup, asked: Asked, passages: Sequence[Passage]
) -> list[SectionRead]:
    """The sections of the pages that the passages are from, and of those that may say it otherwise."""
    top = max(float(lookup.fused.max(initial=0)), 1e-6)
    rows = _pages(searcher, lookup, asked, passages)
    own = [*rows, *_introductions(searcher, lookup, asked, rows)]
    sections = [section for row in own for section in _sections(searcher, lookup, row, top)]
    return [*sections, *_said_otherwise(searcher, asked, rows)]


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
