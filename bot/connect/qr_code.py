"""A QR code as text: two modules a character, dark on light whatever colours the terminal has."""

from __future__ import annotations

import shutil

import segno

_BORDER = 2
"""Light modules around the code; fewer are read unreliably on a dark terminal."""
_DARK_ON_LIGHT, _RESET = "\x1b[30;107m", "\x1b[0m"


def draw(text: str, *, columns: int | None = None, coloured: bool = True) -> str:
    """The code as lines of half blocks; empty where it is wider than the terminal (`columns` characters).

    `coloured` False draws light modules as ink, for terminals that show light text on a dark ground.
    """
    wide = columns if columns is not None else shutil.get_terminal_size((0, 0)).columns
    rows = [list(row) for row in segno.make(text, error="l", micro=False).matrix_iter(border=_BORDER)]
    if wide and len(rows[0]) > wide:
        return ""
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        line = "".join(
            _half(bool(a) is coloured, bool(b) is coloured) for a, b in zip(upper, lower, strict=True)
        )
        lines.append(f"{_DARK_ON_LIGHT}{line}{_RESET}" if coloured else line)
    return "\n".join(lines)


def _half(upper: bool, lower: bool) -> str:
    return {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}[upper, lower]
