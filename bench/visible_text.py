"""What a reader sees, of Markdown and of cards: the measure for "no text lost".

Both sides are reduced to their visible characters: blanks, invisible characters and list bullets do not
count, formulas count as the readable text they become. Text is kept when the Markdown's visible characters
all appear, in order, in the cards' text; the cards may add some (addresses of links, labels).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.markdown import latex
from bot.markdown.dialect import clean
from bot.markdown.parser import parse


def text_of_markdown(markdown: str) -> str:
    """The visible characters of Markdown, by its tokens; control characters are no part of it."""
    return visible("".join(_texts(parse(clean(markdown)))))


def text_of_cards(cards: Iterable[Mapping[str, Any]]) -> str:
    """The visible characters of the rich text and tables of cards, decoded as CommonMark."""
    return visible(
        "".join(text for card in cards for text in _card_texts(card.get("body", {}).get("elements", [])))
    )


def text_of_elements(elements: Sequence[Mapping[str, Any]]) -> str:
    """The visible characters of a row of elements."""
    return visible("".join(_card_texts(elements)))


def visible(text: str) -> str:
    """The characters that leave ink on the screen."""
    return "".join(letter for letter in text if unicodedata.category(letter)[0] not in "ZC")


def first_lost(wanted: str, shown: str) -> int:
    """Where the first character of `wanted` stands that `shown` lacks in order; -1 when all are there."""
    rest = iter(shown)
    for position, letter in enumerate(wanted):
        if letter not in rest:
            return position
    return -1


def _texts(tokens: Iterable[Token]) -> Iterator[str]:
    """The texts of tokens. Backticks in a table are not counted: an unescaped `|` in code splits the code in
    two for GFM, which then shows the backticks; the cards put it together again.
    """
    in_table = False
    for token in tokens:
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        if token.children:
            texts = "".join(_texts(token.children))
            yield texts.replace("`", "") if in_table else texts
        elif token.type in ("math", "math_block"):
            yield latex.readable(token.content)
        else:
            yield token.content


def _card_texts(elements: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for element in elements:
        if element["tag"] == "markdown":
            yield _decoded(element["content"])
        elif element["tag"] == "table":
            names = [column["name"] for column in element["columns"]]
            yield "".join(column["display_name"] for column in element["columns"])
            yield from (_decoded(row[name]) for row in element["rows"] for name in names)


def _decoded(content: str) -> str:
    tokens = _card_parser().parse(content)
    return "".join(
        part for token in tokens for part in _shown(token.children if token.type == "inline" else [token])
    )


def _shown(tokens: Sequence[Token] | None) -> Iterator[str]:
    for token in tokens or []:
        if token.type not in ("html_inline", "html_block"):
            yield token.content


@cache
def _card_parser() -> MarkdownIt:
    """Feishu's dialect as CommonMark with tables, strikethrough and tags, which are never blocks."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 100})
    return parser.enable(["table", "strikethrough"]).disable("html_block")
