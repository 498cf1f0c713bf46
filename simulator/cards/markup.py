"""The Markdown dialect of card JSON 2.0: CommonMark without HTML blocks, plus tables and a few tags.

Source: the rich-text component's page ("富文本组件", JSON 2.0). Feishu drops what it does not know without a
word; here that is a problem with a name, so that lost text is noticed before a reader misses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

INLINE_TAGS = frozenset(
    [
        "br",
        "hr",
        "person",
        "local_datetime",
        "at",
        "a",
        "text_tag",
        "raw",
        "link",
        "font",
        "number_tag",
        "audio",
    ]
)
VOID_TAGS = frozenset(["br", "hr"])
MAX_TABLES_PER_MARKDOWN = 4
"""rich-text: "单个富文本组件中，最多可放置四个表格"."""

_TAG = re.compile(r"\A<(/?)([A-Za-z][A-Za-z0-9_-]*+)([^>]*+)>\Z")
_ATTRIBUTE = re.compile(r"""(?<![A-Za-z_])([A-Za-z_]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_UNDERSCORED = re.compile(r"</?(?:text_tag|number_tag|local_datetime)\b[^<>]*>")
_TICKS = re.compile(r"`++")
_FOUR_MARKS = re.compile(r"\*{4,}|(?<!\\)_{4,}")
_IMAGE_KEY = re.compile(r"\Aimg_[\w.-]++\Z")
_PERSON = re.compile(r"(ou|on)_[A-Za-z0-9_-]+$")


@dataclass(frozen=True)
class Problem:
    """Something in a Markdown text that Feishu refuses or silently drops; the code is Feishu's."""

    code: int
    message: str
    value: str


@dataclass(frozen=True)
class Tag:
    """One HTML-like tag."""

    name: str
    attributes: dict[str, str]
    closing: bool
    complete: bool
    """Void or self-closing: no closing tag follows."""


def reader() -> MarkdownIt:
    """A parser of the dialect. HTML blocks do not exist in it: every tag is read inline."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.disable("html_block").inline.ruler.before("html_inline", "feishu_tag", _feishu_tag)
    return parser


def _feishu_tag(state: StateInline, silent: bool) -> bool:
    """Feishu's tags with an underscore in their names, which CommonMark does not take for tags."""
    found = _UNDERSCORED.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = found.group()
    state.pos = found.end()
    return True


_READER = reader()


def parse(markdown: str) -> list[Token]:
    """The block tokens of a Markdown text."""
    return _READER.parse(markdown)


def read_tag(text: str) -> Tag | None:
    """The tag in an html_inline token; None for comments, declarations and the like."""
    found = _TAG.match(text)
    if found is None:
        return None
    name, rest = found.group(2).lower(), found.group(3).rstrip()
    attributes = {
        m.group(1).lower(): m.group(2) or m.group(3) or m.group(4) or ""
        for m in _ATTRIBUTE.finditer(rest.removesuffix("/"))
    }
    return Tag(name, attributes, bool(found.group(1)), rest.endswith("/") or name in VOID_TAGS)


def people_of(tag: Tag) -> list[str]:
    """The ids that an <at> or <person> tag names."""
    listed = tag.attributes.get("ids") or tag.attributes.get("id") or tag.attributes.get("user_id") or ""
    return [one.strip() for one in listed.split(",") if one.strip()]


def is_person(identifier: str) -> bool:
    """Whether this has the shape of an open_id or union_id."""
    return bool(_PERSON.match(identifier))


def is_image_key(key: str) -> bool:
    """Whether this has the shape of an uploaded image's key."""
    return bool(_IMAGE_KEY.match(key))


def is_web_address(address: str) -> bool:
    """Only http and https links work in cards."""
    return address.lower().startswith(("http://", "https://"))


def count_tables(markdown: str) -> int:
    """How many tables a Markdown text holds."""
    if "|" not in markdown:
        return 0
    return sum(token.type == "table_open" for token in parse(markdown))


def problems(markdown: str) -> Iterator[Problem]:
    """Everything in a Markdown text that Feishu refuses or drops, in order."""
    tokens = parse(markdown)
    if sum(token.type == "table_open" for token in tokens) > MAX_TABLES_PER_MARKDOWN:
        yield Problem(11310, "card table number over limit", "table")
    lines = markdown.split("\n")
    for token in tokens:
        if token.type == "fence" and token.map and not lines[token.map[0]].startswith(("`", "~")):
            yield unsupported("code fence that does not start its line", lines[token.map[0]])
        if token.type == "fence" and token.map and not _is_closed(token, lines[slice(*token.map)]):
            yield unsupported("code fence that is never closed", lines[token.map[0]])
        if token.type == "inline":
            yield from _inline_problems(token)


def _is_closed(fence: Token, lines: list[str]) -> bool:
    """Whether the last of a code block's lines is its closing fence."""
    mark = lines[-1].strip()
    return len(lines) > 1 and mark.startswith(fence.markup) and not mark.strip(fence.markup[0])


def _without_code(text: str) -> str:
    """The text with its code spans left out: from a run of ticks to the next run of as many."""
    runs = [(run.start(), len(run[0])) for run in _TICKS.finditer(text)]
    following: dict[int, list[int]] = {}
    for place, length in reversed(runs):
        following.setdefault(length, []).append(place)
    kept, start = [], 0
    for place, length in runs:
        same = following[length]
        same.pop()
        if place >= start and same:
            kept.append(text[start:place])
            start = same[-1] + length
    return " ".join([*kept, text[start:]])


def _inline_problems(inline: Token) -> Iterator[Problem]:
    marks = _FOUR_MARKS.search(_without_code(inline.content))
    if marks:
        yield unsupported("four emphasis marks in a row", marks.group())
    open_tags: list[str] = []
    for token in inline.children or []:
        if token.type == "html_inline":
            yield from _tag_problems(token.content, open_tags)
        elif token.type == "image":
            key = str(token.attrs.get("src", ""))
            if not is_image_key(key):
                yield Problem(200570, "card contains invalid image keys", f"image key {key}")
        elif token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            if not is_web_address(address):
                yield unsupported("link that is not http or https", address)
    for name in open_tags:
        yield unsupported("tag that is never closed", f"<{name}>")


def _tag_problems(text: str, open_tags: list[str]) -> Iterator[Problem]:
    tag = read_tag(text)
    if tag is None or tag.name not in INLINE_TAGS:
        yield unsupported("HTML tag", text)
    elif tag.closing:
        if tag.name in VOID_TAGS or not open_tags or open_tags.pop() != tag.name:
            yield unsupported("closing tag without its opening tag", text)
    else:
        if not tag.complete:
            open_tags.append(tag.name)
        yield from _attribute_problems(tag, text)


def _attribute_problems(tag: Tag, text: str) -> Iterator[Problem]:
    if tag.name == "at" and not tag.attributes.get("email"):
        people = people_of(tag)
        wrong = [one for one in people if one != "all" and not is_person(one)]
        if wrong or not people:
            yield invalid_person(wrong[0] if wrong else text)
    elif tag.name in ("a", "link"):
        address = tag.attributes.get("href") or tag.attributes.get("url") or ""
        if not is_web_address(address):
            yield unsupported("link that is not http or https", text)


def invalid_person(value: str) -> Problem:
    """Code 100290: an id of nobody."""
    return Problem(100290, "There is an invalid user resource(at/person) in your card", value)


def unsupported(what: str, value: str) -> Problem:
    """Markup that Feishu shows wrongly or drops. Feishu sends such a card; this stand-in refuses it."""
    return Problem(200621, f"parse card json err, unsupported markdown: {what}", value[:80])
