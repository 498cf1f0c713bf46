"""A chunk -> the section it stands in, as far as a budget allows.

What the splitter took apart is put together as it stood: what follows a list comes after an empty line, a
table and a code block go on without one, and a passage that begins or ends inside a code block opens or
closes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.config.fences import open_fence
from index.text.split import Chunk

SECTION_CHARACTERS = 2400
"""A grown passage's aim; a section that is longer gives its part around the chunk."""
_ITEM = re.compile(r"\A\s*+(?:[-*+]|\d{1,9}[.)])\s")


class Grower:
    """Knows the neighbours of every chunk. Chunks of one document stand together, in order."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = chunks

    def grow(self, row: int, budget: int = SECTION_CHARACTERS) -> str:
        """Markdown of the chunk and what of its section and the subsections below fits `budget`."""
        first = last = row
        used = len(self._chunks[row].text)
        growing = True
        while growing:
            growing = False
            if self._extends(last + 1, row, below=True) and used + self._size(last + 1) <= budget:
                last += 1
                used += self._size(last)
                growing = True
            if self._extends(first - 1, row, below=False) and used + self._size(first - 1) <= budget:
                first -= 1
                used += self._size(first)
                growing = True
        return self._joined(first, last)

    def page(self, row: int) -> list[tuple[int, int]]:
        """First and last chunk of every section of the document that chunk `row` is from, in order."""
        own = (self._chunks[row].source, self._chunks[row].path)
        first = last = row
        while first > 0 and (self._chunks[first - 1].source, self._chunks[first - 1].path) == own:
            first -= 1
        while (
            last + 1 < len(self._chunks)
            and (self._chunks[last + 1].source, self._chunks[last + 1].path) == own
        ):
            last += 1
        found: list[tuple[int, int]] = []
        for chunk in range(first, last + 1):
            if found and self._chunks[chunk].section == self._chunks[found[-1][0]].section:
                found[-1] = (found[-1][0], chunk)
            else:
                found.append((chunk, chunk))
        return found

    def text(self, first: int, last: int) -> str:
        """The chunks of one section as they stood."""
        return self._joined(first, last)

    def _size(self, row: int) -> int:
        return len(self._chunks[row].text) + 1

    def _extends(self, row: int, origin: int, *, below: bool) -> bool:
        """Whether `row` belongs to the origin's section; `below` also takes its subsections."""
        if not 0 <= row < len(self._chunks):
            return False
        chunk, own = self._chunks[row], self._chunks[origin]
        if (chunk.source, chunk.path) != (own.source, own.path):
            return False
        if chunk.section == own.section:
            return True
        depth = len(own.heading_path)
        return (
            below
            and depth > 0
            and len(chunk.heading_path) > depth
            and chunk.heading_path[:depth] == own.heading_path
        )

    def _joined(self, first: int, last: int) -> str:
        section = self._chunks[first].section
        text = self._opened_above(first)
        for chunk in self._chunks[first : last + 1]:
            if chunk.section != section:
                section = chunk.section
                heading = f"{'#' * min(len(chunk.heading_path), 6)} {chunk.heading_path[-1]}"
                text = f"{_closed(text)}\n\n{heading}\n\n{chunk.text}"
            else:
                text = f"{text}{_joint(text, chunk.text)}{chunk.text}"
        return _closed(text)

    def _opened_above(self, row: int) -> str:
        """The line that opened the code block in which chunk `row` begins; empty when it begins in none."""
        start = row
        while start > 0 and self._chunks[start - 1].section == self._chunks[row].section:
            start -= 1
        fence = open_fence("\n".join(chunk.text for chunk in self._chunks[start:row]), deep=True)
        return f"{fence.marks}{fence.info}" if fence else ""


def _joint(above: str, below: str) -> str:
    """What stood between two pieces of one section."""
    if not above:
        return ""
    last, first = above.rsplit("\n", 1)[-1], below.split("\n", 1)[0]
    table = last.lstrip().startswith("|") and first.lstrip().startswith("|")
    items = _ITEM.match(first) and (_ITEM.match(last) or last.startswith("  "))
    return "\n" if table or items or open_fence(above, deep=True) else "\n\n"


def _closed(text: str) -> str:
    """The text with the code block closed that it ends in, in the list item or quote where it stands."""
    fence = open_fence(text, deep=True)
    return f"{text}\n{fence.closing}" if fence else text
