"""HTML and components in Markdown: their words stay, as Markdown where it has a form for them.

Pages of GitHub, Docusaurus, Mintlify and many others mix Markdown with tables, lists and headings of HTML and
with tags of their site's own. One pass over the tags; what stands in code was put aside before.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from bot.config.fences import stretches

_BRACES = r"\{(?>(?:[^{}<>]++|\{[^{}<>]*+\})*)\}"
_ATTRIBUTES = rf"""(?>(?:[^<>"'{{}}`]++|"[^"<]*+"|'[^'<]*+'|{_BRACES}|`[^`<>]*+`)*)"""
_TAG = re.compile(rf"(?<!\\)<(/?)([A-Za-z][A-Za-z0-9.:_-]*+)({_ATTRIBUTES})>")
_TABLE = re.compile(r"</?table(?=[\s>])[^<>]*+>", re.IGNORECASE)
_ADDRESS = re.compile(r"<((?:https?|ftp|mailto):[^\s<>]++|[\w.+-]{1,100}@[\w.-]++)>")
_VALUE = re.compile(
    r"""(?<![\w-])([A-Za-z]{1,30})\s*+=\s*+(?:\{\s*+)?(?:"([^"<>]*+)"|'([^'<>]*+)'|`([^`<>]*+)`)"""
)
_TAG_LIKE = re.compile(r"(?<!\\)<(?=[a-zA-Z/!?])")
_SPAN = re.compile(r"(`[^`\n]+`)")
_ENTITY_TAG = re.compile(r"&lt;(?=[a-zA-Z/!?])")
_BLANK_LINE = re.compile(r"\n[ \t]*+\n")
_SHOWN = (
    "label",
    "title",
    "name",
    "heading",
    "header",
    "summary",
    "question",
    "caption",
    "description",
    "text",
)
"""Attributes of a site's own tags that it shows."""
_BLOCKS = frozenset(
    str.split(
        """address article aside blockquote body center dd details dialog div dl dt fieldset figcaption
        figure footer form header hr html li main nav ol p picture section summary tbody tfoot thead tr td th
        ul video h1 h2 h3 h4 h5 h6 pre table"""
    )
)
_INLINE = frozenset(
    str.split(
        """a abbr acronym audio b bdi bdo big br button cite code data del dfn em embed font i iframe img
        input ins kbd label legend map mark meter nobr object option output param path progress q rp rt ruby s
        samp select slot small source span strike strong sub sup svg textarea time title track tt u var wbr
        link meta base"""
    )
)
_EXPORTED = frozenset(("callout", "grid", "column", "whiteboard", "sheet", "bitable", "view"))
"""Tags without a meaning in HTML that Feishu's documents are exported with."""
_ASSIGNED = re.compile(r"""(?<![\w-])[A-Za-z][\w-]{0,40}=["']""")
_DROPPED = frozenset(("script", "style", "svg", "template", "head"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NEXT_ITEM = re.compile(r"</li>[ \t]{0,9}<li\b[^<>\n]{0,200}>", re.IGNORECASE)
_IN_ROW = re.compile(r"</?(?:ul|ol|li|p|div|dl|dt|dd)\b[^<>\n]{0,200}>", re.IGNORECASE)
"""What would begin a block, where it stands in a row of a table."""


def without_html(text: str) -> str:
    """The text with its tags written as Markdown or taken out; entities become characters."""
    if "<" in text:
        text = _ADDRESS.sub(r"\1", text)
        text = "".join(_table_or_text(part, is_table) for part, is_table in _tables(text))
    if "&" not in text:
        return text
    return "".join(
        html.unescape(one.text) if one.fence is not None else _characters(one.text)
        for one in stretches(text, deep=True)
    ).replace("\xa0", " ")


def _characters(text: str) -> str:
    """Entities as characters; one that would begin a tag stays a character of the text, outside code."""
    parts = _SPAN.split(text)
    return "".join(
        html.unescape(part if place % 2 else _ENTITY_TAG.sub(r"\\&lt;", part))
        for place, part in enumerate(parts)
    )


def _table_or_text(part: str, is_table: bool) -> str:
    if is_table:
        from index.sources.formats.html import html_to_markdown  # its parsers, where there is a table

        return f"\n\n{html_to_markdown(part.encode('utf-8', 'replace'))[1]}\n\n".replace("&", "&amp;")
    paragraphs = _BLANK_LINE.split(part)
    return "\n\n".join(
        _Tags(paragraph).written() if "<" in paragraph else paragraph for paragraph in paragraphs
    )


def _tables(text: str) -> Iterator[tuple[str, bool]]:
    """Stretches of the text: outermost tables, and what stands between them."""
    depth, start = 0, 0
    for tag in _TABLE.finditer(text):
        closes = tag[0].startswith("</")
        if not closes and depth == 0:
            yield text[start : tag.start()], False
            start = tag.start()
        depth = max(depth - 1, 0) if closes else depth + 1
        if closes and depth == 0 and start < tag.start():
            yield text[start : tag.end()], True
            start = tag.end()
    yield text[start:], False


class _Tags:
    """One paragraph being written without its tags."""

    def __init__(self, text: str) -> None:
        first = _TAG.match(text.lstrip())
        self.html_block = bool(first) and first is not None and first[2].lower() in _BLOCKS
        self.text = "\n".join(line.lstrip() for line in text.split("\n")) if self.html_block else text
        self.out: list[str] = []
        self.dropping = ""
        self.preformatted = False
        self.address: list[str] = []
        self.in_row = text.lstrip().startswith("|")
        """Whether the line that is being written is a row of a table."""

    def written(self) -> str:
        """The paragraph as Markdown."""
        place = 0
        for tag in _TAG.finditer(self.text):
            if tag.start() < place:
                continue
            self._say(self.text[place : tag.start()])
            self._tag(tag[1] == "/", tag[2], tag[3])
            place = tag.end()
        self._say(self.text[place:])
        return "".join(self.out)

    def _say(self, text: str) -> None:
        if not self.dropping:
            self.out.append(text if self.preformatted else _TAG_LIKE.sub(r"\\<", text))
            if "\n" in text:
                self.in_row = text.rpartition("\n")[2].lstrip().startswith("|")

    def _tag(self, closes: bool, name: str, attributes: str) -> None:
        kind = name.lower()
        if self.dropping:
            self.dropping = "" if closes and kind == self.dropping else self.dropping
        elif kind in _DROPPED and not attributes.rstrip().endswith("/"):
            self.dropping = "" if closes else kind
        elif kind in _BLOCKS and not _is_component(name, attributes):
            self._block(closes, kind)
        elif kind in _INLINE:
            self._inline(closes, kind, attributes)
        elif (
            name[0].isupper()
            or "-" in name
            or "." in name
            or self._is_exported(closes, name, attributes)
            or _ASSIGNED.search(attributes)
        ):
            self._component(closes, attributes)
        else:  # a placeholder such as <your_token>: words, whatever a browser makes of it
            self._say(f"<{'/' if closes else ''}{name}{attributes}>")

    def _block(self, closes: bool, kind: str) -> None:
        if kind in _HEADINGS:
            self.out.append("\n\n" if closes else f"\n\n{'#' * _HEADINGS[kind]} ")
        elif kind == "pre":
            self.preformatted = not closes
            self.out.append("\n```\n\n" if closes else "\n\n```\n")
        elif kind == "li":
            self.out.append("" if closes else "\n- ")
        elif kind == "summary":
            self.out.append("**\n\n" if closes else "\n\n**")
        else:
            self.out.append("\n\n")

    def _inline(self, closes: bool, kind: str, attributes: str) -> None:
        if kind == "br":
            self.out.append(" " if self.in_row else "\n")
        elif kind in ("code", "tt", "samp") and not self.preformatted:
            self.out.append("`")
        elif kind in ("title", "option") and closes:
            self.out.append(" ")

    def _component(self, closes: bool, attributes: str) -> None:
        shown = "" if closes else " ".join(_shown(attributes))
        self.out.append(f"\n\n{shown}\n\n" if shown else "\n\n" if self._at_line_start() else "")

    def _is_exported(self, closes: bool, name: str, attributes: str) -> bool:
        """Whether it is Feishu's; a bare one inside a line is a placeholder: `DROP COLUMN <column>`."""
        return name in _EXPORTED and (closes or bool(attributes.strip()) or self._at_line_start())

    def _at_line_start(self) -> bool:
        return not self.out or not self.out[-1].strip(" \t") or self.out[-1].endswith("\n")


def _is_component(name: str, attributes: str) -> bool:
    """Whether a tag that HTML has too is one of a site's own: <Aside title="..."> shows its title."""
    return name[0].isupper() and not name.isupper() and bool(_shown(attributes))


def _shown(attributes: str) -> list[str]:
    found = {name.lower(): a or b or c for name, a, b, c in _VALUE.findall(attributes)}
    return [" ".join(found[name].split()) for name in _SHOWN if found.get(name, "").strip()]


def without_blocks_in_rows(text: str) -> str:
    """The text with lists and paragraphs in cells of Markdown's tables as words of their line."""
    if "<" not in text or "|" not in text:
        return text
    return "\n".join(
        _IN_ROW.sub(" ", _NEXT_ITEM.sub("; ", line)) if line.lstrip().startswith("|") else line
        for line in text.split("\n")
    )


def shown_values(arguments: str) -> list[str]:
    """The words among a shortcode's arguments that its site shows: titles, names, labels."""
    return _shown(arguments)
