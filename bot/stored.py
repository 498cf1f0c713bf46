"""What stands in Redis outlives a release: how its JSON is written and read so that the next one, or the one
before, can go on with it.

A reader leaves out what it does not know and fills in what is not there. A field that a release adds is
declared with `new_field` and is written only when it says something, so that the release before, which did
refuse unknown fields, can read what this one writes. SCHEMA stands in jobs (their `meta`), kept answers and
Traces, for whoever has to tell them apart one day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, TypeVar

SCHEMA = 2
"""Raised when something is written otherwise than before. What carries none is of 1, the first release."""
_SINCE = "since"
_Kind = TypeVar("_Kind")


def new_field(default: Any, since: int = SCHEMA) -> Any:
    """A dataclass field that schema `since` added, with its default."""
    return field(default=default, metadata={_SINCE: since})


def without_unset(value: Any, whole: dict[str, Any]) -> dict[str, Any]:
    """`whole`, the dict that a dataclass is written as, without added fields that say nothing."""
    for one in fields(value):
        if one.metadata and whole[one.name] == one.default and _SINCE in one.metadata:
            del whole[one.name]
    return whole


def known(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """What of `data` the dataclass `kind` has a field for. Raises TypeError when it is not an object."""
    if not isinstance(data, Mapping):
        raise TypeError(f"what is stored for {kind.__name__} is not an object")
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def read_object(raw: bytes | str | None) -> dict[str, Any]:
    """The JSON object in `raw`; an empty one for anything else, whoever wrote it there."""
    try:
        data = json.loads(raw or "{}")
    except (ValueError, RecursionError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}


def read_as(kind: type[_Kind], raw: bytes | str | None) -> _Kind | None:
    """The dataclass that `raw` is the JSON of, fields of other releases left out; None for anything else."""
    try:
        return kind(**known(kind, read_object(raw)))
    except TypeError:
        return None


def decoded(value: bytes | str | None) -> str:
    """What Redis gave, as text; empty for nothing."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""


def number_of(value: Any, *, most: float = 4e9) -> float:
    """A number from 0 to `most`, such as a time in Unix seconds; 0 for anything else."""
    return float(value) if type(value) in (int, float) and 0 <= value <= most else 0.0
