"""Jupyter notebooks: the Markdown, the code and the printed output of their cells, in order."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.config.fences import fenced
from bot.errors import LoadError
from index.sources.formats.encoding import decode
from index.sources.formats.markdown.pages import first_heading, shown_markdown
from index.text.marks import without_control

_MOST_OUTPUT = 4_000
"""Characters of one cell's output; what goes on longer is a log."""


def read_notebook(raw: bytes) -> tuple[str, str]:
    """(title, Markdown). Raises LoadError when this is no notebook."""
    text, _ = decode(raw)
    try:
        notebook = json.loads(text)
    except ValueError as error:
        raise LoadError(f"no notebook: {error}") from error
    cells = _cells(notebook)
    if cells is None:
        raise LoadError("no notebook: it has no cells")
    language = _language(notebook)
    shown = "\n\n".join(part for cell in cells for part in _cell(cell, language) if part.strip())
    return first_heading(shown), shown


def _cells(notebook: Any) -> list[Any] | None:
    """The cells, which notebooks of version 3 hold in worksheets."""
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return list(notebook["cells"])
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list):
        return None
    listed = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in listed if isinstance(cells, list) for cell in cells]


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for key in ("kernelspec", "language_info"):
        info = metadata.get(key) if isinstance(metadata, dict) else None
        name = info.get("language") or info.get("name") if isinstance(info, dict) else None
        if isinstance(name, str) and name.isalnum():
            return name.lower()
    return "python"


_ATTACHED = re.compile(r"!\[[^\[\]\n]*+\]\(attachment:[^()\n]*+\)")
"""A picture that lies in the notebook."""


def _cell(cell: Any, language: str) -> list[str]:
    if not isinstance(cell, dict):
        return []
    source = _joined(cell.get("source", cell.get("input", "")))
    kind = cell.get("cell_type")
    if kind == "markdown":
        return [shown_markdown(_ATTACHED.sub("", source))]
    if kind == "heading":
        level = cell.get("level")
        return [
            f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {' '.join(source.split())}"
        ]
    if kind == "code":
        outputs = cell.get("outputs")
        return [_fenced(source, language), *map(_output, outputs if isinstance(outputs, list) else [])]
    return [_fenced(source, "")]


def _output(output: Any) -> str:
    """What a cell printed, as text; pictures and widgets have none."""
    if not isinstance(output, dict):
        return ""
    data = output.get("data")
    text = output.get("text") or (data.get("text/plain") if isinstance(data, dict) else "")
    if output.get("output_type") in ("error", "pyerr"):
        text = f"{output.get('ename')}: {output.get('evalue')}"
    if isinstance(data, dict) and any(str(kind).startswith(("image/", "application/vnd")) for kind in data):
        return ""
    return _fenced(without_control(_joined(text))[:_MOST_OUTPUT], "")


def _fenced(text: str, language: str) -> str:
    text = text.strip("\n")
    return fenced(text, language) if text.strip() else ""


def _joined(source: Any) -> str:
    """A cell's text, which is a string or a list of lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""
