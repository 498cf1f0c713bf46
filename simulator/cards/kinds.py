"""What kinds of values the properties of a card may hold; `card_schema` is written with these words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.cards.words import COLORS, SHADES, SPACINGS, TEXT_SIZES

_PIXELS = re.compile(r"(-?\d{1,3})(px)?$")
_RGBA = re.compile(r"rgba?\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*(,\s*[\d.]+%?\s*)?\)$")
_ADDRESS = re.compile(r"\A(https?|lark|applink|mailto|tel)://\S++\Z")


@dataclass(frozen=True)
class Value:
    """A single value. `custom` names the part of config.style whose own names are accepted too."""

    name: str
    accepts: Callable[[Any], bool]
    custom: str = ""


@dataclass(frozen=True)
class Shape:
    """An object with these properties and no others."""

    properties: Mapping[str, Kind]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ListOf:
    """A list of objects of one shape, or of single values."""

    item: Shape | Value
    most: int = 10_000


@dataclass(frozen=True)
class Elements:
    """A list of components; `only` restricts their tags."""

    only: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class MapOf:
    """An object with free names and values of one kind."""

    item: Shape | Value | ListOf


Kind = Value | Shape | ListOf | Elements | MapOf


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def text(most: int = 1_000_000, least: int = 0) -> Value:
    """A string of at least `least` and at most `most` characters."""
    return Value(
        f"a string of {least} to {most} characters",
        lambda value: isinstance(value, str) and least <= len(value) <= most,
    )


def word(words: frozenset[str]) -> Value:
    """One of some words."""
    return Value(
        f"one of {', '.join(sorted(words))}", lambda value: isinstance(value, str) and value in words
    )


def fixed(only: str) -> Value:
    """Exactly this word, as tags are."""
    return word(frozenset([only]))


def whole(low: int, high: int) -> Value:
    """An integer within limits, both included."""
    return Value(
        f"an integer from {low} to {high}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    )


def number(low: float, high: float) -> Value:
    """A number within limits, both included."""
    return Value(f"a number from {low} to {high}", lambda value: is_number(value) and low <= value <= high)


def pixels(low: int, high: int, *words: str) -> Value:
    """A length such as "120px" within limits, or one of some words."""

    def accepts(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        found = _PIXELS.match(value)
        return value in words or bool(found and found.group(2) and low <= int(found.group(1)) <= high)

    return Value(f"{low}px to {high}px {' '.join(words)}".strip(), accepts)


def box(low: int, high: int) -> Value:
    """One, two or four lengths such as "4px 0px 4px 0px"; only 0 may go without its unit."""

    def accepts(value: Any) -> bool:
        parts = value.split() if isinstance(value, str) else []
        lengths = [_PIXELS.match(part) for part in parts]
        return len(parts) in (1, 2, 4) and all(
            found and low <= int(found.group(1)) <= high and (found.group(2) or int(found.group(1)) == 0)
            for found in lengths
        )

    return Value(f'1, 2 or 4 lengths from {low}px to {high}px such as "4px 8px"', accepts)


def _is_spacing(value: Any) -> bool:
    return value in SPACINGS or pixels(0, 99).accepts(value)


def _is_color(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    base, _, shade = value.rpartition("-")
    return value in COLORS or (base in COLORS and shade in SHADES) or bool(_RGBA.match(value))


FLAG = Value("true or false", lambda value: isinstance(value, bool))
OBJECT = Value("an object", lambda value: isinstance(value, dict))
MARGIN = box(-99, 99)
PADDING = box(0, 99)
SPACING = Value("a spacing such as small or 8px", lambda value: isinstance(value, str) and _is_spacing(value))
COLOR = Value("a colour", _is_color, custom="color")
TEXT_SIZE = Value(
    "a text size", lambda value: isinstance(value, str) and value in TEXT_SIZES, custom="text_size"
)
ADDRESS = Value("a web address", lambda value: isinstance(value, str) and bool(_ADDRESS.match(value)))
MAYBE_ADDRESS = Value("a web address or nothing", lambda value: value == "" or ADDRESS.accepts(value))
