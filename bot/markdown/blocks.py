"""Blocks: what may stand on a card by itself and be moved to the next card.

Feishu takes fenced code only at the start of a line and tables only at the root of a card, so the three kinds
of block are texts, code and tables, in a flat row. Each is small enough for a card: longer ones are cut here,
code between lines (its fence is closed and opened again), tables between rows (their header is repeated).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.markdown import dialect

BLOCK_BYTES = 6000
"""No block is much larger than this, so that every card can take at least one."""

_MAX_COLUMNS = 20
"""Feishu takes 50; more than this is unreadable on any screen and becomes text."""

_MAX_CELL_BYTES = 1500
_CELL_FRAME = 12
"""Bytes of JSON around one cell."""

_MAX_PADDED = 32
"""Columns of aligned text are padded up to this width."""


@dataclass(frozen=True)
class Text:
    """Rendered Markdown: a paragraph, a heading, a rule, or one item of a list."""

    text: str
    marker: str = ""
    """What a list item starts with: `-` or `3.`; its text then has no newlines but `<br>`."""
    depth: int = 0
    """How deep in lists an item is."""
    quoted: bool = False
    heading: bool = False


@dataclass(frozen=True)
class Code:
    """Code as it stands, without a fence."""

    code: str
    language: str


@dataclass(frozen=True)
class Table:
    """A table as rendered cells, and the same as aligned text."""

    headers: tuple[str, ...]
    """Plain text."""
    rows: tuple[tuple[str, ...], ...]
    """Rendered cells."""
    plain_rows: tuple[tuple[str, ...], ...]

    def as_code(self) -> Code:
        """The table as columns of text."""
        return Code(_aligned([self.headers, *self.plain_rows]), "plain_text")


Block = Text | Code | Table


def fit(block: Block) -> Iterator[Block]:
    """The block in pieces that fit a card."""
    if isinstance(block, Code):
        yield from (replace(block, code=part) for part in _cut_code(block.code))
    elif isinstance(block, Table):
        yield from _fit_table(block)
    else:
        yield block


def _cut_code(code: str) -> Iterator[str]:
    lines: list[str] = []
    size = 0
    for line in (part for whole in code.split("\n") for part in _cut_line(whole)):
        length = dialect.json_length(line) + 2
        if lines and size + length > BLOCK_BYTES:
            yield "\n".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += length
    yield "\n".join(lines)


def _cut_line(line: str) -> Iterator[str]:
    """Lines that are longer than a card, cut anywhere."""
    step = BLOCK_BYTES // 6
    yield from (line[start : start + step] for start in range(0, max(1, len(line)), step))


def _fit_table(table: Table) -> Iterator[Block]:
    """Rows in groups, each under the header; as text where it is too wide, empty or has long cells."""
    cells = [cell for row in (table.headers, *table.rows) for cell in row]
    too_long = any(dialect.json_length(cell) > _MAX_CELL_BYTES for cell in cells)
    too_wide = len(table.headers) > _MAX_COLUMNS or _row_bytes(table.headers) > BLOCK_BYTES // 2
    if not table.rows or too_long or too_wide:
        yield from fit(table.as_code())
        return
    start, size = 0, _row_bytes(table.headers)
    for end, row in enumerate(table.rows):
        if end > start and size + _row_bytes(row) > BLOCK_BYTES:
            yield _part(table, start, end)
            start, size = end, _row_bytes(table.headers)
        size += _row_bytes(row)
    yield _part(table, start, len(table.rows))


def _part(table: Table, start: int, end: int) -> Table:
    return replace(table, rows=table.rows[start:end], plain_rows=table.plain_rows[start:end])


def _row_bytes(row: Sequence[str]) -> int:
    return sum(dialect.json_length(cell) + _CELL_FRAME for cell in row)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of text; Chinese characters count as two."""
    widths = [min(_MAX_PADDED, max(_width(cell) for cell in column)) for column in zip(*rows, strict=True)]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell + " " * max(0, width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append(" | ".join(cells).rstrip())
        if number == 0:
            lines.append("-+-".join("-" * width for width in widths))
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
