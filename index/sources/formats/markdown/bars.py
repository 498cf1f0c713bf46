"""Tables whose rows have no bars at their ends, `Key | Value`: written with them.

Such a row is one by the rule above it alone. With bars it is seen to be one wherever its line stands, so that
a break in a cell does not end it and pieces of a long table are put together again as a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_RULE = re.compile(r"\A[ \t]*+:?-++:?[ \t]*+(?>(?:\|[ \t]*+:?-++:?[ \t]*+)+)\|?[ \t]*+")


def with_bars(text: str) -> str:
    """The text with a bar at both ends of each row of its tables; code is put aside before."""
    return "\n".join(_with_bars(text.split("\n"))) if "|" in text else text


def _with_bars(lines: Sequence[str]) -> Iterator[str]:
    in_table = False
    for place, line in enumerate(lines):
        below = lines[place + 1] if place + 1 < len(lines) else ""
        in_table = "|" in line and (in_table or bool(_RULE.fullmatch(below)))
        yield _barred(line) if in_table and not line.lstrip().startswith("|") else line


def _barred(row: str) -> str:
    cells = row.strip()
    indent = row[: len(row) - len(row.lstrip())]
    return f"{indent}|{cells}" if cells.endswith("|") and not cells.endswith("\\|") else f"{indent}|{cells}|"
