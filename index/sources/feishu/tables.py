"""Rows of cells -> a Markdown table, for tables in documents, sheets and bases.

A merged cell's words stand in every cell it covers: a row must say all that a reader sees beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

MOST_ROWS = 20_000
"""Rows of one table that are read; Feishu's own bases end there."""


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows, the first as the heading; empty rows and columns at the ends are left out, "" for nothing."""
    cleaned = [[_cell(value) for value in row] for row in rows[:MOST_ROWS]]
    filled = [row for row in cleaned if any(row)]
    width = max((len(row) - _empty_end(row) for row in filled), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join((row + [""] * width)[:width]) + " |" for row in filled]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def spread(cells: Sequence[str], columns: int, merges: Sequence[object]) -> list[list[str]]:
    """Cells in reading order -> rows, with merged cells' words in all the cells they cover.

    `merges` has {"row_span", "col_span"} for each cell in the same order (docx-v1, TableMergeInfo).
    """
    columns = max(columns, 1)
    rows = [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    for number, merge in enumerate(merges[: len(cells)]):
        if isinstance(merge, Mapping):
            over = (_count(merge.get("row_span")), _count(merge.get("col_span")))
            _fill(rows, number // columns, number % columns, over)
    return rows


def merged(rows: list[list[str]], ranges: Sequence[object]) -> list[list[str]]:
    """Rows of a sheet with merged ranges filled (sheets-v3, merge_range: from 0, ends included)."""
    for place in ranges[:MOST_ROWS]:
        if not isinstance(place, Mapping):
            continue
        top, left = _index(place.get("start_row_index")), _index(place.get("start_column_index"))
        height = _index(place.get("end_row_index")) - top + 1
        width = _index(place.get("end_column_index")) - left + 1
        _fill(rows, top, left, (min(height, MOST_ROWS), min(width, 1000)))
    return rows


def shown(value: object) -> str:
    """What a reader sees of a cell's value, as sheets and bases give it.

    Sheets: numbers, strings, rich text as a list of pieces. Bases: bitable-record-data-structure-overview.md.
    """
    if value is None or value is False:
        return ""
    if value is True:
        return "✓"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list):
        pieces = [shown(one) for one in value]
        return ("" if _rich(value) else ", ").join(piece for piece in pieces if piece)
    return _of_object(value) if isinstance(value, Mapping) else ""


def dated(value: object, *, with_time: bool = True) -> str:
    """A base's date, Unix milliseconds, as it is written."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 4e12:
        return shown(value)
    form = "%Y-%m-%d %H:%M" if with_time and value % 86_400_000 not in (0, 57_600_000) else "%Y-%m-%d"
    return datetime.fromtimestamp(value / 1000 + 8 * 3600, UTC).strftime(form)


def _of_object(value: Mapping[str, Any]) -> str:
    if "value" in value and "type" in value:
        return shown(value["value"])
    for name in ("text", "full_address", "name", "en_name", "email"):
        if isinstance(value.get(name), str) and value[name]:
            return str(value[name])
    return ""


def _rich(value: list[Any]) -> bool:
    """Whether a list is one text in pieces rather than several values."""
    return all(isinstance(one, Mapping) and "text" in one for one in value)


def _cell(value: str) -> str:
    return " ".join(value.replace("|", "\\|").split())


def _empty_end(row: Sequence[str]) -> int:
    count = 0
    while count < len(row) and not row[-1 - count]:
        count += 1
    return count


def _fill(rows: list[list[str]], top: int, left: int, over: tuple[int, int]) -> None:
    if top >= len(rows) or left >= len(rows[top]) or over == (1, 1):
        return
    words = rows[top][left]
    for row in rows[top : top + over[0]]:
        for column in range(left, min(left + over[1], len(row))):
            row[column] = row[column] or words


def _count(value: object) -> int:
    return min(max(_index(value), 1), MOST_ROWS)


def _index(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def as_text(record: object) -> str:
    """What an add-on keeps of words: the text of a diagram, say; "" where it keeps none."""
    try:
        data = json.loads(record) if isinstance(record, str) else record
    except (ValueError, RecursionError):
        return ""
    text = data.get("data") if isinstance(data, Mapping) else None
    return text if isinstance(text, str) else ""
