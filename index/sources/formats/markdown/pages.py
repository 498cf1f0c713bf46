"""Markdown of any generator -> a title and Markdown that shows its words and no marks of its site.

Code is put aside first, so that nothing is done to it; front matter and comments go; HTML, components,
shortcodes and admonitions become what they show.
"""

from __future__ import annotations

import re

from index.sources.formats.markdown.bars import with_bars
from index.sources.formats.markdown.dialects import (
    bare_fence,
    directive_of,
    with_fences,
    without_data,
    without_marks,
)
from index.sources.formats.markdown.front_matter import split_front_matter, title_of
from index.sources.formats.markdown.grids import with_grid_tables
from index.sources.formats.markdown.html_inside import without_blocks_in_rows, without_html
from index.sources.formats.markdown.inline import CLOSE, OPEN, without_inline_marks
from index.sources.formats.markdown.prose import Piece, pieces
from index.text.marks import plain
from index.text.split import headed_lines

_ASIDE = re.compile(rf"{OPEN}(\d{{1,9}}){CLOSE}")
_HOLDS = re.compile(r"\s{0,3}(?:[-*+]\s|\d{1,9}[.)]\s|!!!|\?\?\?|===|:\s|\[\^|<)")
"""Lines below which indented lines are content: items, admonitions, tabs, definitions, footnotes, HTML."""
_MARK = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ ]{1,4}(?=\S)")
"""What a list item begins with, up to its text."""
_BLANK_LINES = re.compile(r"\n(?:[ \t]*+\n){2,}")
_NESTED = 4
"""How deep directives of MyST in each other are read."""


def read_markdown(text: str, *, mdx: bool = False) -> tuple[str, str]:
    """(title, text) of a page."""
    facts, body = split_front_matter(text)
    shown = shown_markdown(body, mdx=mdx)
    return title_of(facts) or first_heading(shown), shown


def shown_markdown(body: str, *, mdx: bool = False, depth: int = 0) -> str:
    """The Markdown that a page shows."""
    body = with_fences(with_grid_tables(without_data(body))).replace(OPEN, "").replace(CLOSE, "")
    aside: list[str] = []
    places: dict[str, int] = {}
    prose = "".join(_put_aside(piece, aside, places, mdx, depth) for piece in pieces(body))
    prose = without_inline_marks(_without_indented_code(prose, aside), aside)
    prose = without_html(without_blocks_in_rows(with_bars(without_marks(prose, mdx=mdx))))
    prose = _within_reach(prose)
    text = _ASIDE.sub(lambda found: _put_back(found, aside), prose)
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _put_aside(piece: Piece, aside: list[str], places: dict[str, int], mdx: bool, depth: int) -> str:
    """Prose as it is; code as a sign that stands for it, the same for the same code: a link by reference may
    be named by a span of code."""
    if not piece.code:
        return piece.text
    held = directive_of(piece.text)
    if held is not None and not held.startswith("```"):
        return f"\n\n{shown_markdown(held, mdx=mdx, depth=depth + 1) if depth < _NESTED else held}\n\n"
    block = bare_fence(piece.text) if held is None else held
    indent = block[: len(block) - len(block.lstrip(" \t"))]
    code = "\n".join(line.removeprefix(indent) for line in block.split("\n"))
    place = places.setdefault(code, len(aside))
    if place == len(aside):
        aside.append(code)
    return f"{indent.expandtabs(4)}{OPEN}{place}{CLOSE}"


def _put_back(found: re.Match[str], aside: list[str]) -> str:
    """What was put aside, each line as far in as the sign that stood for it."""
    before = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
    return aside[int(found[1])].replace("\n", "\n" + before) if before.isspace() else aside[int(found[1])]


def _within_reach(prose: str) -> str:
    """The prose with code that stands too far in to be read as code moved to where its list item's text is.

    Generators take a fence eight spaces in; to CommonMark it is indented text with stray marks.
    """
    if OPEN not in prose:
        return prose
    out: list[str] = []
    items: list[int] = []
    """Where the text of each open list item begins."""
    blank = True
    for line in prose.split("\n"):
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        aside = _ASIDE.match(text)
        while items and text and indent < items[-1] and (blank or aside or _MARK.match(text)):
            items.pop()
        margin = items[-1] if items else 0
        if aside and indent > margin + 3:
            line = " " * margin + text
        elif mark := _MARK.match(text):
            items.append(indent + mark.end())
        blank = not text
        out.append(line)
    return "\n".join(out)


def _without_indented_code(prose: str, aside: list[str]) -> str:
    """The prose with blocks of code that are only indented put aside too; in lists indented is no code."""
    out: list[str] = []
    code: list[str] = []
    held, blank = False, True
    for line in [*prose.split("\n"), "."]:
        indented = line.startswith(("    ", "\t"))
        if indented and not held and (blank or code):
            code.append(line)
            continue
        if code and not line.strip():
            code.append(line)
            continue
        if code:
            aside.append(_ASIDE.sub(lambda found: aside[int(found[1])], "\n".join(code)))
            out.append(f"{OPEN}{len(aside) - 1}{CLOSE}")
            code = []
        if not indented and line.strip():
            held = bool(_HOLDS.match(line)) or (held and (not blank or line.startswith("  ")))
        blank = not line.strip()
        out.append(line)
    return "\n".join(out[:-1])


def first_heading(markdown: str) -> str:
    """The heading over the whole page; empty where there are only those of its sections.

    It is the first of level 1, or one of a lower level with nothing before it and all others below it.
    """
    lines = [(level, line) for level, line in headed_lines(markdown) if level or line.strip()]
    headings = [(level, line) for level, line in lines if level]
    top = next((line for level, line in headings if level == 1), None)
    if top is None and headings and lines[0] == headings[0]:
        alone = all(level > headings[0][0] for level, _ in headings[1:])
        top = headings[0][1] if alone else None
    return plain(top) if top else ""
