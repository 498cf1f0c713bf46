"""The marks of Markdown that more than one room looks for, found in one pass over the text.

Documents are foreign: every expression here takes time that grows with the length of the text and not
faster, whatever the text is. A closing mark is therefore looked for up to the next opening one only, and what
needs a look at two ends of a line is done with the methods of strings.
"""

from __future__ import annotations

import re

HEADING_CHARACTERS = 300
"""A line longer than this is no heading, whatever mark it starts with."""

_MARKUP = re.compile(r"!\[[^\[\]]*\]\([^()]*\)|</?[A-Za-z][^<>]*>|[`*]|\{#[^{}]*\}")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")


def heading(line: str) -> tuple[int, str] | None:
    """(level 1 to 6, text) of a line that is a heading with number signs; None for any other line."""
    if len(line) > HEADING_CHARACTERS:
        return None
    text = line.lstrip()
    marked = text.lstrip("#")
    level = len(text) - len(marked)
    if len(line) - len(text) > 3 or not 1 <= level <= 6 or not marked[:1].isspace():
        return None
    words = marked.strip()
    opened = words.rstrip("#")
    if not opened or opened[-1].isspace():
        words = opened.rstrip()
    return (level, words) if words else None


def underline(line: str) -> int:
    """Level of the heading that this line underlines: 1 for equals signs, 2 for dashes, 0 for neither."""
    marks = line.strip()
    if not marks or len(line) - len(line.lstrip()) > 3 or marks.strip(marks[0]):
        return 0
    return {"=": 1, "-": 2}.get(marks[0], 0)


def plain(markdown: str) -> str:
    """A line of Markdown without links, emphasis, code marks, tags and given anchors."""
    return _MARKUP.sub("", _LINK.sub(r"\1", markdown)).strip()
