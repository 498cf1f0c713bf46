"""Atoms of one section -> the Markdown that shows them together, in order.

What announces several of them stands once, and so does a bold line above them. Between sentences of a
paragraph, items of a list and rows of a table stands a mark where some are left out: nobody takes half a list
for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.text.chinese import is_chinese
from worker.finding.blocks.atoms import Atom, without_padding
from worker.finding.blocks.tidy import one_line

_BULLET = re.compile(r"\A\s*+[-*+]\s")


def as_markdown(pieces: Sequence[tuple[int, Atom]]) -> str:
    """The atoms, each with its place in the section."""
    parts: list[str] = []
    last, above = 0, None
    for place, atom in pieces:
        if above and above.kind == "row" and above.group != atom.group and above.at < above.of:
            parts.append(_rows_left_out(above))
        if atom.heading and (above is None or above.heading != atom.heading) and not _has_its_heading(atom):
            parts.append(f"\n\n**{atom.heading}**")
        if atom.lead and (above is None or atom.lead not in (above.lead, above.shown)):
            lead = _not_said(atom.lead, above.lead if above else "")
            parts.append(f"\n\n{without_padding(lead) if atom.kind == 'row' else lead}")
        together = above is not None and above.group == atom.group and above.kind == atom.kind
        text = without_padding(atom.text) if atom.kind in ("row", "table") else atom.text
        if together and atom.kind == "code" and atom.of:  # options of one list, in one block
            parts[-1] = parts[-1].rpartition("\n")[0]
            text = text.partition("\n")[2]
        joint = _joint(above if together else None, atom)
        left_out = place > last + 1 if together else atom.at > 1
        parts.append(f"{_gap(atom, joint) if left_out else joint}{text}")
        last, above = place, atom
    if above and above.kind == "row" and above.at < above.of:
        parts.append(_rows_left_out(above))
    return "".join(parts).strip("\n")


def _has_its_heading(atom: Atom) -> bool:
    """Whether an atom begins with the heading that it stands under, as an item that is a question does."""
    return atom.kind in ("item", "list") and atom.heading in one_line(atom.text.split("\n", 1)[0])


def _not_said(lead: str, above: str) -> str:
    """What announces an atom, without the sentences at its beginning that announce the one above it too."""
    if "```" in lead or "~~~" in lead:
        return lead
    own, said = lead.split("\n\n"), above.split("\n\n")
    same = 0
    while same < min(len(own) - 1, len(said)) and own[same] == said[same]:
        same += 1
    return "\n\n".join(own[same:])


def _joint(above: Atom | None, atom: Atom) -> str:
    """What stands between an atom and the one above it, which is of the same list, table or paragraph."""
    if atom.kind == "row" or (above and (atom.kind == "item" or atom.of)):
        return "\n"
    if above and atom.kind == "paragraph":
        return "" if is_chinese(atom.text[0]) else " "
    return "\n\n"


def _gap(atom: Atom, joint: str) -> str:
    """The same where something between the two is left out; numbered steps say it by their numbers."""
    if atom.kind == "row":
        return f"{_rows_left_out(atom)}{joint}"
    if atom.kind == "paragraph" or (atom.of and joint == "\n"):
        return f"{joint}…{joint}" if joint else "……"
    return "\n- …\n" if atom.kind == "item" and _BULLET.match(atom.text) else joint


def _rows_left_out(row: Atom) -> str:
    """A row that says that there are others; the head of the table ends what stands above it."""
    head = next((line for line in row.lead.split("\n")[-2:] if "|" in line), "")
    cells = max(1, head.strip().strip("|").count("|") + 1)
    return f"\n| … |{'  |' * (cells - 1)}"
