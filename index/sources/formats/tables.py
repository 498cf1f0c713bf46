"""Rows of cells -> Markdown tables short enough for one passage, each with its header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from bot.errors import LoadError
from index.sources.formats.encoding import decode

ROWS = 20
"""Rows of one table; the header stands above each."""
_WIDEST = 60
"""Columns that are still a table; wider rows are written as lists of names and values."""
_SEPARATORS = ",;\t|"


def as_tables(rows: Iterable[list[str]]) -> str:
    """The rows as tables; the first row that holds more than one cell is the header."""
    written = [[_cell(cell) for cell in row] for row in rows]
    filled = [row for row in written if any(row)]
    if not filled:
        return ""
    start = next((number for number, row in enumerate(filled) if sum(map(bool, row)) > 1), 0)
    above = [" ".join(filter(None, row)) for row in filled[:start]]
    header, body = filled[start], filled[start + 1 :]
    width = max(len(row) for row in filled)
    if width > _WIDEST:
        return "\n\n".join([*above, *_listed(header, body)])
    parts = [body[at : at + ROWS] for at in range(0, max(len(body), 1), ROWS)]
    return "\n\n".join([*above, *(_table([header, *part], width) for part in parts)])


def _table(rows: list[list[str]], width: int) -> str:
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def _listed(header: list[str], body: list[list[str]]) -> Iterator[str]:
    for row in body or [header]:
        names = [*header, *[""] * (len(row) - len(header))] if body else [""] * len(row)
        pairs = (
            f"- {name}: {cell}" if name else f"- {cell}"
            for name, cell in zip(names, row, strict=False)
            if cell
        )
        yield "\n".join(pairs)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def read_csv(raw: bytes) -> tuple[str, str, tuple[str, ...]]:
    """(title, Markdown, notes) of a table of values; the title is the file's name. Raises LoadError."""
    text, notes = decode(raw)
    csv.field_size_limit(max(len(text), 131_072))
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator_of(text)))
    except csv.Error as error:
        raise LoadError(f"not a table of values: {error}") from error
    return "", as_tables(rows), notes


def separator_of(text: str) -> str:
    """The separator of a table: the one that its first lines hold alike, and most often."""
    lines = [line for line in text[:20_000].split("\n")[:20] if line.strip()]
    if not lines:
        return ","

    def evenness(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count)
        return (counts.count(usual) if usual else 0, usual)

    return max(_SEPARATORS, key=lambda mark: (*evenness(mark), -_SEPARATORS.index(mark)))
