"""Excel workbooks: each visible sheet a section of tables, with the values that the cells show."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from index.sources.formats.office.archive import check_archive
from index.sources.formats.office.office_xml import Parts, usual_names
from index.sources.formats.tables import as_tables

MOST_CELLS = 1_000_000
"""Looked at in one workbook: a sheet may say that it has a million empty rows."""
_MOST_BLANK = 1_000
"""Empty rows in a row after which a sheet counts as ended."""


def read_sheets(raw: bytes) -> tuple[str, str]:
    """(title, Markdown). Raises LoadError, and what openpyxl raises."""
    archive = check_archive(raw)
    raw = _usual(archive, raw)
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    try:
        left = [MOST_CELLS]
        sheets = [
            (sheet.title, as_tables(_rows(sheet, left))) for sheet in book.worksheets if _is_shown(sheet)
        ]
    finally:
        book.close()
    text = "\n\n".join(f"## {title}\n\n{table}" for title, table in sheets if table)
    return Parts(archive).title(), text


def _usual(archive: zipfile.ZipFile, raw: bytes) -> bytes:
    """The file under the names that openpyxl knows."""
    try:
        if b"purl.oclc.org" not in archive.read("xl/workbook.xml"):
            return raw
    except KeyError:
        return raw
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name in archive.namelist():
            part = archive.read(name)
            out.writestr(name, usual_names(part) if name.endswith((".xml", ".rels")) else part)
    return packed.getvalue()


def _is_shown(sheet: Any) -> bool:
    return getattr(sheet, "sheet_state", "visible") == "visible"


def _rows(sheet: Any, left: list[int]) -> Iterator[list[str]]:
    blank = 0
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        cells = [_shown(cell.value, str(getattr(cell, "number_format", "") or "")) for cell in row]
        left[0] -= max(len(cells), 1)
        blank = 0 if any(cells) else blank + 1
        if left[0] < 0 or blank > _MOST_BLANK:
            return
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _shown(value: Any, number_format: str) -> str:
    """A value about as the cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        whole = value.time() == time()
        return value.strftime("%Y-%m-%d") if whole else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    if isinstance(value, float):
        if number_format.endswith("%"):
            return f"{value * 100:.{_decimals(number_format)}f}%"
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    return str(value)


def _decimals(number_format: str) -> int:
    return min(len(number_format.rstrip("%").partition(".")[2]), 6)
