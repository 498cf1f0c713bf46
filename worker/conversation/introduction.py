"""What the bot says of itself: what it knows, and questions that its documents answer.

The questions are the documents' own headings as somebody would ask them (worker/conversation/examples.py),
and of those only the ones that the documents answer from the very section under the heading; so a newcomer's
first try shows what the bot can do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.messages import say
from worker.conversation.examples import Example, examples
from worker.finding import find, support

if TYPE_CHECKING:
    from index.gate.gate import Gate
    from index.search.searcher import Searcher

SHOWN = 3
LOOKED_AT = 12_000
"""Chunks whose headings are looked at, spread over all."""
MOST_SOURCES = 6


def introduction_of(searcher: Searcher, gate: Gate, language: str) -> list[str]:
    """Paragraphs of Markdown: how many documents there are and from where, and questions they answer."""
    statistics = searcher.statistics
    sources = ("、" if language == "zh" else ", ").join(list(statistics.sources)[:MOST_SOURCES])
    name = "knows_one" if statistics.documents == 1 else "knows"
    lines = [say(name, language, documents=statistics.documents, sources=sources or "-")]
    if questions := _samples(searcher, gate, language):
        lines += [say("try_asking", language), "\n".join(f"- {question}" for question in questions)]
    return lines


@lru_cache(maxsize=8)
def _samples(searcher: Searcher, gate: Gate, language: str) -> tuple[str, ...]:
    chunks = searcher.chunks[:: max(len(searcher.chunks) // LOOKED_AT, 1)]
    own = [chunk for chunk in chunks if chunk.language == language]
    return tuple(example.text for example in answered(searcher, gate, examples(own or chunks), SHOWN))


def answered(searcher: Searcher, gate: Gate, made: list[Example], most: int) -> list[Example]:
    """The first `most` that the section they were made of answers, of several pages if possible."""
    found: list[Example] = []
    again: list[Example] = []
    for example in made:
        if len(found) == most:
            break
        if _is_answered(searcher, gate, example):
            met = any(example.chunk.path == one.chunk.path for one in found)
            (again if met else found).append(example)
    return [*found, *again][:most]


def _is_answered(searcher: Searcher, gate: Gate, example: Example) -> bool:
    lookup = searcher.look_up(example.text)
    passages = searcher.search(example.text, find.PASSAGES, lookup)
    decision = gate.decide(example.text, passages, True, lookup=lookup)
    if decision.verdict != "answer":
        return False
    read = find.find(searcher, lookup, passages, decision, find.similarity_of(searcher))
    if not support.answers(read.support):
        return False
    first, chunk = read.quotes[0].excerpt, example.chunk
    own = first.heading_path[: len(chunk.heading_path)] == tuple(chunk.heading_path)
    return first.path == chunk.path and own
