"""The `content` of a message of any type -> its words, who is mentioned in it, and what hangs on it.

Events and REST answers carry the same JSON inside a string, one shape for each type (Feishu, "Contents of
received messages"). Words are taken where there are any: a post's paragraphs, a card's texts, a place's name.
What has none (pictures, files, audio) is named as an attachment, for the worker to fetch or to name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.config.faults import encodable
from bot.config.fences import fenced
from bot.errors import MalformedEvent

MENTION_ALL = "@_all"
"""Placeholder of @all in a text; it need not appear among the mentions."""
READABLE = frozenset({"text", "post"})
_PERSON = re.compile(r"o[un]_[A-Za-z0-9_\-]{1,124}")
_KEY = re.compile(r"[A-Za-z0-9_\-]{1,256}")
_MOST_ATTACHMENTS = 16
_NAME_CHARACTERS = 200
_DEPTH = 12
"""How deep a card's elements are looked at."""


@dataclass(frozen=True)
class Attachment:
    """Something in a message that is not words."""

    kind: str
    """image, file, audio, media (a video), sticker, folder, merge_forward, or another message type."""
    key: str = ""
    """image_key or file_key, by which im-v1/message/get-message-resource gives it."""
    name: str = ""
    """The file's name, where it has one."""


@dataclass
class Content:
    """What a message holds."""

    text: str = ""
    """Placeholders of mentions stand in it; an `at` span that has none stands as '@' and its open_id."""
    spans: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Such spans: what stands in the text -> (open_id, name)."""
    attachments: list[Attachment] = field(default_factory=list)

    def attach(self, kind: str, key: Any = "", name: Any = "") -> str:
        """Notes an attachment; what is no key is left out. Returns '' for the text."""
        if len(self.attachments) < _MOST_ATTACHMENTS:
            key = key if isinstance(key, str) and _KEY.fullmatch(key) else ""
            name = encodable(name)[:_NAME_CHARACTERS] if isinstance(name, str) else ""
            self.attachments.append(Attachment(kind, key, name))
        return ""


def read_content(kind: str, content: str) -> Content:
    """The content of a message of type `kind`. Raises MalformedEvent for a text or post that is none.

    Of other types nothing is required: one that changes shape is an attachment without a name.
    """
    data = _object(content, strict=kind in READABLE)
    found = Content()
    if kind == "text":
        found.text = text_of(data, "text")
    elif kind == "post":
        found.text = _read_post(data, found)
    elif kind == "interactive":
        found.text = "\n".join(_card_lines(data)).strip()
        found.attach(kind)
    elif kind == "merge_forward":
        found.attach(kind)
    elif content or kind:
        found.text = _words_of(kind, data)
        found.attach(kind, data.get("image_key" if kind == "image" else "file_key"), data.get("file_name"))
    return found


def _object(content: str, *, strict: bool) -> dict[str, Any]:
    if not content:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        if not strict:
            return {}
        raise MalformedEvent("message.content is not JSON") from error
    if not isinstance(data, dict):
        if not strict:
            return {}
        raise MalformedEvent("message.content is not an object")
    return data


def _words_of(kind: str, data: dict[str, Any]) -> str:
    """What can be read of a type that is mostly something else."""
    if kind == "todo":
        summary = data.get("summary")
        return _read_post(summary, Content()) if isinstance(summary, dict) else ""
    if kind == "vote":
        options = data.get("options")
        words = [data.get("topic"), *(options if isinstance(options, list) else [])]
        return "\n".join(encodable(one) for one in words if isinstance(one, str))
    names = {"location": "name", "share_calendar_event": "summary", "calendar": "summary"}
    value = data.get(names.get(kind, ""))
    return encodable(value) if isinstance(value, str) else ""


def _read_post(data: dict[str, Any], found: Content) -> str:
    lines = [text_of(data, "title")]
    for paragraph in _list(data, "content"):
        if not isinstance(paragraph, list):
            raise MalformedEvent("a paragraph of a post is not a list")
        lines.append("".join(_read_span(span, found) for span in paragraph))
    return "\n".join(lines).strip("\n")


def _read_span(span: Any, found: Content) -> str:
    if not isinstance(span, dict):
        raise MalformedEvent("a span of a post is not an object")
    tag = span.get("tag")
    if tag == "at":
        return _read_at(span, found)
    if tag == "code_block":
        return f"\n{fenced(text_of(span, 'text'), text_of(span, 'language').lower())}\n"
    if tag == "a":
        words, address = text_of(span, "text"), text_of(span, "href")
        return words if not address or address == words else f"{words} ({address})"
    if tag == "img":
        return found.attach("image", span.get("image_key"))
    if tag == "media":
        return found.attach("media", span.get("file_key"))
    return text_of(span, "text") if tag in ("text", "md") else ""


def _read_at(span: dict[str, Any], found: Content) -> str:
    """A mention: its placeholder, or, where the event lists no mentions (as for a post with a document pasted
    into it), the person's id behind an @."""
    who = text_of(span, "user_id")
    if who in ("all", MENTION_ALL):
        return MENTION_ALL
    if not _PERSON.fullmatch(who):
        return who
    key = f"@{who}"
    found.spans[key] = (who, text_of(span, "user_name"))
    return key


def _card_lines(node: Any, depth: int = 0) -> Iterator[str]:
    """The texts of a card as it is received: a title, and rows of elements with a text."""
    if depth > _DEPTH:
        return
    if isinstance(node, list):
        row = [one for one in node if isinstance(one, dict) and isinstance(one.get("text"), str)]
        if row and len(row) == len(node):
            yield "".join(encodable(one["text"]) for one in row if one.get("tag") != "button")
            return
        for one in node:
            yield from _card_lines(one, depth + 1)
    elif isinstance(node, dict):
        for name in ("title", "text", "content"):
            if isinstance(node.get(name), str) and node.get("tag") != "button":
                yield encodable(node[name])
        for name in ("title", "header", "body", "text", "elements", "columns", "fields", "content"):
            if isinstance(node.get(name), list | dict):
                yield from _card_lines(node[name], depth + 1)


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name) or []
    if not isinstance(value, list):
        raise MalformedEvent(f"{name} is not a list")
    return value


def text_of(data: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A string field; lone surrogates, which no encoder takes later, become U+FFFD. Raises MalformedEvent."""
    value = data.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise MalformedEvent(f"{name} is not a string")
    return encodable(value)
