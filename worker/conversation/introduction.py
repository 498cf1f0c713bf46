"""What the bot says of itself: what it knows, and questions that its documents answer.

The questions are made of the documents' own headings, those that ask already first, spread over the pages,
and of those only the ones the gate would answer; so a newcomer's first try shows what the bot can do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.messages import say

if TYPE_CHECKING:
    from index.gate.gate import Gate
    from index.search.searcher import Searcher
    from index.text.split import Chunk

TRIED = 18
SHOWN = 3
LOOKED_AT = 4000
"""Chunks whose headings are looked at, spread over all."""
MOST_SOURCES = 6
_QUESTION = re.compile(r"[?？]\s*$|^(怎么|如何|为什么|什么是|how|why|what|when|where|can|does|is)\b", re.I)
_NO_SUBJECT = re.compile(
    r"^[\W\d_v.]*$|^(introduction|overview|table of contents|目录|简介|概述|faq|changelog)$", re.I
)
_NUMBER = re.compile(r"^(?:q\s*+\d*+|\d++(?:\.\d++)*+)\s*+[.:：、)]\s*+", re.I)


def introduction_of(searcher: Searcher, gate: Gate, language: str) -> list[str]:
    """Paragraphs of Markdown: how many documents there are and from where, and questions they answer."""
    statistics = searcher.statistics
    sources = ("、" if language == "zh" else ", ").join(list(statistics.sources)[:MOST_SOURCES])
    lines = [say("knows", language, documents=statistics.documents, sources=sources or "-")]
    if questions := _samples(searcher, gate, language):
        lines += [say("try_asking", language), "\n".join(f"- {question}" for question in questions)]
    return lines


@lru_cache(maxsize=8)
def _samples(searcher: Searcher, gate: Gate, language: str) -> tuple[str, ...]:
    chunks = searcher.chunks[:: max(len(searcher.chunks) // LOOKED_AT, 1)]
    own = [chunk for chunk in chunks if chunk.language == language]
    found: list[str] = []
    for question in headings_as_questions(own or chunks):
        lookup = searcher.look_up(question)
        if gate.decide(question, (), True, lookup=lookup).verdict != "decline":
            found.append(question)
        if len(found) == SHOWN:
            break
    return tuple(found)


def headings_as_questions(chunks: Iterable[Chunk]) -> list[str]:
    """Up to TRIED questions from headings, those that ask already first."""
    asking: dict[str, None] = {}
    naming: dict[str, None] = {}
    for chunk in sorted(chunks, key=_spread):
        heading = _NUMBER.sub(
            "", (chunk.heading_path[-1] if chunk.heading_path else chunk.title).strip(" #`*")
        )
        if not 3 <= len(heading) <= 60 or _NO_SUBJECT.match(heading) or chunk.bare:
            continue
        if _QUESTION.search(heading):
            asking[heading] = None
        elif len(heading.split()) >= 2 or chunk.language == "zh":
            naming[_asked(heading, chunk.language)] = None
    half = TRIED // 2
    first = list(asking)[: max(half, TRIED - len(naming))]
    return [*first, *naming][:TRIED]


def _asked(heading: str, language: str) -> str:
    return f"{heading}是怎么回事？" if language == "zh" else f"How does {heading} work?"


def _spread(chunk: Chunk) -> str:
    """The same order in every run, and not one page after another."""
    return hashlib.sha256(f"{chunk.path}{chunk.position}".encode()).hexdigest()[:8]
