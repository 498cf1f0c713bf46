"""Which blocks of the excerpts answer a question best: what the answerer with no model quotes.

It picks the block (paragraph, list, command) whose words and meaning are nearest to the question, takes
the blocks that belong to it (the list after "run these steps:", the sentence before a command), and adds
a second source when that is nearly as good. Nothing is reworded, so nothing can be made up.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.terms import terms
from worker.excerpts import Excerpt
from worker.prompts import Prompt
from worker.sentences import Block, blocks, cut

QUOTED_EXCERPTS = 4
"""How many excerpts are looked at; search has ranked them already."""
FIRST_QUOTE, NEXT_QUOTE = 420, 260
"""Longest quote from the first and from the second source, in estimated tokens."""
LEAST_RELEVANCE = 0.12
"""Below this no block is about the question."""
CHANCE = 0.25
"""Cosine that any two technical texts have; only what is above counts."""
SECOND_SHARE = 0.85
"""A second source is quoted from this share of the first one's relevance on."""
SECOND_WORDS = 0.5
"""... and when it has this share of the question's words."""
COMMAND_BONUS, LIST_BONUS = 1.35, 1.15
"""Factors for a block that leads to a command or a list of steps, when the question asks how."""
COMMAND_REACH, LIST_REACH = 3, 2
"""So many blocks on, the command or the list still belongs to the block that leads to it."""
NEXT_SECTION = 0.75
"""To a short section the excerpt's next best one is added from this share of its score on."""
RANK_LOSS = 0.12
"""What each lower place in the search result costs."""
OTHER_LANGUAGE = 0.8
"""Factor for an excerpt that is not in the question's language."""
CUT = "……"
"""Stands where a quote leaves something out."""
_HEADING = re.compile(r"\*\*[^*\n]+\*\*")
_CJK = re.compile(r"[\u3400-\u9fff]")
_ASKS_HOW = re.compile(r"怎|如何|步骤|教程|命令|\bhow\b|\bsteps?\b|\bcommand", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:\s*(?:[-*+]|\d+\.)\s+\[[^\]]*\]\(#[^)]*\)\s*)+")
"""A table of contents: a list of nothing but links into its own page."""
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
    chinese = len(_CJK.findall(text))
    return chinese + math.ceil((len(text) - chinese) / 3)


def choose(prompt: Prompt) -> list[Quote]:
    """The one or two quotes that answer best, the best first; empty when none is about the question."""
    ranked = sorted(_quotes(prompt), key=lambda quote: -quote.relevance)
    if not ranked or ranked[0].relevance < LEAST_RELEVANCE:
        return []
    best = ranked[0]
    for other in ranked[1:]:
        near = other.relevance >= SECOND_SHARE * best.relevance and other.shared >= SECOND_WORDS
        if near and not _repeats(other.text, best.text):
            short = _shortened(other.text, NEXT_QUOTE)
            return [best, replace(other, text=short)] if short else [best]
    return [best]


@dataclass(frozen=True)
class _Part:
    """A block of an excerpt and the heading inside the excerpt that it stands under."""

    block: Block
    heading: str


def _quotes(prompt: Prompt) -> Iterator[Quote]:
    looked_at = prompt.excerpts[:QUOTED_EXCERPTS]
    split = [_parts(excerpt) for excerpt in looked_at]
    relevance = _Relevance(prompt, looked_at, split)
    asks_how = bool(_ASKS_HOW.search(prompt.question))
    for rank, (excerpt, parts) in enumerate(zip(looked_at, split, strict=True)):
        if not parts:
            continue
        scores = [
            relevance.of(rank, part) * (_step_bonus(parts, part) if asks_how else 1.0)
            for part in range(len(parts))
        ]
        best = max(range(len(parts)), key=lambda part: scores[part])
        factor = (1 - RANK_LOSS * rank) * (
            1.0 if excerpt.language in ("", prompt.language) else OTHER_LANGUAGE
        )
        text = _around(parts, best, FIRST_QUOTE, scores)
        if text:
            yield Quote(excerpt, text, scores[best] * factor, relevance.shared(rank, best))


def _parts(excerpt: Excerpt) -> list[_Part]:
    """The excerpt's blocks, headings taken out and kept beside what stands under them."""
    parts: list[_Part] = []
    heading = ""
    for block in blocks(excerpt.text):
        if block.kind == "heading":
            title = block.text.lstrip("# ").splitlines()[0].strip()
            heading = "" if title in excerpt.name else title
        elif not _CONTENTS.fullmatch(block.text.strip()):
            parts.append(_Part(block, heading))
    return parts


class _Relevance:
    """How near each block is to the question: shared words weighed by rarity, and meaning."""

    def __init__(self, prompt: Prompt, excerpts: Sequence[Excerpt], split: Sequence[Sequence[_Part]]) -> None:
        self.wanted = set(terms(prompt.question))
        self.headings = [
            [set(terms(f"{excerpt.name} {part.heading}")) for part in parts]
            for excerpt, parts in zip(excerpts, split, strict=True)
        ]
        self.words = [[set(terms(part.block.text)) for part in parts] for parts in split]
        everywhere = [words for parts in self.words for words in parts]
        seen = Counter(word for words in everywhere for word in words & self.wanted)
        self.weight = {word: math.log(1 + (len(everywhere) + 1) / (1 + seen[word])) for word in self.wanted}
        self.meaning = self._meanings(prompt, excerpts, split)

    def of(self, excerpt: int, part: int) -> float:
        """0 (nothing in common) to about 1."""
        shared = self.shared(excerpt, part)
        if not self.meaning:
            return shared
        near = max(0.0, self.meaning[excerpt][part] - CHANCE) / (1 - CHANCE)
        return 0.5 * shared + 0.5 * near

    def shared(self, excerpt: int, part: int) -> float:
        """Share of the question's words, rare ones weigh more; a word of the heading counts a little less."""
        total = sum(self.weight.values()) or 1.0
        own = self.words[excerpt][part] & self.wanted
        heading = (self.headings[excerpt][part] & self.wanted) - own
        return (
            sum([self.weight[word] for word in own] + [0.8 * self.weight[word] for word in heading]) / total
        )

    @staticmethod
    def _meanings(
        prompt: Prompt, excerpts: Sequence[Excerpt], split: Sequence[Sequence[_Part]]
    ) -> list[list[float]]:
        """Cosine with the question of each block or of the heading above it, whichever is nearer."""
        if prompt.similarity is None:
            return []
        headings = [
            [part.heading or excerpt.name.rpartition(" > ")[2] for part in parts]
            for excerpt, parts in zip(excerpts, split, strict=True)
        ]
        bodies = [part.block.text[:300] for parts in split for part in parts]
        texts = list(dict.fromkeys([*(heading for row in headings for heading in row), *bodies]))
        near = dict(zip(texts, prompt.similarity(prompt.question, texts) if texts else [], strict=True))
        return [
            [
                max(near[heading], near[part.block.text[:300]])
                for heading, part in zip(row, parts, strict=True)
            ]
            for row, parts in zip(headings, split, strict=True)
        ]


def _around(parts: Sequence[_Part], best: int, budget: int, scores: Sequence[float]) -> str:
    """The best block with what belongs to it: its whole section when that is short enough.

    A short section is followed by the subsection whose command it leads to, else by the next best section
    of the excerpt; both stand in the order of the page.
    """
    start, end = _section(parts, best)
    left = budget - estimate_tokens(_joined(parts[start:end]))
    if left < 0:
        return _core(parts, best, end, budget)
    second = _second(parts, best, scores) if left > budget // 3 else None
    if second is None:
        return _joined(parts[start:end])
    sections = sorted([(start, end), _section(parts, second)])
    lengths = {(start, end): budget}
    shown = [_shortened(_joined(parts[slice(*place)]), lengths.get(place, left)) for place in sections]
    return "\n\n".join(text for text in shown if text)


def _second(parts: Sequence[_Part], best: int, scores: Sequence[float]) -> int | None:
    """A block of the section to show beside the best one's; None when no other is near enough."""
    start, end = _section(parts, best)
    has_command = any(part.block.kind == "code" for part in parts[start:end])
    if not has_command and end < len(parts):
        following = parts[end : _section(parts, end)[1]]
        if parts[best].heading and any(part.block.kind == "code" for part in following):
            return end
    others = [part for part in range(len(parts)) if not start <= part < end]
    second = max(others, key=lambda part: scores[part], default=best)
    return second if second != best and scores[second] >= NEXT_SECTION * scores[best] else None


def _section(parts: Sequence[_Part], inside: int) -> tuple[int, int]:
    """From where to where the blocks stand under the same heading as block `inside`."""
    start = end = inside
    while start > 0 and parts[start - 1].heading == parts[inside].heading:
        start -= 1
    while end < len(parts) and parts[end].heading == parts[inside].heading:
        end += 1
    return start, end


def _core(parts: Sequence[_Part], best: int, end: int, budget: int) -> str:
    """The best block, the sentence before a list or command, and what it announces."""
    start, last = best, best + 1
    if parts[best].block.kind in _ATTACHED and best > 0 and parts[best - 1].block.kind == "paragraph":
        start = best - 1
    while last < end and (parts[last].block.kind in _ATTACHED or _announces(parts[last - 1].block)):
        last += 1
    return _shortened(_joined(parts[start:last]), budget, more=last < end)


def _shortened(text: str, budget: int, *, more: bool = False) -> str:
    """The text within its budget; a line of dots says that something was left out, or that there is `more`.

    A heading or "as follows:" at the cut goes too: what it announces is not there. Empty when nothing fits.
    """
    short = cut(text, budget, estimate_tokens)
    if short == text and not more:
        return text
    kept = list(blocks(short))
    while kept and (_announces(kept[-1]) or _HEADING.fullmatch(kept[-1].text)):
        kept.pop()
    return "\n\n".join([*(block.text for block in kept), CUT]) if kept else ""


def _step_bonus(parts: Sequence[_Part], part: int) -> float:
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


def _joined(parts: Sequence[_Part]) -> str:
    """The blocks as Markdown, under the heading they share."""
    texts = [part.block.text for part in parts]
    heading = parts[0].heading
    return "\n\n".join([f"**{heading}**", *texts] if heading else texts)


def _announces(block: Block) -> bool:
    """Whether the block ends with a colon: what follows is its other half."""
    return block.text.rstrip().rstrip("*").endswith((":", "："))


def _repeats(text: str, other: str) -> bool:
    """Whether two quotes say the same: most words of the shorter are in the other."""
    first, second = set(terms(text)), set(terms(other))
    smaller = min(len(first), len(second))
    return smaller == 0 or len(first & second) / smaller > 0.8
