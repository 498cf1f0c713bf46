"""Tables that Pandoc draws with plus signs, dashes and bars: written as reStructuredText's, read as those."""

from __future__ import annotations

import re

from bot.config.fences import stretches

_BORDER = re.compile(r"^[ ]{0,3}\+(?:[-=:]{2,}\+)+[ \t]*$")
_ROW = re.compile(r"^[ ]{0,3}[+|]")
_MOST_LINES = 400


def with_grid_tables(text: str) -> str:
    """The text with its grid tables as Markdown's; one in code, or drawn wrong, stays as it is."""
    if "+--" not in text and "+==" not in text and "+:-" not in text:
        return text
    return "".join(
        one.text if one.fence is not None else _with_tables(one.text) for one in stretches(text, deep=True)
    )


def _with_tables(text: str) -> str:
    out: list[str] = []
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        end = place
        if _BORDER.match(lines[place]):
            while end < len(lines) and end - place < _MOST_LINES and _ROW.match(lines[end]):
                end += 1
        table = _table(lines[place:end]) if end - place > 2 and _BORDER.match(lines[end - 1]) else ""
        end = max(end, place + 1)
        out += ["", table, ""] if table else lines[place:end]
        place = end
    return "\n".join(out)


def _table(lines: list[str]) -> str:
    """Empty where it is none."""
    from index.sources.formats.rst import rst_to_markdown

    drawn = [
        line.strip().replace(":", "=" if "=" in line else "-") if _BORDER.match(line) else line.strip()
        for line in lines
    ]
    found = rst_to_markdown("\n".join(drawn))
    text = found if isinstance(found, str) else found[1]
    return text.strip() if text.lstrip().startswith("|") else ""
