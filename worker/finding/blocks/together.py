"""Atoms of one section -> the Markdown that shows them together, in order.

What announces several of them stands once, and so does a bold line above them. Between sentences of a
paragraph and items of a list stands a mark where some are left out: nobody takes half a list for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text.chinese import is_chinese
from worker.finding.blocks.atoms import Atom, without_padding

_BULLET = re.compile(r"\A\s*+[-*+]\s")


def as_markdown(pieces: Sequence[tuple[int, Atom]]) -> str:
    """The atoms, each with its place in the section."""
    parts: list[str] = []
    last, above = 0, None
    for place, atom in pieces:
        if atom.heading and (above is None or above.heading != atom.heading):
            parts.append(f"\n\n**{atom.heading}**")
        if atom.lead and (above is None or above.lead != atom.lead):
            parts.append(f"\n\n{without_padding(atom.lead) if atom.kind == 'row' else atom.lead}")
        together = above is not None and above.group == atom.group and above.kind == atom.kind
        text = without_padding(atom.text) if atom.kind in ("row", "table") else atom.text
        joint = _joint(above if together else None, atom)
        parts.append(f"{_gap(atom, joint) if together and place > last + 1 else joint}{text}")
        last, above = place, atom
    return "".join(parts).strip("\n")


def _joint(above: Atom | None, atom: Atom) -> str:
    """What stands between an atom and the one above it, which is of the same list, table or paragraph."""
    if atom.kind == "row" or (above and atom.kind == "item"):
        return "\n"
    if above and atom.kind == "paragraph":
        return "" if is_chinese(atom.text[0]) else " "
    return "\n\n"


def _gap(atom: Atom, joint: str) -> str:
    """The same where something between the two is left out; numbered steps say it by their numbers."""
    if atom.kind == "paragraph":
        return f"{joint}…{joint}" if joint else "……"
    return "\n- …\n" if atom.kind == "item" and _BULLET.match(atom.text) else joint
