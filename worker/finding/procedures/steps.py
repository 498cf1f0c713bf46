"""Numbered steps: shown whole where there is room, and told where some are left out.

Of a list of instructions the step that matches the question is quoted, and who follows it must know that
there are others before and after. Who asks for no single step but for what the list is about begins at the
first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from worker.finding.asked import Asked
from worker.finding.blocks.atoms import PARTS, Atom
from worker.finding.quote import Steps
from worker.finding.reading import Candidate
from worker.finding.sections import words_of
from worker.finding.shares import share_of

_NUMBERED = re.compile(r"\A\s*+\d{1,3}[.)]\s++\S")
_FIRST = re.compile(r"\A\s*+1[.)]")
FEWEST = 3
"""A list of fewer steps is none whose order anybody could miss."""

TOLD_ABOVE, TOLD_BY_STEP = 0.7, 0.1
"""A question asks for all of a list whose headings have this share of it, and whose steps little more."""


def step_of(atom: Atom) -> tuple[int, str]:
    """The list and the first line of the step that an atom is, or is a part of; (0, "") for any other."""
    if atom.group >= PARTS:
        line = next((line for line in atom.lead.split("\n\n") if _NUMBERED.match(line)), "")
        return (atom.group // PARTS - 1, line) if line else (0, "")
    numbered = atom.kind == "item" and _NUMBERED.match(atom.text)
    return (atom.group, atom.text.split("\n", 1)[0]) if numbered else (0, "")


def steps_shown(quoted: Sequence[Candidate], section: Iterable[Candidate]) -> Steps | None:
    """Which steps are quoted of the one numbered list in the quote; None where it has none or several.

    None too of a list whose first step is on another page: its places are not the numbers that are read.
    `section`: every atom of the section that the quote is from.
    """
    ordered = sorted(section, key=lambda one: one.place)
    lists = _numbered_lists(dict.fromkeys(step for one in ordered if (step := step_of(one.atom))[1]))
    told = {step for one in quoted if (step := step_of(one.atom))[1]}
    own = [steps for steps in lists if told.intersection(steps)]
    if len(own) != 1:
        return None
    (steps,) = own
    places = _places([line for _, line in steps])
    shown = tuple(place for place, step in zip(places, steps, strict=True) if step in told)
    return Steps(shown, places[-1]) if len(steps) >= FEWEST and _FIRST.match(steps[0][1]) else None


def _numbered_lists(steps: Iterable[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """The steps list by list; one that was only broken, by a block between two steps, is one list."""
    found: list[list[tuple[int, str]]] = []
    for group, line in steps:
        last = found[-1][-1] if found else None
        if last and (group == last[0] or _number(line) == _number(last[1]) + 1):
            found[-1].append((group, line))
        else:
            found.append([(group, line)])
    return found


def _places(lines: Sequence[str]) -> Sequence[int]:
    """The numbers that are read where they are written out, the places where every item is "1."."""
    numbers = [_number(line) for line in lines]
    return numbers if numbers == sorted(set(numbers)) else range(1, len(lines) + 1)


def _number(line: str) -> int:
    return int(re.split("[.)]", line.strip(), maxsplit=1)[0])


def steps_missing(quoted: Sequence[Candidate], section: Iterable[Candidate]) -> list[Candidate]:
    """The steps of the numbered lists in the quote that it leaves out."""
    lists = {step_of(one.atom)[0] for one in quoted if step_of(one.atom)[1]}
    have = {one.place for one in quoted}
    return [
        one
        for one in section
        if one.place not in have and step_of(one.atom)[1] and step_of(one.atom)[0] in lists
    ]


def asks_for_all(asked: Asked, quoted: Sequence[Candidate]) -> bool:
    """Whether somebody asks how what the list is about is done, and not for a step of it."""
    leads = (words_of(one.atom.lead) for one in quoted if one.atom.group < PARTS)
    above = words_of(quoted[0].section.excerpt.name).union(*leads)
    steps = (words_of(one.atom.text) for one in quoted if step_of(one.atom)[1])
    return asks_for_what_is_above(asked, above, above.union(*steps))


def asks_for_all_stages(asked: Asked, quoted: Sequence[Candidate]) -> bool:
    """The same where the steps are sections: "Step 1: Unpack"."""
    section = quoted[0].section
    above = words_of(" ".join(section.procedure))
    own = (words_of(one.atom.text) for one in quoted)
    return asks_for_what_is_above(asked, above, above.union(words_of(section.heading), *own))


def asks_for_what_is_above(asked: Asked, above: frozenset[str], whole: frozenset[str]) -> bool:
    """Whether `above` has what a question how something is done asks, and `whole` has little more of it."""
    told = share_of(asked, above)
    return "how" in asked.kinds and told >= TOLD_ABOVE and share_of(asked, whole) < told + TOLD_BY_STEP


def stages_of(quoted: Candidate, read: Iterable[Candidate]) -> dict[int, list[Candidate]]:
    """All that was read of the procedure that a piece is of whose steps are sections: its steps, in order."""
    found: dict[int, list[Candidate]] = {}
    if not quoted.section.stage:
        return found
    for one in sorted(read, key=lambda one: (one.section.stage, one.place)):
        section = one.section
        same = (
            section.procedure == quoted.section.procedure
            and section.excerpt.path == quoted.section.excerpt.path
        )
        if section.stage and same:
            found.setdefault(section.stage, []).append(one)
    return found
