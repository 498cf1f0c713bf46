"""The marks of Markdown that more than one room looks for, found in one pass over the text.

Documents are foreign: every expression here takes time that grows with the length of the text and not
faster, whatever the text is. A closing mark is therefore looked for up to the next opening one only, and what
needs a look at two ends of a line is done with the methods of strings.
"""

from __future__ import annotations

import html
import re

HEADING_CHARACTERS = 300
"""A line longer than this is no heading, whatever mark it starts with."""

_MARKUP = re.compile(r"!\[[^\[\]]*\]\([^()]*\)|</?[A-Za-z][^<>]*>|[`*]|\{#[^{}]*\}")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|bdi|big|br|center|code|del|div|em|font|h[1-6]|i|img|ins|kbd|mark|p|q|s|samp|small|span|"
    r"strike|strong|sub|sup|svg|tt|u|var|wbr)\b(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});|&nbsp|&(?:amp|lt|gt|quot)(?![a-z0-9=])",
    re.IGNORECASE,
)
_ID = re.compile(r"\bid=[\"']?([^\"'\s<>{}]+)", re.IGNORECASE)


def heading(line: str) -> tuple[int, str] | None:
    """(level 1 to 6, text) of a line that is a heading with number signs, or one in tags of HTML.

    None for any other line. The id of one in tags stands behind it as a given anchor.
    """
    if len(line) > HEADING_CHARACTERS:
        return None
    text = line.lstrip()
    if text.startswith("<"):
        return _tagged(text.rstrip())
    marked = text.lstrip("#")
    level = len(text) - len(marked)
    if len(line) - len(text) > 3 or not 1 <= level <= 6 or not marked[:1].isspace():
        return None
    words = marked.strip()
    opened = words.rstrip("#")
    if not opened or opened[-1].isspace():
        words = opened.rstrip()
    return (level, words) if words else None


def _tagged(text: str) -> tuple[int, str] | None:
    """The heading that is all of `<h2 id="x">text</h2>`; many pages of questions are written so."""
    opening, _, rest = text.partition(">")
    level = opening[2:3]
    closing = f"</h{level}>"
    if opening[:2].lower() != "<h" or level not in tuple("123456") or not rest.lower().endswith(closing):
        return None
    if opening[3:4].strip() or "</h" in rest[: -len(closing)].lower():
        return None
    words, given = plain(rest[: -len(closing)]), _ID.search(opening)
    anchor = f" {{#{given.group(1)}}}" if given else ""
    return (int(level), f"{words}{anchor}") if words else None


def underline(line: str) -> int:
    """Level of the heading that this line underlines: 1 for equals signs, 2 for dashes, 0 for neither."""
    marks = line.strip()
    if not marks or len(line) - len(line.lstrip()) > 3 or marks.strip(marks[0]):
        return 0
    return {"=": 1, "-": 2}.get(marks[0], 0)


def plain(markdown: str) -> str:
    """A line of Markdown without links, emphasis, code marks, tags and given anchors; entities as signs."""
    return _as_signs(_MARKUP.sub("", _LINK.sub(r"\1", markdown)).strip())


def plain_title(title: str) -> str:
    """A title out of a navigation or front matter in one line: tags of HTML go, entities become signs.

    Only tags that stand within a line go, so that `Vec<T>` stays.
    """
    return " ".join(_as_signs(_INLINE_TAG.sub("", title)).split())


def _as_signs(line: str) -> str:
    """The line with entities as what they show, a hard blank as a blank; `&nbsp` without semicolon too."""
    if "&" not in line:
        return line
    return " ".join(_ENTITY.sub(lambda match: html.unescape(match.group()), line).split())


_TERMINAL = re.compile(
    r"\x1b(?:\[[0-9;?]{0,40}[A-Za-z]|\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\)|[()][A-Za-z0-9])"
)
"""What colours a terminal's text, moves its cursor or names its window."""


def without_control(text: str) -> str:
    """Text as a reader sees it: no colours of a terminal, a line for the end of a printed page."""
    return _TERMINAL.sub("", text).replace("\f", "\n") if "\x1b" in text or "\f" in text else text
