"""One field of an event's JSON, read so that what comes out can be relied on.

Identifiers end up in Redis keys and job ids and text in cards and logs, so a field of the wrong type or with
characters that no id has is an error that names it, not something to find out about later.
"""

from __future__ import annotations

import re
from typing import Any

from bot.errors import MalformedEvent

_ID = re.compile(r"[A-Za-z0-9_\-]{1,128}")


def object_in(data: dict[str, Any], name: str, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object field, or `default` where there is none. Raises MalformedEvent."""
    value = data.get(name, default)
    value = default if value is None else value
    if not isinstance(value, dict):
        raise MalformedEvent(f"{name} is not an object")
    return value


def list_in(data: dict[str, Any], name: str) -> list[Any]:
    """A list field; empty where there is none. Raises MalformedEvent."""
    value = data.get(name) or []
    if not isinstance(value, list):
        raise MalformedEvent(f"{name} is not a list")
    return value


def text_in(data: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A string field; lone surrogates, which no encoder takes later, become '?'. Raises MalformedEvent."""
    value = data.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise MalformedEvent(f"{name} is not a string")
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def id_in(data: dict[str, Any], name: str, *, required: bool = False) -> str:
    """An identifier: safe in a Redis key and in a job id. Raises MalformedEvent."""
    value = text_in(data, name, required=required)
    if (value or required) and not _ID.fullmatch(value):
        raise MalformedEvent(f"{name} is not an identifier")
    return value


def time_in(data: dict[str, Any], name: str) -> int:
    """Milliseconds, which Feishu writes as a string; 0 where there are none. Raises MalformedEvent."""
    value = str(data.get(name) or "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 16):
        raise MalformedEvent(f"{name} is not a time")
    return int(value)
