"""How near the blocks of the excerpts are to a question: shared words weighed by rarity, and meaning.

Meaning is compared without the form of the question: "How do I add a wiki?" is near to every other "How do I
...?", whatever it asks; "add a wiki" is near to what is about wikis.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from index.text.terms import terms
from worker.engines.extractive.quotable_parts import Part
from worker.excerpts import Excerpt
from worker.prompts import Prompt

CHANCE = 0.25
"""Cosine that any two technical texts have; only what is above counts."""
HEADING_WORD = 0.8
"""What a word counts that only the heading has."""
BODY = 300
"""Characters of a block that its meaning is taken from."""
ROW_MARGIN, ROW_SHARE = 0.06, 0.85
"""Rows stand out when the best is so much nearer than their table's heading; then those are shown that are at
least this share as near as the best."""
_FORM = re.compile(
    r"请问|怎么办|怎么样|怎么|怎样|如何|为什么|什么是|是什么|吗(?=[？?\s]|$)|呢(?=[？?\s]|$)|[？?]|"
    r"^\s*(?:(?:how|where|when|why|what|which)\s+)?"
    r"(?:(?:do|does|did|can|could|should|must|is|are|to)\s+)(?:(?:i|you|we|one|it|there)\s+)?",
    re.IGNORECASE,
)


def without_form(question: str) -> str:
    """What a question is about, without the words that make it a question; itself when nothing is left."""
    return _FORM.sub("", question).strip() or question


class Relevance:
    """The blocks of the excerpts, measured against one question. Blocks are named by excerpt and place."""

    def __init__(self, prompt: Prompt, excerpts: Sequence[Excerpt], split: Sequence[Sequence[Part]]) -> None:
        self.split = split
        self.wanted = set(terms(without_form(prompt.question)))
        self.headings = [
            [set(terms(f"{excerpt.name} {part.heading}")) for part in parts]
            for excerpt, parts in zip(excerpts, split, strict=True)
        ]
        self.words = [[set(terms(part.block.text)) for part in parts] for parts in split]
        everywhere = [words for parts in self.words for words in parts]
        seen = Counter(word for words in everywhere for word in words & self.wanted)
        self.weight = {word: math.log(1 + (len(everywhere) + 1) / (1 + seen[word])) for word in self.wanted}
        self.titles = [
            [without_form(part.heading or excerpt.name.rpartition(" > ")[2]) for part in parts]
            for excerpt, parts in zip(excerpts, split, strict=True)
        ]
        self.near = self._near(prompt)
        self.rows = [
            [self._of_rows(excerpt, part) for part in range(len(parts))]
            for excerpt, parts in enumerate(split)
        ]
        """How near each row of a long table is, under its heading; empty for every other block."""

    def of(self, excerpt: int, part: int) -> float:
        """0 (nothing in common) to about 1. A long table is as near as its nearest row."""
        if rows := self.rows[excerpt][part]:
            return max(*rows, self.of_heading(excerpt, part))
        return self._joined(
            self.shared(excerpt, part), self._meaning(excerpt, part, self._text(excerpt, part))
        )

    def of_heading(self, excerpt: int, part: int) -> float:
        """What the heading alone has in common with the question."""
        return self._joined(self._share(set(), self.headings[excerpt][part]), self._meaning(excerpt, part))

    def _of_rows(self, excerpt: int, part: int) -> list[float]:
        heading = self.headings[excerpt][part]
        return [
            self._joined(self._share(set(terms(row)), heading), self._meaning(excerpt, part, _cells(row)))
            for row in self.split[excerpt][part].rows
        ]

    def rows_that_answer(self, excerpt: int, part: int) -> list[int]:
        """The rows of a long table that stand out; none where the question is about the table as a whole."""
        rows = self.rows[excerpt][part]
        best = max(rows, default=0.0)
        if best < self.of_heading(excerpt, part) + ROW_MARGIN:
            return []
        return [row for row, near in enumerate(rows) if near >= ROW_SHARE * best]

    def shared(self, excerpt: int, part: int) -> float:
        """Share of the question's words, rare ones weigh more; a word of the heading counts a little less."""
        return self._share(self.words[excerpt][part], self.headings[excerpt][part])

    def _share(self, own: set[str], heading: set[str]) -> float:
        total = sum(self.weight.values()) or 1.0
        found = sum(self.weight[word] for word in sorted(own & self.wanted))
        return (
            found + HEADING_WORD * sum(self.weight[word] for word in sorted((heading & self.wanted) - own))
        ) / total

    def _joined(self, shared: float, meaning: float | None) -> float:
        if meaning is None:
            return shared
        return 0.5 * shared + 0.5 * max(0.0, meaning - CHANCE) / (1 - CHANCE)

    def _text(self, excerpt: int, part: int) -> str:
        return self.split[excerpt][part].block.text[:BODY]

    def _meaning(self, excerpt: int, part: int, text: str = "") -> float | None:
        """Cosine with the question of the heading or of the text, whichever is nearer."""
        if not self.near:
            return None
        title = self.near[self.titles[excerpt][part]]
        return max(title, self.near[text]) if text else title

    def _near(self, prompt: Prompt) -> dict[str, float]:
        """Cosines with the question of all headings, blocks and rows."""
        if prompt.similarity is None:
            return {}
        texts: dict[str, None] = {}
        for titles, parts in zip(self.titles, self.split, strict=True):
            texts |= dict.fromkeys(titles)
            texts |= dict.fromkeys(part.block.text[:BODY] for part in parts)
            texts |= dict.fromkeys(_cells(row) for part in parts for row in part.rows)
        cosines = prompt.similarity(without_form(prompt.question), list(texts)) if texts else []
        return dict(zip(texts, cosines, strict=True))


def _cells(row: str) -> str:
    """A table's row as one line of words."""
    return " ".join(cell.strip(" `") for cell in row.strip("| ").split("|"))[:BODY]
