"""Word documents, from their own XML: every word that Word shows, in reading order.

Tracked insertions are shown and deletions are not; content controls, text boxes, nested tables, fields,
links, footnotes and headers are read where they stand. python-docx knows paragraphs and tables at the top
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.errors import LoadError
from index.sources.formats.markdown.pages import first_heading
from index.sources.formats.office.archive import check_archive
from index.sources.formats.office.drawn import drawn
from index.sources.formats.office.office_xml import Element, Parts, local
from index.sources.formats.tables import as_tables

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_GONE = frozenset(("del", "moveFrom", "instrText", "delText", "pPr", "rPr", "tblPr", "sectPr", "Fallback"))
_HEADING = re.compile(r"(?:heading|标题|標題|titre|überschrift)\s?([1-9])", re.IGNORECASE)


def read_word(raw: bytes) -> tuple[str, str]:
    """(title, Markdown). Raises LoadError."""
    parts = Parts(check_archive(raw))
    main = next((place for kind, place in parts.related("").values() if kind == "officeDocument"), "")
    root = parts.xml(main or "word/document.xml")
    body = root.find(f"{_W}body") if root is not None else None
    if body is None:
        raise LoadError("damaged: it has no body")
    reader = _Word(parts, main or "word/document.xml")
    text = "\n\n".join([*reader.blocks(body), *reader.notes()])
    return parts.title() or reader.named or first_heading(text), text


class _Word:
    def __init__(self, parts: Parts, main: str) -> None:
        self.parts = parts
        self.relations = parts.related(main)
        self.levels, self.lists = self._styles()
        self.numbered = self._numbering()
        self.named = ""

    def blocks(self, holder: Element) -> Iterator[str]:
        """What a body, a cell or a text box holds, block by block."""
        for child in holder:
            kind = local(child)
            if kind == "p":
                yield from self._paragraph(child)
            elif kind == "tbl":
                yield self._table(child)
            elif kind not in _GONE:
                yield from self.blocks(child)

    def _paragraph(self, paragraph: Element) -> Iterator[str]:
        text = " ".join(self._inline(paragraph).split(" ")).strip()
        level = self._level(paragraph)
        if text and level:
            yield f"{'#' * min(level, 6)} {' '.join(text.split())}"
            self.named = self.named or (" ".join(text.split()) if level == 1 else "")
        elif text:
            yield f"{self._mark(paragraph)}{text}"
        yield from drawn(paragraph, self.parts, self.relations)
        for box in paragraph.iter(f"{_W}txbxContent"):
            if not any(local(above) in ("Fallback", "txbxContent") for above in box.iterancestors()):
                yield from self.blocks(box)

    def _inline(self, holder: Element) -> str:
        """The words of a paragraph; text boxes in it stand behind it."""
        written: list[str] = []
        stack = [iter(holder)]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
                continue
            kind = local(child)
            if kind == "t" or child.tag == _MATH:
                written.append(child.text or "")
            elif kind == "tab":
                written.append("\t" if local(child.getparent()) == "r" else "")
            elif kind in ("br", "cr"):
                written.append("\n")
            elif kind in ("noBreakHyphen", "softHyphen"):
                written.append("-" if kind == "noBreakHyphen" else "")
            elif kind == "sym":
                written.append(_symbol(child))
            elif kind in ("footnoteReference", "endnoteReference"):
                written.append(f"[{child.get(f'{_W}id')}]")
            elif kind not in _GONE and kind != "txbxContent" and not _is_hidden(child):
                stack.append(iter(child))
        return "".join(written)

    def _table(self, table: Element) -> str:
        rows = []
        for row in _children(table, "tr"):
            cells: list[str] = []
            for cell in _children(row, "tc"):
                cells.append(" ".join(self._cell_words(cell)))
                span = cell.find(f"{_W}tcPr/{_W}gridSpan")
                wide = span.get(f"{_W}val") if span is not None else "1"
                cells += [""] * (min(_number(wide, 1), 60) - 1)
            rows.append(cells)
        return as_tables(rows)

    def _cell_words(self, cell: Element) -> Iterator[str]:
        """The words of a cell; of a table in it, cell by cell."""
        for child in cell:
            kind = local(child)
            if kind == "p":
                yield self._inline(child)
                for box in child.iter(f"{_W}txbxContent"):
                    yield from self._cell_words(box)
            elif kind not in _GONE:
                yield from self._cell_words(child)

    def _level(self, paragraph: Element) -> int:
        """Level of a heading; 0 for other paragraphs."""
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None and str(outline.get(f"{_W}val")) in tuple("012345678"):
            return int(outline.get(f"{_W}val")) + 1
        return self.levels.get(self._style(paragraph), 0)

    def _style(self, paragraph: Element) -> str:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return str(style.get(f"{_W}val")) if style is not None else ""

    def _mark(self, paragraph: Element) -> str:
        number = paragraph.find(f"{_W}pPr/{_W}numPr")
        if number is None:
            return self.lists.get(self._style(paragraph), "")
        level = number.find(f"{_W}ilvl")
        depth = _number(level.get(f"{_W}val"), 0) if level is not None else 0
        named = number.find(f"{_W}numId")
        kind = self.numbered.get(str(named.get(f"{_W}val")) if named is not None else "", "-")
        return f"{'   ' * min(depth, 8)}{kind} "

    def _styles(self) -> tuple[dict[str, int], dict[str, str]]:
        """Style id -> level of heading, and style id -> mark of a list."""
        root = self.parts.xml("word/styles.xml")
        levels: dict[str, int] = {}
        lists: dict[str, str] = {}
        for style in root.iter(f"{_W}style") if root is not None else ():
            key = str(style.get(f"{_W}styleId"))
            named = style.find(f"{_W}name")
            name = str(named.get(f"{_W}val")) if named is not None else ""
            outline = style.find(f"{_W}pPr/{_W}outlineLvl")
            found = _HEADING.fullmatch(name)
            if name.lower() == "title":
                levels[key] = 1
            elif found:
                levels[key] = int(found[1])
            elif outline is not None and str(outline.get(f"{_W}val")) in tuple("012345678"):
                levels[key] = int(outline.get(f"{_W}val")) + 1
            elif name.lower().startswith("list"):
                lists[key] = "1. " if "number" in name.lower() else "- "
        return levels, lists

    def _numbering(self) -> dict[str, str]:
        """Id of a list -> its mark."""
        root = self.parts.xml("word/numbering.xml")
        if root is None:
            return {}
        kinds = {}
        for abstract in root.iter(f"{_W}abstractNum"):
            shape = abstract.find(f"{_W}lvl/{_W}numFmt")
            bullet = shape is None or shape.get(f"{_W}val") in ("bullet", "none")
            kinds[abstract.get(f"{_W}abstractNumId")] = "-" if bullet else "1."
        found = {}
        for number in root.iter(f"{_W}num"):
            abstract = number.find(f"{_W}abstractNumId")
            key = abstract.get(f"{_W}val") if abstract is not None else None
            found[str(number.get(f"{_W}numId"))] = kinds.get(key, "-")
        return found

    def notes(self) -> Iterator[str]:
        """Footnotes, endnotes, headers and footers, each once."""
        seen: set[str] = set()
        for kind, place in self.relations.values():
            if kind not in ("footnotes", "endnotes", "header", "footer"):
                continue
            root = self.parts.xml(place)
            for block in self._noted(root, kind) if root is not None else ():
                if block.strip() and block not in seen:
                    seen.add(block)
                    yield block

    def _noted(self, root: Element, kind: str) -> Iterator[str]:
        if kind in ("header", "footer"):
            yield from self.blocks(root)
            return
        for note in root:
            if note.get(f"{_W}type") in (None, "normal"):
                words = " ".join(self.blocks(note))
                yield f"[{note.get(f'{_W}id')}] {words}" if words.strip() else ""


def _number(value: object, otherwise: int) -> int:
    """What an attribute says; `otherwise` where it is missing or no number."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 9 else otherwise


def _children(holder: Element, wanted: str) -> Iterator[Element]:
    """Rows of a table, cells of a row: also those in content controls and tracked insertions."""
    for child in holder:
        kind = local(child)
        if kind == wanted:
            if wanted != "tr" or child.find(f"{_W}trPr/{_W}del") is None:
                yield child
        elif kind not in _GONE and kind not in ("tbl", "tc", "tr", "p"):
            yield from _children(child, wanted)


def _is_hidden(run: Element) -> bool:
    """Whether this is a run of text that Word does not show: its font is hidden."""
    hidden = run.find(f"{_W}rPr/{_W}vanish")
    return hidden is not None and hidden.get(f"{_W}val", "1") not in ("0", "false", "off")


def _symbol(element: Element) -> str:
    code = str(element.get(f"{_W}char") or "")
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return chr(number) if 32 <= number < 0xD800 or 0xF900 <= number < 0x110000 else "•"
