"""Markdown to blocks: walks the tree of one answer.

Code and tables inside lists and quotes are lifted out to the root, the list going on after them with its
numbers; an item's further paragraphs follow on its own line. What Markdown would drop stays: words after a
fence that are no language, table cells beyond the header's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from bot.markdown import dialect, latex
from bot.markdown import inline as markdown_inline
from bot.markdown.blocks import BLOCK_BYTES, Block, Code, Table, Text, fit
from bot.markdown.parser import MAX_NESTING, parse, parse_inline

_HEADINGS = {"h1": "####", "h2": "#####"}
"""Beside a card's own title larger headings shout (`#` is 26 px, `####` is 18)."""

_LOWEST_HEADING = "######"
_MAX_LIST_DEPTH = 5


def read_blocks(text: str, citations: Mapping[int, str]) -> list[Block]:
    """The blocks of Markdown `text`, each small enough for a card.

    `citations` maps the n of [n] to the address of its source.
    """
    cleaned = dialect.clean(text)
    tokens = parse(cleaned)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        return list(_as_it_stands(cleaned))
    reader = _Reader(cleaned.replace("\r\n", "\n").replace("\r", "\n").split("\n"), citations)
    found = reader.read(SyntaxTreeNode(tokens).children, _Place())
    return [piece for block in found for piece in fit(block)]


def _as_it_stands(text: str) -> Iterator[Text]:
    """Lines without any markup, for text that is nested too deep to be meant."""
    for part in markdown_inline.cut(text):
        for line in part.split("\n"):
            if line.strip():
                yield Text(_literal(line))


def _literal(text: str) -> str:
    return dialect.escape_line_starts(dialect.escape(text))


@dataclass(frozen=True)
class _Place:
    """Where in the tree the reader is."""

    depth: int = -1
    """How deep in lists, -1 outside."""
    quoted: bool = False


_ROOT = _Place()


class _Reader:
    """Reads the tree of one text, whose source lines it knows."""

    def __init__(self, lines: Sequence[str], citations: Mapping[int, str]) -> None:
        self._lines = lines
        self._citations = citations

    def read(self, nodes: Sequence[SyntaxTreeNode], place: _Place) -> Iterator[Block]:
        for node in nodes:
            yield from self._block(node, place)

    def _block(self, node: SyntaxTreeNode, place: _Place) -> Iterator[Block]:
        if node.type in ("bullet_list", "ordered_list"):
            yield from self._list(node, place)
        elif node.type == "blockquote":
            yield from self.read(node.children, _Place(quoted=True))
        elif node.type in ("fence", "code_block"):
            yield from _code(node)
        elif node.type == "table":
            yield self._table(node)
        elif node.type == "hr":
            yield Text("---")
        elif node.type == "heading" and place == _ROOT:
            yield from self._heading(node)
        else:
            yield from (Text(piece, quoted=place.quoted) for piece in self._texts(node))

    def _texts(self, node: SyntaxTreeNode) -> list[str]:
        """The rendered text of a paragraph, a heading or a formula."""
        if node.type == "math_block":
            lines = latex.readable(node.content).split("\n")
            return [_literal(part) for line in lines for part in markdown_inline.cut(line)]
        pieces = [piece for child in node.children for piece in self._inline(_tokens(child))]
        if node.type == "heading" and len(pieces) == 1 and "*" not in pieces[0]:
            return [f"**{dialect.one_line(pieces[0])}**"]
        return pieces

    def _inline(self, tokens: Sequence[Token]) -> list[str]:
        return markdown_inline.render(tokens, self._citations, BLOCK_BYTES)

    def _heading(self, node: SyntaxTreeNode) -> Iterator[Text]:
        pieces = [piece for child in node.children for piece in self._inline(_tokens(child))]
        if len(pieces) != 1:
            yield from (Text(piece) for piece in pieces)
            return
        text = dialect.one_line(pieces[0])
        if text.endswith("#"):
            text = f"{text[:-1]}&#35;"
        yield Text(f"{_HEADINGS.get(node.tag, _LOWEST_HEADING)} {text}", heading=True)

    def _list(self, node: SyntaxTreeNode, place: _Place) -> Iterator[Block]:
        inside = replace(place, depth=min(place.depth + 1, _MAX_LIST_DEPTH))
        start = int(node.attrs.get("start", 1))
        for number, item in enumerate(node.children, start):
            yield from self._item(item, f"{number}." if node.type == "ordered_list" else "-", inside)

    def _item(self, item: SyntaxTreeNode, marker: str, place: _Place) -> Iterator[Block]:
        """One item: its paragraphs on a line of its own, then whatever stands below them."""
        checked = item.meta.get("checked")
        waiting = [] if checked is None else ["☑" if checked else "☐"]
        joint = " " if waiting else "<br>"
        for child in item.children:
            if child.type in ("paragraph", "heading", "math_block"):
                waiting += self._texts(child)
                continue
            if waiting or (marker not in ("-", "") and not child.type.endswith("_list")):
                yield from _item_texts(waiting, marker, joint, place)
                marker, waiting, joint = "", [], "<br>"
            yield from self._block(child, place)
        if waiting:
            yield from _item_texts(waiting, marker, joint, place)

    def _table(self, node: SyntaxTreeNode) -> Table:
        rows = [self._row(row) for part in node.children for row in part.children]
        plain = [tuple(markdown_inline.plain(cell) for cell in row) for row in rows]
        cells = [tuple("<br>".join(self._inline(cell)) for cell in row) for row in rows[1:]]
        return Table(plain[0], tuple(cells), tuple(plain[1:]))

    def _row(self, row: SyntaxTreeNode) -> list[list[Token]]:
        """The inline tokens of each cell. Cells beyond the header's, which GFM drops, join the last one."""
        cells = [cell.children[0] for cell in row.children]
        line = self._lines[row.map[0]].lstrip("> \t").rstrip() if row.map is not None else ""
        inner = line.removeprefix("|").removesuffix("|")
        if inner.count("|") < len(cells):
            return [_tokens(cell) for cell in cells]
        written = escapedSplit(inner)
        if len(written) <= len(cells):
            return [_tokens(cell) for cell in cells]
        written = _code_joined(written)
        last = len(cells) - 1
        contents = [*written[:last], "|".join(written[last:])]
        contents += [""] * (last + 1 - len(contents))
        return [parse_inline(content.strip()) for content in contents]


def _code_joined(cells: Sequence[str]) -> list[str]:
    """Cells of which code with an unescaped `|` in it made two, as one again."""
    joined: list[str] = []
    for cell in cells:
        if joined and joined[-1].count("`") % 2:
            joined[-1] += f"|{cell}"
        else:
            joined.append(cell)
    return joined


def _tokens(node: SyntaxTreeNode) -> list[Token]:
    return (node.token.children or []) if node.token is not None else []


def _item_texts(pieces: Sequence[str], marker: str, joint: str, place: _Place) -> Iterator[Text]:
    """An item's line; pieces too long for one block follow as paragraphs.

    Without a marker: paragraphs of an item whose line was interrupted by code.
    """
    lines = [piece.replace("\n", "<br>") for piece in pieces]
    if not marker:
        yield from (Text(line, quoted=place.quoted) for line in lines)
        return
    first = joint.join(lines[:2]) if joint == " " else "".join(lines[:1])
    rest = lines[2:] if joint == " " else lines[1:]
    while rest and len(first) + len(rest[0]) < BLOCK_BYTES // 3:
        first = f"{first}<br>{rest.pop(0)}"
    yield Text(first, marker=marker, depth=place.depth, quoted=place.quoted)
    yield from (Text(line, quoted=place.quoted) for line in rest)


def _code(node: SyntaxTreeNode) -> Iterator[Block]:
    """A code block; words after the fence that name no language are text above it."""
    words = node.info.split()
    language = dialect.code_language(node.info)
    if words and dialect.knows_language(words[0]):
        words = words[1:]
    yield from (Text(_literal(part)) for part in markdown_inline.cut(" ".join(words)))
    if node.content.strip():
        yield Code(node.content.rstrip("\n"), language)
