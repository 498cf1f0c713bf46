"""The blocks of an excerpt that may be quoted, each with the heading it stands under.

What only leads elsewhere is left out: a table of contents, a list of nothing but links into the same site, a
code block that lost its lines. A long table is many small answers in one block: here are its rows, so that
those that answer can be told from the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.excerpts import Excerpt
from worker.sentences import MarkdownBlock, blocks

_LINK_ITEM = re.compile(r"\s*(?:[-*+]|\d+\.)\s+\[[^\]]*\]\((?![a-z]+:)[^)]*\)\s*")
"""An item that is nothing but a link within the site."""
CUT = "……"
"""Stands where a quote leaves something out."""
LONG_TABLE = 5
"""A table with more rows than this is quoted row by row where single rows answer."""


@dataclass(frozen=True)
class Part:
    """A block of an excerpt and the heading inside the excerpt that it stands under."""

    block: MarkdownBlock
    heading: str
    introduction: bool = False
    """Whether it stands above the first heading of a page: it says what the page is about."""

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of a long table, without its head; none for anything else."""
        if self.block.kind != "table":
            return ()
        rows = tuple(self.block.text.splitlines()[2:])
        return rows if len(rows) > LONG_TABLE else ()

    def with_rows(self, rows: Sequence[int]) -> Part:
        """The table with only these of its rows, in order, and a mark that others are left out."""
        lines = self.block.text.splitlines()
        left_out = ["", CUT] if len(rows) < len(self.rows) else []
        text = "\n".join([*lines[:2], *(lines[2 + row] for row in sorted(rows)), *left_out])
        return replace(self, block=replace(self.block, text=text))


def parts_of(excerpt: Excerpt) -> list[Part]:
    """The excerpt's blocks, headings taken out and kept beside what stands under them."""
    parts: list[Part] = []
    heading = ""
    for block in blocks(excerpt.text):
        if block.kind == "heading":
            title = block.text.lstrip("# ").splitlines()[0].strip()
            heading = "" if title in excerpt.name else title
        elif _leads_elsewhere(block):
            if parts and announces(parts[-1].block):
                parts.pop()
        elif not _is_empty_code(block):
            parts.append(Part(block, heading))
    if len(excerpt.heading_path) <= 1 and any(part.heading for part in parts):
        parts = [replace(part, introduction=not part.heading) for part in parts]
    return parts


def section(parts: Sequence[Part], inside: int) -> tuple[int, int]:
    """From where to where the blocks stand under the same heading as block `inside`."""
    start = end = inside
    while start > 0 and parts[start - 1].heading == parts[inside].heading:
        start -= 1
    while end < len(parts) and parts[end].heading == parts[inside].heading:
        end += 1
    return start, end


def announces(block: MarkdownBlock) -> bool:
    """Whether the block ends with a colon: what follows is its other half."""
    return block.text.rstrip().rstrip("*").endswith((":", "："))


def _leads_elsewhere(block: MarkdownBlock) -> bool:
    """Whether this is a list of nothing but links within the site. Line by line: the text is anybody's."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    return block.kind == "list" and all(_LINK_ITEM.fullmatch(line) for line in lines)


def _is_empty_code(block: MarkdownBlock) -> bool:
    """Whether only the fence is left of a code block."""
    first, *rest = block.text.strip().splitlines()
    return first.startswith(("```", "~~~")) and not any(line.strip(" `~") for line in rest)
