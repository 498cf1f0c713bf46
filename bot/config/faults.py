"""What is wrong with a setting, or a row of a file, in words for somebody who does not write Python.

What is wrong with a text and needs no word, halves of characters, is replaced here for everybody; and here it
is told whether a text says anything.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_WANTED = {
    "tuple_type": 'needs a list, such as ["a", "b"]',
    "dict_type": "needs names with values below it",
    "model_type": "needs keys below it; see docs/en/all-settings.md",
    "model_attributes_type": "needs keys below it; see docs/en/all-settings.md",
    "int_type": "needs a whole number",
    "int_parsing": "needs a whole number",
    "int_from_float": "needs a whole number",
    "float_type": "needs a number",
    "float_parsing": "needs a number",
    "bool_type": "needs true or false",
    "bool_parsing": "needs true or false",
    "string_type": "needs a text; put it in quotes",
    "path_type": "needs a path",
}
"""Pydantic's types of errors that speak of Python, and what they mean here."""
_HALF = re.compile(r"\\u[dD]|[\ud800-\udfff]")
"""What may be half a character in JSON, as an escape or as it stands."""

_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffd")
"""Letters and signs by their kind that show nothing, and what stands for half a character."""


def encodable(text: str) -> str:
    """The text with halves of characters put together; those alone, which no encoder takes, become U+FFFD.

    Such lone surrogates come out of JSON (`"\\ud800"`), and out of a command line that is not UTF-8.
    """
    return (
        text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    )


def has_words(text: str) -> bool:
    """Whether somebody says something with it: a letter, a number or a picture, not marks alone."""
    return any(
        sign not in _UNSEEN and (sign.isalnum() or unicodedata.category(sign) == "So") for sign in text
    )


def encodable_json(raw: str | bytes) -> Any:
    """What a JSON text holds, every string in it encodable. Raises ValueError or RecursionError."""
    text = raw if isinstance(raw, str) else raw.decode(json.detect_encoding(raw), "surrogatepass")
    data = json.loads(text)
    return json.loads(encodable(json.dumps(data, ensure_ascii=False))) if _HALF.search(text) else data


def explained(item: ErrorDetails, model: type[BaseModel]) -> str:
    """One fault; a key that does not exist is compared with those that do."""
    kind = item["type"]
    if kind == "extra_forbidden":
        return _unknown(item["loc"], model)
    if kind == "literal_error":
        return f"needs one of {item['ctx']['expected']}"
    if kind == "string_pattern_mismatch" and (like := _example_at(item["loc"], model)):
        return f'must be such as "{like}"'
    if kind in ("model_type", "model_attributes_type") and (like := _example_at(item["loc"][:-1], model)):
        return f"needs keys and values, such as {like}"
    if kind == "tuple_type" and (like := _example_at(item["loc"], model)):
        return f"needs a list, such as [{like}]"
    return _WANTED.get(kind) or item["msg"].removeprefix("Value error, ").replace(
        "Input should be", "must be"
    )


def misspelt(given: Iterable[str], known: Sequence[str]) -> str:
    """What to say of a field of a row that is one of `known` misspelt; empty where there is none.

    A field that is like no known one is no mistake: a file may be meant for other tools too.
    """
    for name in given:
        if name not in known and (near := get_close_matches(name.lower(), known, n=1, cutoff=0.75)):
            return f"{name}: no such field; did you mean {near[0]}?"
    return ""


def _unknown(place: Sequence[int | str], model: type[BaseModel]) -> str:
    names = _names_at(place[:-1], model)
    near = get_close_matches(str(place[-1]), names, n=1)
    if near:
        return f"no such setting; did you mean {near[0]}?"
    return "no such setting; see docs/en/all-settings.md for the names"


def _example_at(place: Sequence[int | str], model: type[BaseModel]) -> str:
    """A value that the setting would take, where its section gives one."""
    section = _section_at(place[:-1], model)
    field = section.model_fields.get(str(place[-1])) if section and place else None
    return str(field.examples[0]) if field and field.examples else ""


def _names_at(place: Sequence[int | str], model: type[BaseModel]) -> list[str]:
    """The names of the settings in a section; empty for a place that is none."""
    section = _section_at(place, model)
    return list(section.model_fields) if section else []


def _section_at(place: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel] | None:
    section: type[BaseModel] | None = model
    inside = False  # a list's number or a group's id, which is no name of a setting, comes next
    for part in place:
        if inside or section is None:
            inside = False
            continue
        found = section.model_fields.get(str(part))
        kind = found.annotation if found else None
        section = _section(kind)
        inside = get_origin(kind) in (dict, tuple)
    return section


def _section(kind: Any) -> type[BaseModel] | None:
    """The section that a type is, or holds in a list, a mapping or an alternative."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next((found for one in get_args(kind) if (found := _section(one))), None)
