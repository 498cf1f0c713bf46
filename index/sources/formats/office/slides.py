"""PowerPoint: each slide a section with its title, texts, tables and notes, in the order they are shown."""

from __future__ import annotations

from collections.abc import Iterator

from bot.errors import LoadError
from index.sources.formats.office.archive import check_archive
from index.sources.formats.office.drawn import drawn
from index.sources.formats.office.office_xml import RELATIONS, Element, Parts, local
from index.sources.formats.tables import as_tables

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_LEVELS = tuple("012345678")
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"


def read_slides(raw: bytes) -> tuple[str, str]:
    """(title, Markdown). Raises LoadError."""
    parts = Parts(check_archive(raw))
    root = parts.xml("ppt/presentation.xml")
    if root is None:
        raise LoadError("damaged: it has no presentation")
    relations = parts.related("ppt/presentation.xml")
    order = [
        relations.get(str(slide.get(f"{RELATIONS}id")), ("", ""))[1] for slide in root.iter(f"{_P}sldId")
    ]
    written, first = [], ""
    for number, place in enumerate(dict.fromkeys(order), 1):
        slide = parts.xml(place)
        if slide is None or slide.get("show") == "0":
            continue
        title, blocks = _slide(slide, parts, parts.related(place))
        first = first or title
        notes = [
            note
            for kind, target in parts.related(place).values()
            if kind == "notesSlide"
            for note in _notes(parts.xml(target))
        ]
        heading = f"## {title or f'Slide {number}'}"
        written.append("\n\n".join([heading, *blocks, *notes]))
    if order and not any(place in parts.names for place in order):
        raise LoadError("damaged: its slides are not in it")
    return parts.title() or first, "\n\n".join(written)


def _slide(slide: Element, parts: Parts, relations: dict[str, tuple[str, str]]) -> tuple[str, list[str]]:
    """(title, blocks)."""
    title, blocks = "", []
    for shape in _shapes(slide):
        kind = _placeholder(shape)
        if kind in ("dt", "ftr", "sldNum"):
            continue
        found = list(_texts(shape))
        if kind in ("title", "ctrTitle") and not title and found:
            title, found = " ".join(" ".join(found).replace("- ", "").split()), []
        blocks += ["\n".join(found)] if found else []
        blocks += [as_tables(_rows(table)) for table in shape.iter(f"{_A}tbl")]
        blocks += drawn(shape, parts, relations)
    return title, [block for block in blocks if block.strip()]


def _shapes(slide: Element) -> Iterator[Element]:
    """Shapes, tables and diagrams, those in groups too."""
    for element in slide.iter(f"{_P}sp", f"{_P}graphicFrame", f"{_P}cxnSp"):
        if not any(local(above) == "Fallback" for above in element.iterancestors()):
            yield element


def _placeholder(shape: Element) -> str:
    found = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return str(found.get("type") or "body") if found is not None else ""


def _texts(shape: Element) -> Iterator[str]:
    """The paragraphs of a shape as list items by their level; those of tables are written elsewhere."""
    body = shape.find(f"{_P}txBody")
    for paragraph in body.iter(f"{_A}p") if body is not None else ():
        words = _words(paragraph)
        properties = paragraph.find(f"{_A}pPr")
        level = properties.get("lvl", "0") if properties is not None else "0"
        if words:
            yield f"{'  ' * (int(level) if level in _LEVELS else 0)}- {words}"


def _words(paragraph: Element) -> str:
    written = []
    for element in paragraph.iter():
        kind = local(element)
        if kind == "t":
            written.append(element.text or "")
        elif kind == "br":
            written.append(" ")
    return " ".join("".join(written).split())


def _rows(table: Element) -> list[list[str]]:
    return [
        [" ".join(_words(paragraph) for paragraph in cell.iter(f"{_A}p")) for cell in row.iter(f"{_A}tc")]
        for row in table.iter(f"{_A}tr")
    ]


def _notes(slide: Element | None) -> Iterator[str]:
    for shape in _shapes(slide) if slide is not None else ():
        if _placeholder(shape) == "body":
            yield from (words for paragraph in shape.iter(f"{_A}p") if (words := _words(paragraph)))
