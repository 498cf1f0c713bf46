"""HTML -> Markdown: headings with the ids they are linked by, paragraphs, lists, tables, code.

Saved documentation pages are the case at hand. `html_tree` makes the page a tree of what is
content; markdownify writes it down. Emphasis, links and images are left out: they are marks, not words.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.dammit import EncodingDetector
from markdownify import MarkdownConverter

from bot.config.fences import fenced
from index.sources.formats.confluence import without_macros
from index.sources.formats.html_tree import NUMBER, content

_PERMALINK_MARKS = " ¶🔗\u200b"
_TAG_LIKE = re.compile(r"<(?=[a-zA-Z/!?])")
_HASHES = re.compile(r"^(?=#{1,6}\s)", re.MULTILINE)
_CELL_END = re.compile(r"(?<!\\)\|")
_LANGUAGE = re.compile(r"^(?:language|lang|highlight(?:-source)?|brush)[-:]([a-z0-9+#]+)$")
_HOLDS_A_LIST = re.compile(r"\A(?:- |\d++\. )")
_NO_LANGUAGES = frozenset({"default", "none", "text", "plaintext", "plain"})
_MARKS_ONLY = ["a", "b", "strong", "em", "i", "del", "s", "sub", "sup", "img", "video", "kbd", "samp", "hr"]
"""Elements of which the words stay and the marks of Markdown do not come."""
_WIDEST = 20
"""Columns that one cell may take."""


def named_encoding(raw: bytes) -> str:
    """The encoding that a page says it is in, found as browsers look for it; empty where it names none."""
    return EncodingDetector.find_declared_encoding(raw, is_html=True) or ""


def html_to_markdown(raw: bytes | str) -> tuple[str, str]:
    """(title, Markdown) of a page; of bytes the encoding is found as browsers find it."""
    if isinstance(raw, str) and "<ac:" in raw:
        raw = without_macros(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is read like any other page
        soup = BeautifulSoup(raw, "lxml")
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    text = str(_Writer().convert_soup(content(soup)))
    return title, re.sub(r"\n{3,}", "\n\n", text).strip()


class _Writer(MarkdownConverter):
    """markdownify with our headings, code and tables; `parent_tags` names the elements around one."""

    def __init__(self) -> None:
        super().__init__(
            strip=_MARKS_ONLY,
            bullets="-",
            wrap=True,
            wrap_width=None,
            escape_asterisks=False,
            escape_underscores=False,
        )

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """What only looks like a tag stays a word."""
        return _TAG_LIKE.sub(r"\\<", text)

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return " " if "_inline" in parent_tags else "\n"

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        text = _HASHES.sub(r"\\", text.strip())
        return f" {text} " if "_inline" in parent_tags else f"\n\n{text}\n\n"

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "_inline" in parent_tags:
            return text
        text = " ".join(text.split()).rstrip(_PERMALINK_MARKS)
        anchor = _anchor(el)
        mark = f" {{#{anchor}}}" if anchor and " " not in anchor else ""
        return f"\n\n{'#' * min(max(n, 1), 6)} {text}{mark}\n\n" if text else ""

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        text = text.strip("\n")
        if not text.strip():
            return ""
        return f"\n\n{fenced(text, _language(el))}\n\n"

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        text = (text or "").strip()
        if "_inline" in parent_tags or not text:
            return f" {text} "
        if _HOLDS_A_LIST.match(text) and getattr(next(el.children, None), "name", "") in ("ul", "ol"):
            return f"{text}\n"
        mark = f"{el.get(NUMBER)}. " if el.get(NUMBER) else "- "
        lines = text.split("\n")
        indent = " " * len(mark)
        return "\n".join([mark + lines[0], *(indent + line if line else "" for line in lines[1:])]) + "\n"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        span = str(el.get("colspan") or "")
        empty = min(int(span), _WIDEST) - 1 if span.isdecimal() and len(span) < 6 else 0
        cell = " ".join(_CELL_END.sub(r"\\|", text).split())
        return f" {cell} |" + "  |" * empty

    convert_th = convert_td

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"|{text}\n"

    def convert_table(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """The rows with a line under the first; the caption above them."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        rows = [line for line in lines if line.startswith("|") and line.strip("| ")]
        above = "\n\n".join(line for line in lines if not line.startswith("|"))
        if not rows:
            return f"\n\n{above}\n\n"
        width = max(len(_CELL_END.findall(row)) - 1 for row in rows)
        table = "\n".join([rows[0], f"|{' --- |' * width}", *rows[1:]])
        return f"\n\n{above}\n\n{table}\n\n"


def _anchor(heading: Tag) -> str:
    """The id a heading is linked by: its own, its section's or that of an anchor in it."""
    parent = heading.parent
    section = parent.get("id") if parent is not None and parent.get("data-was") == "section" else ""
    inside: Any = heading.find(lambda tag: tag.get("id") or (tag.name == "a" and tag.get("name")))
    found = heading.get("id") or section or (inside and (inside.get("id") or inside.get("name"))) or ""
    return found if isinstance(found, str) else ""


def _language(pre: Tag) -> str:
    for name in str(pre.get("class") or "").split():
        known = _LANGUAGE.match(name.lower())
        if known and known.group(1) not in _NO_LANGUAGES:
            return known.group(1)
    return ""
