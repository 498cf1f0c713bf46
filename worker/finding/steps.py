"""Numbered steps: shown whole where there is room, and told where some are left out.

Of a list of instructions the step that matches the question is quoted, and who follows it must know that
there are others before and after. Who asks for no single step but for what the list is about begins at the
first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.finding.asked import Asked
from worker.finding.blocks.atoms import PARTS, Atom
from worker.finding.reading import Candidate
from worker.finding.sections import words_of
from worker.finding.shares import share_of

_NUMBERED = re.compile(r"\A\s*+\d{1,3}[.)]\s++\S")
_FIRST = re.compile(r"\A\s*+1[.)]")
FEWEST = 3
"""A list of fewer steps is none whose order anybody could miss."""

TOLD_ABOVE, TOLD_BY_STEP = 0.7, 0.1
"""A question asks for all of a list whose headings have this share of it, and whose steps little more."""


@dataclass(frozen=True)
class Steps:
    """Which steps of a numbered list are shown."""

    shown: tuple[int, ...]
    """Their places in the list, from 1 on."""
    of: int
    """How many the list has."""

    @property
    def left_out(self) -> bool:
        """Whether the list has steps that are not shown."""
        return len(self.shown) < self.of

    @property
    def spans(self) -> str:
        """The places as a reader says them: "2-4, 6"."""
        runs: list[list[int]] = []
        for place in self.shown:
            if runs and place == runs[-1][-1] + 1:
                runs[-1].append(place)
            else:
                runs.append([place])
        return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def step_of(atom: Atom) -> tuple[int, str]:
    """The list and the first line of the step that an atom is, or is a part of; (0, "") for any other."""
    if atom.group >= PARTS:
        line = next((line for line in atom.lead.split("\n\n") if _NUMBERED.match(line)), "")
        return (atom.group // PARTS - 1, line) if line else (0, "")
    numbered = atom.kind == "item" and _NUMBERED.match(atom.text)
    return (atom.group, atom.text.split("\n", 1)[0]) if numbered else (0, "")


def steps_shown(quoted: Sequence[Candidate], section: Iterable[Candidate]) -> Steps | None:
    """Which steps are quoted of the one numbered list in the quote; None where it has none or several.

    None too of a list that goes on from another: its places are not the numbers that are read.
    `section`: every atom of the section that the quote is from.
    """
    lists = {step_of(one.atom)[0] for one in quoted if step_of(one.atom)[1]}
    if len(lists) != 1:
        return None
    (number,) = lists
    ordered = sorted(section, key=lambda one: one.place)
    own = (step_of(one.atom) for one in ordered)
    lines = list(dict.fromkeys(line for group, line in own if line and group == number))
    told = {step_of(one.atom)[1] for one in quoted}
    shown = tuple(place for place, line in enumerate(lines, 1) if line in told)
    return Steps(shown, len(lines)) if len(lines) >= FEWEST and _FIRST.match(lines[0]) else None


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
    return _asks_for_what_is_above(asked, above, above.union(*steps))


def asks_for_all_stages(asked: Asked, quoted: Sequence[Candidate]) -> bool:
    """The same where the steps are sections: "Step 1: Unpack"."""
    section = quoted[0].section
    above = words_of(" ".join(section.procedure))
    own = (words_of(one.atom.text) for one in quoted)
    return _asks_for_what_is_above(asked, above, above.union(words_of(section.heading), *own))


def _asks_for_what_is_above(asked: Asked, above: frozenset[str], whole: frozenset[str]) -> bool:
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
