"""A chunk -> the section it stands in, as far as a budget allows."""

from __future__ import annotations

from index.split import Chunk

SECTION_CHARACTERS = 2400
"""A grown passage's aim; a section that is longer gives its part around the chunk."""


class Grower:
    """Knows the neighbours of every chunk. Chunks of one document stand together, in order."""

    def __init__(self, chunks: list[Chunk]) -> None:
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
        parts: list[str] = []
        section = self._chunks[first].section
        for chunk in self._chunks[first : last + 1]:
            if chunk.section != section:
                section = chunk.section
                parts.append(f"{'#' * min(len(chunk.heading_path), 6)} {chunk.heading_path[-1]}\n")
            parts.append(chunk.text)
        return "\n".join(parts)
