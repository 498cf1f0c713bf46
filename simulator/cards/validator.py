"""Card JSON 2.0, judged as strictly as Feishu does.

`validate_card` accepts a card or raises CardRejected with the code that Feishu's own checks give. Where
sources disagree about what Feishu accepts, the stricter one is enforced, and markup that Feishu silently
drops is refused too: a card accepted here is accepted there, and shows all its text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from simulator.cards.kinds import Elements, Kind, ListOf, MapOf, Shape, Value
from simulator.cards.rejection import CardRejected
from simulator.cards.rules import MAX_TABLES, check_component, check_interaction, check_markdown, tables_in
from simulator.cards.schema import CARD, COMPONENTS
from simulator.cards.shapes import BEHAVIORS, CALLBACK, OPEN_URL
from simulator.cards.words import GONE_TAGS, names
from simulator.types import Json

__all__ = ["CardRejected", "validate_card"]

MAX_CARD_BYTES = 30 * 1024
"""im-v1/message/reply.md: cards are at most 30 KB (code 230025, in CardKit 200860)."""
MAX_ELEMENTS = 200
"""Components and elements such as plain_text together (300305; in messages 11310)."""
MAX_NESTING = 5
CONTAINERS = names("column_set collapsible_panel interactive_container form")
ROOT_ONLY = names("table form")
_ELEMENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")


def validate_card(card: Any, people: frozenset[str] | None = None) -> None:
    """Returns for a card that Feishu accepts. Raises CardRejected for any other.

    `people` are the open_ids that exist; None: whatever looks like an id is taken for one.
    """
    if not isinstance(card, dict) or not card:
        raise CardRejected(300307, "The card DSL is empty")
    if _size(card) > MAX_CARD_BYTES:
        raise CardRejected(200860, "Card content exceeds limit.")
    if card.get("schema") != "2.0":
        raise CardRejected(300303, "Only schema 2.0 is supported")
    Judge(card, people).judge()


def _size(card: Json) -> int:
    """UTF-8 bytes of the card's JSON. Raises CardRejected for what no JSON text can carry."""
    try:
        return len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode())
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        raise CardRejected(200621, "parse card json err, not valid JSON", type(error).__name__) from error


class Judge:
    """Walks one card along its schema."""

    def __init__(self, card: Json, people: frozenset[str] | None) -> None:
        self.card = card
        self.people = people
        self.ids: set[str] = set()
        self.elements = 0
        self.markdown: list[str] = []
        config = card.get("config")
        self.config = config if isinstance(config, dict) else {}
        style = self.config.get("style")
        self.style = style if isinstance(style, dict) else {}

    def judge(self) -> None:
        """Raises CardRejected for the first thing wrong."""
        if self.config.get("update_multi") is False:
            raise CardRejected(300302, "update_multi property is false")
        self._shape(self.card, CARD, "ROOT")
        for element, path in self._walk(self.card.get("body", {}).get("elements", []), "ROOT -> body", 0):
            check_component(element, path, self.people)
        check_interaction(self.card)
        if self.elements > MAX_ELEMENTS:
            raise CardRejected(300305, "The number of card components exceeds 200")
        if tables_in(self.card, iter(self.markdown)) > MAX_TABLES:
            raise CardRejected(11310, "card table number over limit", "table")

    def _walk(self, elements: list[Json], path: str, depth: int) -> list[tuple[Json, str]]:
        """Every component with its path, after checking where it may stand."""
        found: list[tuple[Json, str]] = []
        for number, element in enumerate(elements):
            tag = element["tag"]
            here = f"{path} -> elements -> [{number}](tag: {tag})"
            if tag in ROOT_ONLY and depth:
                raise CardRejected(
                    200621, f"parse card json err, {tag} must be at the root of body", tag, here
                )
            inner = depth + (tag in CONTAINERS)
            if inner > MAX_NESTING:
                raise CardRejected(11310, "element nesting over limit", tag, here)
            found.append((element, here))
            for name in ("elements", "columns"):
                if tag != "table" and isinstance(element.get(name), list):
                    found += self._walk(element[name], here, inner)
        return found

    def _shape(self, value: Any, shape: Shape, path: str) -> None:
        if not isinstance(value, dict):
            raise self._wrong("an object", value, path)
        for name in value:
            if name not in shape.properties:
                raise CardRejected(
                    200621, f"parse card json err, unknown property, property: {name}", name, path
                )
        for name in sorted(shape.required - value.keys()):
            raise CardRejected(200621, f"parse card json err, {name} is required", name, path)
        if isinstance(value.get("tag"), str):
            self._count(value, path)
        for name, inner in value.items():
            self._kind(inner, shape.properties[name], f"{path} -> {name}")

    def _count(self, value: Json, path: str) -> None:
        """Counts an element, notes its id and its Markdown."""
        self.elements += 1
        identifier = value.get("element_id")
        if identifier is not None:
            if not isinstance(identifier, str) or not _ELEMENT_ID.fullmatch(identifier):
                raise CardRejected(200621, "parse card json err, invalid element_id", str(identifier), path)
            if identifier in self.ids:
                raise CardRejected(300301, "Duplicate element_id in card component.", identifier, path)
            self.ids.add(identifier)
        content = value.get("content")
        if value["tag"] in ("markdown", "lark_md") and isinstance(content, str):
            check_markdown(content, path=path, people=self.people, full=value["tag"] == "markdown")
            self.markdown.append(content)

    def _kind(self, value: Any, kind: Kind, path: str) -> None:
        if isinstance(kind, Value):
            self._value(value, kind, path)
        elif isinstance(kind, Shape):
            self._shape(value, kind, path)
        elif isinstance(kind, Elements):
            self._components(value, kind, path)
        elif isinstance(kind, MapOf):
            for name, inner in self._object(value, path).items():
                self._kind(inner, kind.item, f"{path} -> {name}")
        else:
            self._list(value, kind, path)

    def _value(self, value: Any, kind: Value, path: str) -> None:
        if kind.accepts(value):
            return
        own = self.style.get(kind.custom) if kind.custom else None
        if not (isinstance(own, dict) and isinstance(value, str) and value in own):
            raise self._wrong(kind.name, value, path)

    def _list(self, value: Any, kind: ListOf, path: str) -> None:
        if not isinstance(value, list):
            raise self._wrong("a list", value, path)
        if len(value) > kind.most:
            raise self._wrong(f"at most {kind.most} items", len(value), path)
        for number, item in enumerate(value):
            inner = kind.item
            if kind is BEHAVIORS:
                inner = OPEN_URL if isinstance(item, dict) and item.get("type") == "open_url" else CALLBACK
            self._kind(item, inner, f"{path} -> [{number}]")

    def _components(self, value: Any, kind: Elements, path: str) -> None:
        if not isinstance(value, list):
            raise self._wrong("a list", value, path)
        for number, element in enumerate(value):
            tag = str(element.get("tag")) if isinstance(element, dict) else ""
            here = f"{path} -> [{number}](tag: {tag})"
            if tag in GONE_TAGS:
                raise CardRejected(
                    200861,
                    "cards of schema V2 no longer support this capability",
                    f"unsupported tag {tag}",
                    here,
                )
            allowed = kind.only or COMPONENTS.keys() - {"column"}
            if tag not in allowed:
                raise CardRejected(200621, "parse card json err, unknown tag", str(tag), here)
            self._shape(element, COMPONENTS[tag], here)

    def _object(self, value: Any, path: str) -> Json:
        if not isinstance(value, dict):
            raise self._wrong("an object", value, path)
        return value

    def _wrong(self, wanted: str, value: Any, path: str) -> CardRejected:
        return CardRejected(200621, f"parse card json err, wanted {wanted}", str(value)[:80], path)
