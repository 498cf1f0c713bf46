"""What charts and diagrams say: drawn by Office from parts of their own, which the page only points to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.sources.formats.office.office_xml import RELATIONS, Element, Parts

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_MOST_POINTS = 2_000


def drawn(holder: Element, parts: Parts, relations: dict[str, tuple[str, str]]) -> Iterator[str]:
    """The charts and diagrams of a shape or a paragraph, as blocks of Markdown."""
    for chart in holder.iter(f"{_C}chart"):
        root = parts.xml(relations.get(str(chart.get(f"{RELATIONS}id")), ("", ""))[1])
        if root is not None:
            yield from _chart(root)
    for diagram in holder.iter(f"{_DIAGRAM}relIds"):
        root = parts.xml(relations.get(str(diagram.get(f"{RELATIONS}dm")), ("", ""))[1])
        for point in root.iter(f"{_DIAGRAM}pt") if root is not None else ():
            if words := _words(point):
                yield f"- {words}"


def _chart(root: Element) -> Iterator[str]:
    """Its titles, then a line for each category with what each series says of it."""
    for title in root.iter(f"{_C}title"):
        if words := _words(title):
            yield words
    series = list(root.iter(f"{_C}ser"))
    names = [" ".join(_values(one.find(f"{_C}tx")).values()) for one in series]
    categories: dict[int, str] = {}
    for one in series:
        categories |= _values(_first(one, "cat", "xVal"))
    columns = [_values(_first(one, "val", "yVal")) for one in series]
    rows = sorted({*categories, *(place for column in columns for place in column)})[:_MOST_POINTS]
    lines = []
    for row in rows:
        said = [f"{name} {own[row]}".strip() for name, own in zip(names, columns, strict=True) if row in own]
        lines.append(f"- {categories.get(row, '')}: {', '.join(said)}".rstrip(": "))
    yield "\n".join(lines or [", ".join(filter(None, names))])


def _first(series: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := series.find(f"{_C}{name}")) is not None), None)


def _values(holder: Any) -> dict[int, str]:
    """Number of a point -> what it says, as Office last computed it."""
    found = {}
    for point in holder.iter(f"{_C}pt") if holder is not None else ():
        value, number = point.find(f"{_C}v"), str(point.get("idx"))
        if value is not None and value.text and number.isdecimal() and len(number) < 8:
            found[int(number)] = value.text
    return found


def _words(holder: Element) -> str:
    paragraphs = ("".join(one.text or "" for one in each.iter(f"{_A}t")) for each in holder.iter(f"{_A}p"))
    return " ".join(" ".join(paragraphs).split())
