"""Rules of a card that its shape alone does not tell: forms, tables, people, images, Markdown.

Codes: 200530 a form's field without its own name, 200914/200915 tables, 200570 images, 100290 people,
10002 a panel header's padding, 200621 everything else that Feishu's parser refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.cards import edit as card_edit
from simulator.cards.kinds import is_number
from simulator.cards.markup import (
    count_tables,
    invalid_person,
    is_image_key,
    is_person,
    parse,
    people_of,
    problems,
    read_tag,
)
from simulator.cards.rejection import CardRejected
from simulator.cards.words import names
from simulator.types import Json

MAX_TABLES = 5
"""Tables in a whole card, components and Markdown tables together (11310 above it)."""
MAX_COLUMNS = 50
INTERACTIVE = names(
    "button input select_static multi_select_static select_person date_picker checker overflow"
)
FIELDS = INTERACTIVE - {"button", "overflow"}
FORM_ONLY = names("multi_select_static")


def check_markdown(text: str, *, path: str, people: frozenset[str] | None, full: bool = True) -> None:
    """Refuses Markdown that Feishu refuses or loses; not `full` are lark_md and cells: no tables in them."""
    for problem in problems(text):
        raise CardRejected(problem.code, problem.message, problem.value, path)
    if not full and count_tables(text):
        raise CardRejected(200621, "parse card json err, lark_md has no tables", text[:80], path)
    if people is not None:
        check_people(people_in(text), people, path)


def people_in(text: str) -> list[str]:
    """The ids of everybody that a Markdown text mentions, @all left out."""
    found: list[str] = []
    for block in parse(text):
        for token in block.children or []:
            tag = read_tag(token.content) if token.type == "html_inline" else None
            if tag and not tag.closing and tag.name in ("at", "person"):
                found += [one for one in people_of(tag) if one != "all"]
    return found


def check_people(ids: list[str], known: frozenset[str], path: str) -> None:
    """Refuses ids of nobody in the tenant."""
    for one in ids:
        if one.startswith("ou_") and one not in known:
            problem = invalid_person(one)
            raise CardRejected(problem.code, problem.message, problem.value, path)


def check_component(element: Json, path: str, people: frozenset[str] | None = None) -> None:
    """The rules of one component by itself."""
    tag = element["tag"]
    if tag == "img":
        _check_image(element["img_key"], path)
    elif tag == "person":
        _check_person(element["user_id"], path)
    elif tag == "person_list":
        for one in element["persons"]:
            _check_person(one["id"], path)
    elif tag == "table":
        _check_table(element, path)
        _check_cells(element, path, people)
    elif tag == "collapsible_panel" and "padding" in element["header"]:
        raise CardRejected(10002, "invalid panel header padding", str(element["header"]["padding"]), path)
    elif tag == "button" and not element.get("text") and not element.get("icon"):
        raise CardRejected(200621, "parse card json err, button has neither text nor icon", "button", path)


def _check_image(key: str, path: str) -> None:
    if not is_image_key(key):
        raise CardRejected(200570, "card contains invalid image keys", f"image key {key}", path)


def _check_person(identifier: str, path: str) -> None:
    if not is_person(identifier):
        problem = invalid_person(identifier)
        raise CardRejected(problem.code, problem.message, problem.value, path)


def _check_table(table: Json, path: str) -> None:
    columns = table["columns"]
    keys = [column["name"] for column in columns]
    if not keys or len(set(keys)) != len(keys):
        raise CardRejected(200915, "table columns is invalid", "column names must be unique", path)
    if len(keys) > MAX_COLUMNS:
        raise CardRejected(11310, "table column number over limit", "table", path)
    for row_number, row in enumerate(table["rows"]):
        for column_number, column in enumerate(columns):
            value = row.get(column["name"])
            if value is not None and not _fits(column.get("data_type", "text"), value):
                where = f"row {row_number}, column {column_number}"
                raise CardRejected(200914, "table rows is invalid", where, path)


def _check_cells(table: Json, path: str, people: frozenset[str] | None) -> None:
    """The Markdown in cells: a table in a table is one that Feishu does not draw."""
    names = [one["name"] for one in table["columns"] if one.get("data_type") in ("markdown", "lark_md")]
    for number, row in enumerate(table["rows"]):
        for name in names:
            if row.get(name):
                check_markdown(
                    row[name], path=f"{path} -> rows -> [{number}] -> {name}", people=people, full=False
                )


def _fits(data_type: str, value: Any) -> bool:
    """Whether a cell's value is of its column's type."""
    if data_type == "number":
        return is_number(value)
    if data_type == "date":
        return isinstance(value, int) and not isinstance(value, bool)
    if data_type == "options":
        return isinstance(value, str) or (
            isinstance(value, list) and all(isinstance(one, dict) and "text" in one for one in value)
        )
    if data_type == "persons":
        people = value if isinstance(value, list) else [value]
        return all(isinstance(one, str) for one in people)
    return isinstance(value, str)


def check_interaction(card: Json) -> None:
    """Forms hold named fields and a submit button; what belongs to forms stays inside them; names differ."""
    seen: set[str] = set()
    in_forms: set[int] = set()
    for form in card_edit.walk(card):
        if form.get("tag") == "form":
            in_forms |= _check_form(form)
    for element in card_edit.walk(card):
        tag, name = element.get("tag"), element.get("name")
        if tag not in INTERACTIVE and tag != "form":
            continue
        if name and name in seen:
            raise CardRejected(200530, "the name of an interactive component is empty or repeated", str(name))
        seen |= {name} if name else set()
        if id(element) not in in_forms and tag != "form":
            _check_outside_form(element)


def _check_form(form: Json) -> set[int]:
    """Checks one form; the identities of the interactive components inside it."""
    inside = [one for one in card_edit.walk({"body": form}) if one.get("tag") in INTERACTIVE]
    for one in inside:
        if not one.get("name"):
            raise CardRejected(
                200530, "the name of an interactive component is empty or repeated", str(one["tag"])
            )
    if not any(one.get("form_action_type") == "submit" for one in inside):
        raise CardRejected(200621, "parse card json err, form has no submit button", str(form["name"]))
    return {id(one) for one in inside}


def _check_outside_form(element: Json) -> None:
    tag = str(element["tag"])
    if tag in FORM_ONLY:
        raise CardRejected(200621, f"parse card json err, {tag} must be inside a form", tag)
    for name in ("form_action_type", "required"):
        if element.get(name):
            raise CardRejected(200621, f"parse card json err, {name} belongs to forms only", tag)


def tables_in(card: Json, texts: Iterator[str]) -> int:
    """All tables of a card: components, and those inside its Markdown texts."""
    components = len([one for one in card_edit.walk(card) if one.get("tag") == "table"])
    return components + sum(count_tables(text) for text in texts)
