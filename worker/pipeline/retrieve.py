"""Retrieve: the passages that go to the engine, numbered, within a token budget, cut at sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import QuestionTooLong
from index.sources.confirmed import is_confirmed
from worker.excerpts import Excerpt, numbered
from worker.finding.find import Found
from worker.finding.quotes import material_of
from worker.llm import LLM
from worker.prompts import Prompts
from worker.sentences import cut

if TYPE_CHECKING:
    from index.search.searcher import Passage

MATERIAL_TOKENS = 3000
"""Most tokens of material in one prompt: more slows the answer without improving it."""
LEAST_TOKENS = 40
"""A passage that would be cut shorter than this is left out."""
MARGIN = 64
"""Tokens kept free for the chat template."""
LARGEST_SHARE = 0.5
"""One passage takes at most this share of the budget."""


def excerpts_of(passages: Sequence[Passage]) -> list[Excerpt]:
    """Passages as excerpts, in order; a section that two passages grew to is kept once."""
    seen: set[tuple[str, str, str]] = set()
    found = []
    for passage in passages:
        chunk = passage.chunk
        key = (chunk.source, chunk.path, passage.text)
        if key in seen:
            continue
        seen.add(key)
        found.append(
            Excerpt(
                number=0,
                title=chunk.title,
                text=passage.text,
                heading_path=tuple(chunk.heading_path),
                url=chunk.url,
                path=chunk.path,
                language=chunk.language,
                updated_at=chunk.updated_at,
                score=passage.score,
                colleague=is_confirmed(chunk.source),
                source_name=chunk.source,
            )
        )
    return numbered(found)


def with_quotes(found: Found, passages: Sequence[Passage]) -> list[Excerpt]:
    """What answers best comes first, read from its whole page; then the passages that are not the same."""
    quoted = [replace(quote.excerpt, text=material_of(quote, found.reading)) for quote in found.quotes]
    places = {(excerpt.path, excerpt.heading_path) for excerpt in quoted}
    others = [
        excerpt for excerpt in excerpts_of(passages) if (excerpt.path, excerpt.heading_path) not in places
    ]
    return numbered([*quoted, *others])


def material_budget(question: str, language: str, llm: LLM, max_answer_tokens: int) -> int:
    """Tokens left for material. Raises QuestionTooLong when the question leaves too little of the context."""
    bare = Prompts(question, [], language)
    fixed = max(llm.count_tokens(bare.answer().text), llm.count_tokens(bare.score().text))
    left = llm.context_tokens - fixed - max_answer_tokens - MARGIN
    if left < LEAST_TOKENS * 4:
        raise QuestionTooLong(
            f"the question is too long ({llm.count_tokens(question)} tokens, and the model reads "
            f"{llm.context_tokens} in all): shorten it, and keep only the lines of a log that matter"
        )
    return min(left, MATERIAL_TOKENS)


def fit(excerpts: Sequence[Excerpt], budget: int, count: Callable[[str], int]) -> list[Excerpt]:
    """As many excerpts as fit into `budget` tokens, in order, the last ones cut at a sentence; renumbered."""
    kept: list[Excerpt] = []
    left = budget
    for excerpt in excerpts:
        overhead = count(excerpt.name) + 40
        room = min(left - overhead, int(budget * LARGEST_SHARE))
        text = cut(excerpt.text, room, count) if room > 0 else ""
        if not text or (text != excerpt.text and count(text) < LEAST_TOKENS):
            continue
        kept.append(excerpt if text == excerpt.text else replace(excerpt, text=text))
        left -= count(text) + overhead
        if left < LEAST_TOKENS:
            break
    return numbered(kept)
