"""A parsed page as a tree of its content: navigation away, code as lines, layout tables as blocks.

What frames a page (header, footer, sidebar) goes only where it stands outside the content: inside an article
a header holds the heading and an aside the warning. The tree comes out no deeper than what walks it can bear.
Everything is found by walking from element to element, so that a page nested a thousand deep costs no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bs4 import BeautifulSoup, CData, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

NUMBER = "data-fennel-number"
"""Attribute of an item of a numbered list: its number."""
MAX_DEPTH = 90
"""Elements inside each other; what lies deeper is taken as text."""
_UNSEEN = ["script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "audio", "select"]
_UNSEEN += ["input", "textarea", "datalist", "progress", "nav", "head"]
_FRAME = ["header", "footer", "aside"]
_CONTENT = ["main", "article"]
_SECTIONS = ["section", "blockquote", "figure", "details", "dialog", "fieldset", "td", "li"]
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_BLOCKS = ["section", "article", "main", "header", "footer", "aside", "figure", "figcaption", "address"]
_BLOCKS += [
    "fieldset",
    "legend",
    "form",
    "dialog",
    "hgroup",
    "center",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
]
_BLOCKS += ["summary", "body", "html", "button"]
_LINES = frozenset({"div", "p", "li", "tr", "ol", "ul", "table", "tbody"})
_IN_LAYOUT = ["table", "pre", *_HEADINGS]
_LINE_NUMBERS = re.compile(
    r"^(?:linenos?|linenumbers?|lineno|ln|lnt|gutter|blobnum|hljslnnumbers|rougegutter|linenodiv)$"
)
_DIGITS = re.compile(r"^[\s\d]*$")
_PERMALINK = re.compile(r"^[\s¶#🔗\u200b]*$")
_WIDEST = 200
"""Columns and rows that a spanning cell is followed over."""
_SPARE = 100_000
"""Characters that one table may grow by where its cells span rows."""


def content(soup: BeautifulSoup) -> Tag:
    """The element that holds what the page says, made plain in place."""
    for string in [each for each in soup.descendants if isinstance(each, PreformattedString)]:
        if not isinstance(string, CData):
            string.extract()
    _flatten(soup)
    _take_formulas(soup)
    for unseen in soup(_UNSEEN):
        unseen.decompose()
    root = _root(soup)
    _drop_frame(root)
    for button in root("button"):
        if button.get("role") != "tab" and button.find_parent([*_HEADINGS, "summary", "dt"]) is None:
            button.decompose()
    _plain_code(root)
    _plain_headings(root)
    _plain_tables(root)
    _number_lists(root)
    _plain_blocks(root)
    return root


def _take_formulas(soup: BeautifulSoup) -> None:
    """A formula's source in its place, once, where the page carries it (KaTeX, MathJax)."""
    for drawn in soup.select(".katex-html"):
        drawn.decompose()
    for formula in soup("math"):
        source = formula.find("annotation")
        if isinstance(source, Tag):
            formula.replace_with(f"${source.get_text().strip()}$")


def _root(soup: BeautifulSoup) -> Tag:
    """main, the article, what holds several articles, or the body; never one without a word."""
    body = soup.body or soup
    mains = [tag for tag in soup.select("main, [role=main]") if tag.get_text(strip=True)]
    if mains:
        return _shared(mains, body)
    articles = [tag for tag in soup("article") if tag.get_text(strip=True)]
    return _shared(articles, body) if articles else body


def _shared(tags: list[Tag], body: Tag) -> Tag:
    """The nearest element that holds all of them."""
    holders = [tags[0], *tags[0].parents]
    for tag in tags[1:]:
        around = {id(each) for each in [tag, *tag.parents]}
        holders = [holder for holder in holders if id(holder) in around]
    return holders[0] if holders else body


def _drop_frame(root: Tag) -> None:
    """The page's own header, footer and sidebars; those of an article or a section are its words."""
    if root.name in _CONTENT or root.get("role") == "main":
        return
    for frame in root(_FRAME):
        if frame.decomposed or frame.find_parent([*_CONTENT, *_SECTIONS]) is not None:
            continue
        if frame.name == "header" and frame.find("h1") and len(root("h1")) == len(frame("h1")):
            continue
        if frame.name == "aside" and not _is_mostly_links(frame):
            continue
        frame.decompose()


def _is_mostly_links(tag: Tag) -> bool:
    linked = sum(len(link.get_text(strip=True)) for link in tag("a"))
    return 2 * linked >= len(tag.get_text(strip=True))


def _plain_code(root: Tag) -> None:
    """Code as one text with its lines and without their numbers."""
    for table in root("table"):
        if table.find(_is_line_number) and table.find("pre") is None:
            table.name = "pre"
        elif table.find("pre"):
            _drop_line_numbers(table)
    for numbers in root(_is_line_number):
        if not numbers.decomposed:
            numbers.decompose()
    for code in root("code"):
        if code.find("br") and code.find_parent("pre") is None:
            code.name = "pre"
    for pre in root("pre"):
        if pre.decomposed or pre.find_parent("pre") is not None:
            continue
        pre["class"] = " ".join(_classes(pre))
        pre.string = _code_text(pre)


def _drop_line_numbers(table: Tag) -> None:
    for row in table("tr"):
        cells = row(["td", "th"], recursive=False)
        for cell in cells[:-1]:
            if _DIGITS.match(cell.get_text()):
                cell.decompose()


def _is_line_number(tag: Tag) -> bool:
    known = any(_LINE_NUMBERS.match(re.sub(r"[-_]", "", name.lower())) for name in _names(tag))
    return known and bool(_DIGITS.match(tag.get_text()))


def _classes(pre: Tag) -> Iterator[str]:
    """Class names that may tell the language: of the code, of what is in it and of what is around it."""
    for tag in (pre, pre.find("code"), *islice(pre.parents, 6)):
        if isinstance(tag, Tag):
            yield from _names(tag)


def _names(tag: Tag) -> list[str]:
    names = tag.get("class")
    return names.split() if isinstance(names, str) else list(names or [])


def _code_text(pre: Tag) -> str:
    """The text with a line for each <br> and for each element that stands on a line of its own."""
    pieces: list[str] = []
    open_lines: list[PageElement | None] = []
    for element in pre.descendants:
        while open_lines and element is open_lines[-1]:
            open_lines.pop()
            _end_line(pieces)
        if isinstance(element, Tag):
            if element.name == "br":
                pieces.append("\n")
            elif _is_line(element):
                _end_line(pieces)
                open_lines.append(_after(element))
        elif isinstance(element, NavigableString):
            pieces.append(str(element))
    return "".join(pieces)


def _is_line(tag: Tag) -> bool:
    return tag.name in _LINES or "display:block" in str(tag.get("style") or "").replace(" ", "")


def _end_line(pieces: list[str]) -> None:
    if pieces and not pieces[-1].endswith("\n"):
        pieces.append("\n")


def _after(tag: Tag) -> PageElement | None:
    """What comes after everything in `tag`."""
    last: PageElement = tag
    while isinstance(last, Tag) and last.contents:
        last = last.contents[-1]
    return last.next_element


def _plain_headings(root: Tag) -> None:
    """Headings without the links that only mark their place."""
    for heading in root(_HEADINGS):
        for link in heading("a"):
            if _PERMALINK.match(link.get_text()) and link.get("href") and link.find("img") is None:
                if link.get("id") and not heading.get("id"):
                    heading["id"] = str(link["id"])
                link.decompose()


def _plain_tables(root: Tag) -> None:
    """Tables that lay out a page become blocks; in the others each row gets what spans into it."""
    for table in root("table"):
        if table.find(_IN_LAYOUT) is None and len(table("td")) + len(table("th")) > 1:
            _fill_spans(table)
            continue
        for part in table(["caption", "thead", "tbody", "tfoot", "tr", "td", "th", "colgroup"]):
            if part.find_parent("table") is table:
                part.name = "div"
        table.name = "div"


def _fill_spans(table: Tag) -> None:
    """Gives each row the text of the cells that reach down into it."""
    reaching: dict[int, tuple[int, str]] = {}
    spare = _SPARE
    for row in table("tr"):
        column = 0
        for cell in row(["td", "th"], recursive=False):
            while column in reaching and spare > 0:
                left, text = reaching.pop(column)
                if left > 1:
                    reaching[column] = (left - 1, text)
                above = Tag(name="td")
                above.string = text
                cell.insert_before(above)
                spare -= len(text) + 1
                column += 1
            if (tall := _span(cell, "rowspan")) > 1:
                reaching[column] = (tall - 1, cell.get_text(" ", strip=True))
            column += _span(cell, "colspan")


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "")
    return min(max(int(value), 1), _WIDEST) if value.isdecimal() and len(value) < 6 else 1


def _number_lists(root: Tag) -> None:
    for numbered in root("ol"):
        start = str(numbered.get("start") or "")
        number = int(start) if start.isdecimal() and len(start) < 9 else 1
        for item in numbered("li", recursive=False):
            own = str(item.get("value") or "")
            number = int(own) if own.isdecimal() and len(own) < 9 else number
            item[NUMBER] = str(number)
            number += 1


def _plain_blocks(root: Tag) -> None:
    for block in [root, *root(_BLOCKS)]:
        if block.name in _BLOCKS or block is root:
            block["data-was"] = block.name
            block.name = "div"


def _flatten(root: Tag) -> None:
    """Whatever lies deeper than MAX_DEPTH becomes text."""
    depths = {id(root): 0}
    deep: list[Tag] = []
    for tag in root.descendants:
        if not isinstance(tag, Tag) or tag.parent is None:
            continue
        above = depths.get(id(tag.parent))
        if above is None or above >= MAX_DEPTH:
            continue
        depths[id(tag)] = above + 1
        if above + 1 == MAX_DEPTH:
            deep.append(tag)
    for tag in deep:
        tag.string = tag.get_text("\n" if tag.name == "pre" else " ")
