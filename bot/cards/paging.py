"""Blocks to cards: neighbouring texts and code make one element, tables stand alone, full cards make room.

How blocks are joined matters: a list item goes on directly below its neighbour, everything else after an
empty line, and an item is never indented further than the item above it on the same card allows (four more
blanks would make it code).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.cards.parts import Element, json_bytes, markdown, table
from bot.markdown import dialect
from bot.markdown.blocks import Block, Code, Table, Text

_INDENT = 4
"""Feishu nests lists by four blanks."""

_ELEMENT_FRAME = 120
"""Bytes of JSON around the text of one element."""


@dataclass(frozen=True)
class Room:
    """What is free on a card: UTF-8 bytes of JSON, elements, tables."""

    bytes: int
    elements: int
    tables: int


@dataclass
class _Page:
    """A card being filled."""

    room: Room
    elements: list[Element] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    last: Text | None = None
    """The text written last, when it stands directly above."""
    indent: int = 0
    """Levels the item written last is indented by."""
    shift: int = 0
    """Levels by which items are moved to the left, because their list's beginning is on another card."""
    headings: list[Text] = field(default_factory=list)
    """Headings at the end, which would stand alone if the page ended here."""

    def add(self, block: Block) -> bool:
        """Adds the block; False when there is no room for it."""
        if isinstance(block, Table):
            if self.room.tables > 0:
                return self._add_table(block)
            block = block.as_code()
        addition = self._joint(block) + self._text(block)
        cost = dialect.json_length(addition) + (0 if self.written else _ELEMENT_FRAME)
        if cost > self.room.bytes or self.room.elements < 1:
            return False
        if not self.written:
            self.room = replace(self.room, elements=self.room.elements - 1)
        self.room = replace(self.room, bytes=self.room.bytes - cost)
        self.written.append(addition)
        self.last = block if isinstance(block, Text) else None
        self.headings = [*self.headings, block] if isinstance(block, Text) and block.heading else []
        return True

    def close(self) -> list[Element]:
        """The elements of the finished page."""
        if self.written:
            self.elements.append(markdown("".join(self.written)))
            self.written, self.last, self.headings = [], None, []
        return self.elements

    def give_up_headings(self) -> list[Text]:
        """Takes the headings off the end, unless the page is nothing else."""
        if len(self.headings) == len(self.written) and not self.elements:
            return []
        headings, self.headings = self.headings, []
        del self.written[len(self.written) - len(headings) :]
        return headings

    def _add_table(self, block: Table) -> bool:
        element = table(block.headers, block.rows)
        cost = json_bytes(element) + 2
        if cost > self.room.bytes or self.room.elements < 1:
            return False
        self.close()
        self.elements.append(element)
        self.room = Room(self.room.bytes - cost, self.room.elements - 1, self.room.tables - 1)
        return True

    def _joint(self, block: Block) -> str:
        if not self.written:
            return ""
        if not isinstance(block, Text) or self.last is None:
            return "\n\n"
        if self.last.marker and block.marker and self.last.quoted == block.quoted:
            deeper = block.depth > self.last.depth
            alone = deeper and block.marker not in ("-", "1.")
            return ("\n>\n" if block.quoted else "\n\n") if alone else "\n"
        return "\n>\n" if self.last.quoted and block.quoted else "\n\n"

    def _text(self, block: Text | Code) -> str:
        if isinstance(block, Code):
            return dialect.code_block(block.code, block.language)
        text = block.text
        if block.marker:
            text = f"{' ' * _INDENT * self._indent(block)}{block.marker} {text}".rstrip()
        if block.quoted:
            text = "\n".join(f"> {line}" for line in text.split("\n"))
        return text

    def _indent(self, item: Text) -> int:
        """Levels of indentation: one more than the item above at most, none where no item stands above."""
        above = self.last
        if above is None or not above.marker or above.quoted != item.quoted:
            self.shift, self.indent = item.depth, 0
        else:
            self.shift = min(self.shift, item.depth)
            self.indent = min(item.depth - self.shift, self.indent + 1)
        return self.indent


def paginate(blocks: Sequence[Block], first: Room, rest: Room) -> list[list[Element]]:
    """The elements of each card: the first has the room `first`, those after it the room `rest`.

    Raises ValueError when `rest` cannot take a single block.
    """
    page = _Page(first)
    pages: list[list[Element]] = []
    for block in blocks:
        if page.add(block):
            continue
        headings = page.give_up_headings()
        pages.append(page.close())
        page = _Page(rest)
        for moved in (*headings, block):
            if not page.add(moved):
                raise ValueError("a block is larger than a card")
    pages.append(page.close())
    return pages


def one_text(blocks: Sequence[Block], room: Room) -> str:
    """As many blocks as fit, as the text of a single element; tables as Markdown while the budget lasts."""
    page = _Page(replace(room, tables=0))
    tables = room.tables
    for block in blocks:
        if isinstance(block, Table) and tables > 0:
            block = Text(_markdown_table(block))
            tables -= 1
        if not page.add(block):
            break
    return "".join(page.written)


def _markdown_table(block: Table) -> str:
    rows = [
        tuple(dialect.escape(header) for header in block.headers),
        ("---",) * len(block.headers),
        *block.rows,
    ]
    lines = (" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows)
    return "\n".join(f"| {line} |" for line in lines)
