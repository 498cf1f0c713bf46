"""The model's Markdown becomes Feishu's: the one way text gets onto a card.

`to_feishu` makes the elements of one card, `pages` those of as many cards as the text needs, `stream_text`
the text of the streaming element while the answer is still being written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.cards.paging import Room, one_text, paginate
from bot.cards.parts import LIMITS, CardLimits, Element, shorten
from bot.markdown import dialect
from bot.markdown.blocks import Block
from bot.markdown.inline import plain
from bot.markdown.parser import parse, parse_inline
from bot.markdown.reader import read_blocks
from bot.markdown.unfinished import hold_back, settled_parts

_FRAME_BYTES = 3000
"""Left for a card's header and what is not the text."""

_FRAME_ELEMENTS = 30

_TAG = re.compile(
    r"</?(?:a|abbr|b|br|code|del|div|em|font|i|img|kbd|p|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
"""Tags of HTML that stand in headings; what only looks like one is text."""


def pages(markdown: str, first: Room, rest: Room, citations: Mapping[int, str]) -> list[list[Element]]:
    """The elements of each card that shows `markdown`; at least one card, whose list may be empty.

    `citations` maps the n of [n] to the web address of its source.
    """
    return paginate(read_blocks(markdown, citations), first, rest)


def to_feishu(
    markdown: str, citations: Mapping[int, str] | None = None, limits: CardLimits = LIMITS
) -> list[Element]:
    """The elements of one card. Text beyond a card's room is left out and an ellipsis says so."""
    room = card_room(limits)
    found = pages(markdown, room, room, citations or {})
    return found[0] if len(found) == 1 else [*found[0], {"tag": "markdown", "content": "…"}]


def stream_text(partial: str, citations: Mapping[int, str] | None = None, limits: CardLimits = LIMITS) -> str:
    """The dialect text of an answer that is still growing, for the streaming element.

    An open code block is closed, what may still become bold, a link or a table is held back, so that what was
    shown stays as it was. Text beyond one card's room is left to the final cards. Called again and again with
    a longer text it reads the settled parts only once.
    """
    known = tuple(sorted((citations or {}).items()))
    parts = settled_parts(hold_back(dialect.clean(partial)))
    blocks = [block for part in parts for block in _part_blocks(part, known)]
    return one_text(blocks, card_room(limits))


@lru_cache(maxsize=512)
def _part_blocks(part: str, citations: tuple[tuple[int, str], ...]) -> tuple[Block, ...]:
    return tuple(read_blocks(part, dict(citations)))


@lru_cache(maxsize=2048)
def first_words(markdown: str, length: int) -> str:
    """The beginning of the text without any markup, one line of at most `length` characters."""
    beginning = _TAG.sub(" ", dialect.clean(markdown[: length * 4]))
    parts = (
        plain(token.children) if token.children else token.content
        for token in parse(beginning)
        if token.type != "math_block"
    )
    return shorten(" ".join(parts), length)


@lru_cache(maxsize=2048)
def without_marks(title: str) -> str:
    """A title or heading without the marks of Markdown and HTML; `std::vector<int>` stays as it is."""
    return plain(parse_inline(_TAG.sub("", dialect.clean(title))))


def card_room(limits: CardLimits) -> Room:
    """The room for text on a card that has a header, a question and little else."""
    return Room(limits.bytes - _FRAME_BYTES, limits.elements - _FRAME_ELEMENTS, limits.tables)
