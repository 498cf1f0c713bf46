"""A document's Markdown as it can be shown: what only its own site understands is taken out.

Documentation is written for generators: front matter, imports, components, admonition marks, shortcodes, raw
HTML. On a card they are noise, and an image is nothing but its file's name. Code is left as it is.
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup

from bot.config.fences import outside

_SPAN = re.compile(r"(`[^`\n]+`)")
_LINES = re.compile(
    r"^[ \t]*(?:import\s[^\n]{1,300}?\sfrom\s++['\"][^\n'\"]{1,300}+['\"];?|"
    r"export\s+(?:default|const)\s.*|:::.*|[!?]{3}\+?\s.*|"
    r"\{[%{#<].*[%}#>]\}|\{\{.*\}\}|\[\[?_?toc_?\]?\]|\\\[\\\]|=== \".*\"|\[\^[^\]\n]+\]:.*)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_ALERT = re.compile(
    r"^([ \t]*+(?>(?:>[ \t]*+)+))"
    r"(?:\\?\[![A-Za-z][\w-]{1,20}((?:\|[^\]\n]{0,200})?)\\?\][-+]?)[ \t]*+(.*\n?)",
    re.MULTILINE,
)
"""The mark of a coloured box in a quote, `> [!NOTE]`; docsify writes a style and a title into it."""
_TITLE = re.compile(r"\|\s*+label\s*+:([^|]*+)")
_TIP = re.compile(r"^[!?]>[ \t]++", re.MULTILINE)
"""A paragraph that docsify sets in a coloured box."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table\s*+>", re.DOTALL | re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\[\]\n]*+\](?:\([^()\n]*+\)|\[[^\[\]\n]*+\])(?:\{[^{}\n]*+\})?")
_EMPTY_LINK = re.compile(r"\[\s*+\](?:\([^()\n]*+\)|\[[^\[\]\n]*+\])")
_ANSWER = re.compile(r"^[ \t]*+(?:\*\*|__)?(?:A|Answer|答)[ \t]?[:：](?:\*\*|__)?[ \t]*+(?=\S)", re.MULTILINE)
"""The mark of an answer below its question."""
_APART = re.compile(r"^[ \t]*+(Q|A|Question|Answer|问题?|答)[ \t]*+\n\s{0,8}[:：][ \t]*+", re.MULTILINE)
"""The mark of a question or an answer in a line above it, such as a badge that became a paragraph."""
_BREAK = re.compile(r"(?<!\\)<br\s*/?>", re.IGNORECASE)
_ITEM = re.compile(r"^[ \t]*<li\b[^>\n]*>", re.IGNORECASE | re.MULTILINE)
_TAG = re.compile(r"(?<!\\)</?[A-Za-z][A-Za-z0-9.]*(?:\s[^<>]*)?/?>")
_ATTRIBUTES = re.compile(r"\{:?\s*+[.#][^{}\n]*+\}")
_SHORTCODE = re.compile(r"\{\{[<%](?:(?!\{\{)[^\n])*?[>%]\}\}|\{%(?:(?!\{%)[^\n])*?%\}")
_MACRO = re.compile(r"\{\{[ \t]*+[A-Za-z_][\w.-]{0,60}+[ \t]*+\}\}")
"""A word that the site's generator fills in."""
_BLANK = re.compile(r"\n(?>(?:[ \t]*+\n)+)")
_MARKS = re.compile(r"[*`#>]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Marks of Markdown; an underline within a word is part of a name."""
LONGEST_TABLE = 60_000
"""Characters of raw HTML that are read as one table."""


def tidied(markdown: str) -> str:
    """The text without what cannot be shown; code stays."""
    text = _COMMENT.sub("", markdown)
    if "<table" in text.lower():
        text = _TABLE.sub(_as_table, text)
    return outside(text, _prose_with_spans, deep=True).strip("\n")


def _prose_with_spans(text: str) -> str:
    parts = _SPAN.split(text)
    shown = "".join(part if place % 2 else _prose(part) for place, part in enumerate(parts))
    return _BLANK.sub("\n\n", shown)


def _prose(text: str) -> str:
    text = _ANSWER.sub("", _APART.sub(r"\1: ", text))
    text = _TIP.sub("", _ALERT.sub(_without_mark, _LINES.sub("", text)))
    text = _EMPTY_LINK.sub("", _IMAGE.sub("", text))
    if "<" in text:
        text = _TAG.sub("", _ITEM.sub("- ", _BREAK.sub(" ", text)))
    return _MACRO.sub("…", _ATTRIBUTES.sub("", _SHORTCODE.sub("", text)))


def _without_mark(match: re.Match[str]) -> str:
    """What the box says in its first line: its title, where it has one."""
    quoted, options, rest = match.groups()
    title = _TITLE.search(options)
    said = " ".join(part for part in (title[1].strip() if title else "", rest.strip()) if part)
    return f"{quoted}{said}\n" if said else ""


def _as_table(match: re.Match[str]) -> str:
    """An HTML table as a Markdown table; a cell's lines are joined."""
    if len(match.group()) > LONGEST_TABLE:
        return ""
    rows = [
        [" ".join(cell.get_text(" ").split()).replace("|", "\\|") for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(match.group(), "lxml").find_all("tr")
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    return "\n\n" + "\n".join([lines[0], "|" + "---|" * width, *lines[1:]]) + "\n\n"


def one_line(markdown: str) -> str:
    """A line without marks and entities: for comparing, never for showing."""
    return " ".join(html.unescape(_MARKS.sub(" ", markdown)).split())
