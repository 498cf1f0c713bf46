"""The best pages of a search, read whole: every atom that could be the answer, with what is measured of it.

The search ranks passages by how much they resemble the question, and what resembles it most is often its
echo: a heading, an introduction, a list of links. So whole pages are read, and every atom is measured by
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.text.terms import terms
from worker.excerpts import Excerpt
from worker.finding.asked import Asked, read_question
from worker.finding.blocks.atoms import Atom
from worker.finding.blocks.labels import is_way_of
from worker.finding.features import BODY, MEANING, measure, of_cosines
from worker.finding.forms.abbreviated import explained_in
from worker.finding.forms.beside import Key, Page, named_in, of_others
from worker.finding.forms.numbered import (
    is_of_another,
    is_of_another_release,
    numbered_in,
    numbers_of,
    release_in,
)
from worker.finding.pages.chosen import PAGES, sections_for
from worker.finding.ranking import rank
from worker.finding.sections import SectionRead, Words, read_section

if TYPE_CHECKING:
    from index.search.searcher import Lookup, Passage, Searcher

LOOKED_AT = 24
"""Atoms whose meaning is compared, the best by all that costs nothing."""
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
    return read(asked, sections_for(searcher, lookup, asked, passages), similarity)


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


__all__ = ["Candidate", "Reading", "Words", "read_excerpts", "read_pages"]
