"""Which blocks of the excerpts answer a question best: what the answerer with no model quotes.

It picks the block (paragraph, list, command) whose words and meaning are nearest to the question, takes
the blocks that belong to it (the list after "run these steps:", the sentence before a command), and adds
a second source when that is nearly as good. Of a long table only the rows are shown that answer. How high
the search ranks an excerpt counts much: it has seen the whole index. Nothing is reworded, so nothing can be
made up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.text.chinese import count_chinese
from index.text.terms import terms
from worker.engines.extractive.quotable_parts import CUT, Part, announces, parts_of, section
from worker.engines.extractive.relevance import Relevance
from worker.excerpts import Excerpt
from worker.prompts import Prompt
from worker.sentences import MarkdownBlock, blocks, cut

QUOTED_EXCERPTS = 4
"""How many excerpts are looked at; search has ranked them already."""
FIRST_QUOTE, NEXT_QUOTE = 420, 260
"""Longest quote from the first and from the second source, in estimated tokens."""
LEAST_RELEVANCE = 0.12
"""Below this no block is about the question."""
SECOND_SHARE = 0.85
"""A second source is quoted from this share of the first one's relevance on."""
SECOND_WORDS = 0.5
"""... and when it has this share of the question's words."""
COMMAND_BONUS, LIST_BONUS = 1.35, 1.15
"""Factors for a block that leads to a command or a list of steps, when the question asks how."""
COMMAND_REACH, LIST_REACH = 3, 2
"""So many blocks on, the command or the list still belongs to the block that leads to it."""
NEXT_SECTION = 0.95
"""To a short section the excerpt's next best one is added from this share of its score on."""
RANK_LOSS = 0.12
"""What each lower place in the search result costs."""
STANDING = 4
"""Power of an excerpt's score in the search against the best one's: how much the search counts."""
OTHER_LANGUAGE = 0.65
"""Factor for an excerpt that is not in the question's language."""
INTRODUCTION = 0.8
"""Factor for a page's introduction: it says what the page is about and answers little."""
_HEADING = re.compile(r"\*\*[^*\n]+\*\*")
_ASKS_HOW = re.compile(r"怎|如何|步骤|教程|命令|\bhow\b|\bsteps?\b|\bcommand", re.IGNORECASE)
_ATTACHED = {"code", "list", "table"}


@dataclass(frozen=True)
class Quote:
    """Blocks of one excerpt around the best one, and how well they fit."""

    excerpt: Excerpt
    text: str
    relevance: float
    shared: float
    """Share of the question's words that the blocks or their headings have."""


def estimate_tokens(text: str) -> int:
    """Tokens of a text where no tokenizer is at hand, rather too many than too few."""
    chinese = count_chinese(text)
    return chinese + math.ceil((len(text) - chinese) / 3)


def choose(prompt: Prompt) -> list[Quote]:
    """The one or two quotes that answer best, the best first; empty when none is about the question.

    A quote in another language stands only where none in the question's language is nearly as good.
    """
    ranked = sorted(_quotes(prompt), key=lambda quote: -quote.relevance)
    if not ranked or ranked[0].relevance < LEAST_RELEVANCE:
        return []
    best, *others = ranked
    near = [
        other
        for other in others
        if other.relevance >= SECOND_SHARE * best.relevance
        and other.shared >= SECOND_WORDS
        and other.excerpt.language in ("", prompt.language)
    ]
    if near and best.excerpt.language not in ("", prompt.language):
        best, *near = near
    for other in near:
        short = "" if _repeats(other.text, best.text) else _shortened(other.text, NEXT_QUOTE)
        if short:
            return [best, replace(other, text=short)]
    return [best]


def _quotes(prompt: Prompt) -> Iterator[Quote]:
    looked_at = prompt.excerpts[:QUOTED_EXCERPTS]
    split = [parts_of(excerpt) for excerpt in looked_at]
    relevance = Relevance(prompt, looked_at, split)
    asks_how = bool(_ASKS_HOW.search(prompt.question))
    for rank, (excerpt, parts) in enumerate(zip(looked_at, split, strict=True)):
        if not parts:
            continue
        scores = [
            relevance.of(rank, place)
            * (_step_bonus(parts, place) if asks_how else 1.0)
            * (INTRODUCTION if part.introduction else 1.0)
            for place, part in enumerate(parts)
        ]
        best = max(range(len(parts)), key=lambda part: scores[part])
        factor = _standing(prompt, looked_at, rank)
        text = _around(_narrowed(relevance, rank, parts), best, FIRST_QUOTE, scores)
        if text:
            yield Quote(excerpt, text, scores[best] * factor, relevance.shared(rank, best))


def _standing(prompt: Prompt, looked_at: Sequence[Excerpt], rank: int) -> float:
    """What the search thinks of the excerpt, against the best one: 1 for the best itself.

    The search has seen the whole index and knows better than the blocks which page answers. Less for another
    language.
    """
    excerpt = looked_at[rank]
    language = 1.0 if excerpt.language in ("", prompt.language) else OTHER_LANGUAGE
    top = max(other.score for other in looked_at)
    if top <= 0:
        return language * max(0.0, 1 - RANK_LOSS * rank)
    return language * float(max(0.0, excerpt.score / top) ** STANDING)


def _narrowed(relevance: Relevance, excerpt: int, parts: Sequence[Part]) -> list[Part]:
    """The parts, long tables cut to the rows that answer."""
    shown = []
    for place, part in enumerate(parts):
        rows = relevance.rows_that_answer(excerpt, place)
        shown.append(part.with_rows(rows) if rows else part)
    return shown


def _around(parts: Sequence[Part], best: int, budget: int, scores: Sequence[float]) -> str:
    """The best block with what belongs to it: its whole section when that is short enough.

    A short section is followed by the subsection whose command it leads to, else by the next best section
    of the excerpt; both stand in the order of the page.
    """
    start, end = section(parts, best)
    left = budget - estimate_tokens(_joined(parts[start:end]))
    if left < 0:
        return _core(parts, best, end, budget)
    second = _second(parts, best, scores) if left > budget // 3 else None
    if second is None:
        return _joined(parts[start:end])
    sections = sorted([(start, end), section(parts, second)])
    lengths = {(start, end): budget}
    shown = [_shortened(_joined(parts[slice(*place)]), lengths.get(place, left)) for place in sections]
    return "\n\n".join(text for text in shown if text)


def _second(parts: Sequence[Part], best: int, scores: Sequence[float]) -> int | None:
    """A block of the section to show beside the best one's; None when no other is near enough."""
    start, end = section(parts, best)
    has_command = any(part.block.kind == "code" for part in parts[start:end])
    if not has_command and end < len(parts):
        following = parts[end : section(parts, end)[1]]
        if parts[best].heading and any(part.block.kind == "code" for part in following):
            return end
    others = [part for part in range(len(parts)) if not start <= part < end]
    second = max(others, key=lambda part: scores[part], default=best)
    return second if second != best and scores[second] >= NEXT_SECTION * scores[best] else None


def _core(parts: Sequence[Part], best: int, end: int, budget: int) -> str:
    """The best block, the sentence before a list or command, and what it announces."""
    start, last = best, best + 1
    if parts[best].block.kind in _ATTACHED and best > 0 and parts[best - 1].block.kind == "paragraph":
        start = best - 1
    while last < end and _belongs(parts[last - 1].block, parts[last].block):
        last += 1
    return _shortened(_joined(parts[start:last]), budget, more=last < end)


def _belongs(above: MarkdownBlock, block: MarkdownBlock) -> bool:
    """Whether the block is part of what is said above it. A list right after another list is a new matter."""
    if announces(above):
        return True
    return block.kind in _ATTACHED and not (block.kind == above.kind == "list")


def _shortened(text: str, budget: int, *, more: bool = False) -> str:
    """The text within its budget; a line of dots says that something was left out, or that there is `more`.

    A heading or "as follows:" at the cut goes too: what it announces is not there. Empty when nothing fits.
    """
    short = cut(text, budget, estimate_tokens)
    if short == text and not more:
        return text
    kept = list(blocks(short))
    while kept and (announces(kept[-1]) or _HEADING.fullmatch(kept[-1].text)):
        kept.pop()
    return "\n\n".join([*(block.text for block in kept), CUT]) if kept else ""


def _step_bonus(parts: Sequence[Part], part: int) -> float:
    """More than 1 for a block that is, or leads to, what a reader can do.

    A section's command may stand in its first subsection; a page's introduction leads nowhere.
    """
    near = parts[part : part + COMMAND_REACH]
    if not parts[part].heading:
        near = [other for other in near if not other.heading]
    if any(other.block.kind == "code" for other in near):
        return COMMAND_BONUS
    if any(other.block.kind == "list" for other in near[:LIST_REACH]):
        return LIST_BONUS
    return 1.0


def _joined(parts: Sequence[Part]) -> str:
    """The blocks as Markdown, under the heading they share."""
    texts = [part.block.text for part in parts]
    heading = parts[0].heading
    return "\n\n".join([f"**{heading}**", *texts] if heading else texts)


def _repeats(text: str, other: str) -> bool:
    """Whether two quotes say the same: most words of the shorter are in the other."""
    first, second = set(terms(text)), set(terms(other))
    smaller = min(len(first), len(second))
    return smaller == 0 or len(first & second) / smaller > 0.8
