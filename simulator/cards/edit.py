"""Finding and changing elements inside a card's JSON, for CardKit's element calls.

Every function returns a new card and leaves the one given alone, so that a change that turns out invalid
is simply dropped.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
CHILDREN = ("elements", "columns")
"""Properties that hold a list of elements."""


class NoSuchElement(Exception):
    """The card has no element with this id."""


def walk(card: Json) -> Iterator[Json]:
    """Every element of the body, containers before what they hold."""
    yield from _walk(card.get("body", {}).get("elements", []))


def _walk(elements: Any) -> Iterator[Json]:
    for element in elements if isinstance(elements, list) else []:
        if isinstance(element, dict):
            yield element
            for name in CHILDREN:
                yield from _walk(element.get(name, []))


def texts_of(element: Json) -> list[Json]:
    """The text elements that sit in properties of an element (text, placeholder, a panel's title ...)."""
    found = [value for value in element.values() if isinstance(value, dict) and "content" in value]
    header = element.get("header")
    if isinstance(header, dict) and isinstance(header.get("title"), dict):
        found.append(header["title"])
    return found


def find(card: Json, element_id: str) -> Json:
    """The element or inner text with this id, inside the card given. Raises NoSuchElement."""
    for element in walk(card):
        for candidate in (element, *texts_of(element)):
            if candidate.get("element_id") == element_id:
                return candidate
    raise NoSuchElement(element_id)


def changed(card: Json, element_id: str, change: Callable[[list[Any], int], None]) -> Json:
    """A copy of the card after `change(list, position)` worked on the list that holds the element."""
    new = copy.deepcopy(card)
    for siblings in _lists(new):
        for position, element in enumerate(siblings):
            if isinstance(element, dict) and element.get("element_id") == element_id:
                change(siblings, position)
                return new
    raise NoSuchElement(element_id)


def _lists(card: Json) -> Iterator[list[Any]]:
    body = card.get("body")
    if isinstance(body, dict) and isinstance(body.get("elements"), list):
        yield body["elements"]
    for element in list(walk(card)):
        for name in CHILDREN:
            if isinstance(element.get(name), list):
                yield element[name]


def with_content(card: Json, element_id: str, content: str) -> Json:
    """The card with an element's text replaced."""
    new = copy.deepcopy(card)
    find(new, element_id)["content"] = content
    return new


def with_properties(card: Json, element_id: str, properties: Json) -> Json:
    """The card with some properties of an element replaced."""
    new = copy.deepcopy(card)
    find(new, element_id).update(properties)
    return new


def with_element(card: Json, element_id: str, element: Json) -> Json:
    """The card with an element replaced by another, which keeps the id unless it brings its own."""

    def replace(siblings: list[Any], position: int) -> None:
        siblings[position] = {"element_id": element_id, **element}

    return changed(card, element_id, replace)


def without_element(card: Json, element_id: str) -> Json:
    """The card without an element and all it holds."""

    def remove(siblings: list[Any], position: int) -> None:
        del siblings[position]

    return changed(card, element_id, remove)


def with_inserted(card: Json, where: str, target: str, elements: list[Any]) -> Json:
    """The card with elements inserted before or after `target`, or appended to it (or to the body)."""
    if where == "append":
        new = copy.deepcopy(card)
        if not target:
            new.setdefault("body", {}).setdefault("elements", []).extend(elements)
            return new
        container = find(new, target)
        if not isinstance(container.get("elements"), list):
            raise NoSuchElement(target)
        container["elements"].extend(elements)
        return new

    def insert(siblings: list[Any], position: int) -> None:
        start = position if where == "insert_before" else position + 1
        siblings[start:start] = elements

    return changed(card, target, insert)
