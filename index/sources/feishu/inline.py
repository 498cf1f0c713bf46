"""The text elements of a Feishu document's block -> Markdown within a line.

Words, links and code are kept; bold, italics and colours are not: they would stand as marks between the
words in search. Element kinds: docx-v1/data-structure/block.md, TextElement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from bot.config.fences import longest_run

Json = dict[str, Any]
_CHINA = timedelta(hours=8)
"""Reminders are shown in Feishu's own time zone: an API answer does not say the reader's."""


@dataclass(frozen=True)
class Surroundings:
    """What an element may speak of that does not stand in it."""

    people: Mapping[str, str] = field(default_factory=dict)
    """open_id -> the name that is shown."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Block id of a file -> its name."""


NOWHERE = Surroundings()


def elements_of(data: object) -> list[Json]:
    """The elements in a block's content; [] for content of another shape."""
    found = data.get("elements") if isinstance(data, Mapping) else None
    return [element for element in found if isinstance(element, dict)] if isinstance(found, list) else []


def inline(elements: Sequence[Json], around: Surroundings = NOWHERE) -> str:
    """The elements as one piece of Markdown; a soft break stays a line break."""
    return "".join(_piece(element, around) for element in elements).replace("\r\n", "\n").strip("\n")


def plain(elements: Sequence[Json], around: Surroundings = NOWHERE) -> str:
    """The words alone, as a code block and a title need them."""
    return "".join(_words(element, around) for element in elements)


def mentioned(elements: Sequence[Json]) -> Iterator[str]:
    """The open_ids of the people that are mentioned."""
    for element in elements:
        person = element.get("mention_user")
        if isinstance(person, dict) and person.get("user_id"):
            yield str(person["user_id"])


def _piece(element: Json, around: Surroundings) -> str:
    kind, data = _content(element)
    style = data.get("text_element_style")
    words = _words(element, around)
    if kind == "mention_doc":
        return _linked(words, str(data.get("url") or ""))
    if kind == "equation":
        return f"${words}$" if words else ""
    return _styled(words, style if isinstance(style, dict) else {})


def _words(element: Json, around: Surroundings) -> str:
    kind, data = _content(element)
    if kind in ("text_run", "equation"):
        content = str(data.get("content") or "")
        return content.strip() if kind == "equation" else content
    if kind == "mention_user":
        name = around.people.get(str(data.get("user_id") or ""), "")
        return f"@{name}" if name else ""
    if kind == "mention_doc":
        return str(data.get("title") or "")
    if kind == "reminder":
        return _moment(data)
    if kind in ("file", "inline_block"):
        return around.files.get(str(data.get("source_block_id") or data.get("block_id") or ""), "")
    return ""


def _content(element: Json) -> tuple[str, Json]:
    for kind, data in element.items():
        if isinstance(data, dict):
            return kind, data
    return "", {}


def _styled(words: str, style: Json) -> str:
    inner = words.strip()
    if not inner:
        return words
    before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    if style.get("inline_code"):
        ticks = "`" * (longest_run(inner, "`") + 1)
        pad = " " if "`" in (inner[0], inner[-1]) else ""
        inner = f"{ticks}{pad}{inner}{pad}{ticks}"
    if style.get("strikethrough"):
        inner = f"~~{inner}~~"
    link = style.get("link")
    if isinstance(link, dict) and link.get("url"):
        inner = _linked(inner, str(link["url"]))
    return before + inner + after


def _linked(words: str, url: str) -> str:
    """A Markdown link; Feishu hands addresses out percent-encoded as a whole."""
    address = unquote(url) if re.match(r"[a-z]{1,20}%3A", url, re.IGNORECASE) else url
    if not re.fullmatch(r"https?://[^\s<>]+", address):
        return words
    address = address.replace("(", "%28").replace(")", "%29")
    return f"[{words or address}]({address})"


def _moment(reminder: Json) -> str:
    try:
        at = datetime.fromtimestamp(int(reminder.get("expire_time") or 0) / 1000, UTC) + _CHINA
    except (ValueError, OverflowError, OSError, TypeError):
        return ""
    return at.strftime("%Y-%m-%d" if reminder.get("is_whole_day") else "%Y-%m-%d %H:%M")
