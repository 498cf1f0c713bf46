"""HTML -> Markdown: headings with the ids they are linked by, paragraphs, lists, tables, code.

Saved documentation pages are the case at hand, so the content of main or article is taken where there is
one, and navigation goes.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

_DROPPED = (
    "script",
    "style",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "noscript",
    "template",
    "svg",
    "button",
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = (
    "p",
    "div",
    "section",
    "article",
    "main",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "figure",
    "body",
)
_PERMALINK_MARKS = re.compile(r"\s*[¶#🔗]\s*$")


def html_to_markdown(raw: bytes) -> tuple[str, str]:
    """(title, Markdown) of a page; the encoding is found as browsers find it."""
    soup = BeautifulSoup(raw, "lxml")
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    for dropped in soup(_DROPPED):
        dropped.decompose()
    root = soup.find("main") or soup.find("article") or soup.body or soup
    parts: list[str] = []
    _walk(root, parts)
    return title, re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()


def _walk(element: Tag, parts: list[str]) -> None:
    for child in element.children:
        if isinstance(child, Tag):
            _tag(child, parts)
        elif type(child) is NavigableString:
            parts.append(re.sub(r"\s+", " ", str(child)))


def _tag(tag: Tag, parts: list[str]) -> None:
    if tag.name in _HEADINGS:
        parts.append(f"\n\n{'#' * _HEADINGS[tag.name]} {_heading(tag)}\n\n")
    elif tag.name == "pre":
        parts.append(f"\n\n```\n{tag.get_text().strip(chr(10))}\n```\n\n")
    elif tag.name == "table":
        parts.append(f"\n\n{_table(tag)}\n\n")
    elif tag.name == "li":
        parts.append("\n- ")
        _walk(tag, parts)
    elif tag.name == "br":
        parts.append("\n")
    elif tag.name == "code":
        parts.append(f"`{tag.get_text()}`")
    elif tag.name in _BLOCKS:
        parts.append("\n\n")
        _walk(tag, parts)
        parts.append("\n\n")
    else:
        _walk(tag, parts)


def _heading(tag: Tag) -> str:
    text = _PERMALINK_MARKS.sub("", " ".join(tag.get_text(" ").split()))
    parent = tag.parent
    anchor = tag.get("id") or (parent.get("id") if parent is not None and parent.name == "section" else "")
    return f"{text} {{#{anchor}}}" if isinstance(anchor, str) and anchor and " " not in anchor else text


def _table(table: Tag) -> str:
    rows = [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in table.find_all("tr")
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows if row]
    if not lines:
        return ""
    width = max(len(row) for row in rows)
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])
