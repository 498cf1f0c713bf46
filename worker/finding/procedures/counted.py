"""Lists that say how many they are: "there are three ways:", 有以下三种配置：.

Whoever reads that there are three, and sees two, takes one of the two; and the one that is left out may be
the answer. So such a list is shown whole where there is any room, and else it is told that some is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from worker.finding.procedures.steps import step_of
from worker.finding.quote import Quote, Steps, shown, size_of
from worker.finding.reading import Candidate, Reading

WHOLE = 900
"""Characters of all quotes together up to which the points that are left out are added."""
NUMBERS = dict(two=2, three=3, four=4, five=5, six=6, seven=7, eight=8) | {
    sign: at for at, sign in enumerate("两三四五六七八", 2)
}
_COUNTS = re.compile(
    r"(?<![a-z])(?P<en>two|three|four|five|six|seven|eight|[2-8])(?: [a-z-]{2,20}){1,4}s(?![a-z])"
    r"[^.。:：\n]{0,60}+:\W{0,4}$"
    r"|(?P<zh>[两三四五六七八]|[2-8]) ?[种个类条点项](?:[^。:：\n\d]{0,20}+)[:：]\W{0,4}$",
    re.IGNORECASE,
)
_POINT = re.compile(r"^[-*+] ", re.MULTILINE)
Points = list[list[Candidate]]
"""The pieces of each point of a list."""


def with_all_points(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """The quotes, with the points that they leave out of a list that says how many it has."""
    used = sum(size_of(one) for quote in quotes for one in quote.candidates)
    found: list[Quote] = []
    for quote in quotes:
        more, steps = _left_out(quote, reading, WHOLE - used)
        used += sum(map(size_of, more))
        together = tuple(sorted([*quote.candidates, *more], key=lambda one: one.place))
        text = shown(together) if more else quote.text
        found.append(replace(quote, text=text, candidates=together, steps=quote.steps or steps))
    return found


def _left_out(quote: Quote, reading: Reading, room: int) -> tuple[list[Candidate], Steps | None]:
    """What completes the list in a quote within this room; else which of its points are shown."""
    section = [one for one in reading.candidates if one.section is quote.candidates[0].section]
    have = {one.place for one in quote.candidates}
    for points in _lists(sorted(section, key=lambda one: one.place)):
        told = [at for at, point in enumerate(points, 1) if point[0].place in have]
        if not told or step_of(points[0][0].atom)[1]:
            continue
        whole = [one for point in points for one in point if one.place not in have]
        bare = [point[0] for point in points if point[0].place not in have]
        for more in (whole, bare):
            if sum(map(size_of, more)) <= room:
                return more, None
        return [], Steps(tuple(told), len(points))
    return [], None


def _lists(section: Sequence[Candidate]) -> list[Points]:
    """The lists of a section that have as many points as is said above them, and more than one piece."""
    found = []
    for at, candidate in enumerate(section):
        before = section[at - 1] if at else None
        new = before is None or candidate.atom.lead != before.atom.lead
        said = candidate.atom.lead if new and candidate.atom.lead else before.atom.text if before else ""
        count = count_of(said) if _is_point(candidate) else 0
        points = _points(section[at:]) if count else []
        if len(points) == count > 1:
            found.append(points)
    return found


def count_of(text: str) -> int:
    """How many a sentence that announces a list says that there are; 0 where it says no number."""
    said = _COUNTS.search(text[-160:].rstrip())
    if said is None:
        return 0
    number = (said["en"] or said["zh"]).lower()
    return int(number) if number.isdecimal() else NUMBERS[number]


def _points(below: Sequence[Candidate]) -> Points:
    """The points that stand one after the other, each with the code below it."""
    points: Points = []
    for one in takewhile(lambda one: _is_point(one) or one.atom.kind == "code", below):
        if _is_point(one):
            points.append([one])
        else:
            points[-1].append(one)
    return points


def _is_point(candidate: Candidate) -> bool:
    return candidate.atom.kind in ("list", "item") and len(_POINT.findall(candidate.atom.text)) == 1
