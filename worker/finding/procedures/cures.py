"""An error that is quoted from under "Symptoms" without what stands under "Solution" beside it.

Pages about faults part the message from its cure by headings, and whoever asks with the message gets the
message back. So the section beside it that is called a solution comes below the quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from worker.finding.quote import Quote, page_of, sections_of, shown, size_of
from worker.finding.reading import Candidate, Reading
from worker.finding.sections import SectionRead

LONGEST, ROOM = 700, 1200
"""Characters of the cure, and of all quotes together up to which anything is added."""
NEAR = 3
"""Sections below the one that is quoted, among which its solution is looked for: causes may stand between."""
_SOLVES = re.compile(
    r"\A\W*+(?:the |possible |suggested |recommended )?"
    r"(?:solutions?|fix(?:es)?|resolutions?|workarounds?|remed(?:y|ies)|cures?|answer|what to do"
    r"|how to (?:fix|solve|resolve)\b.{0,40}|(?:可能的|推荐的?)?(?:解决|处理|修复|排查|应对|规避)"
    r"(?:办法|方法|方案|步骤|措施|方式)?|怎么办|如何(?:解决|处理|修复).{0,20})\W*+",
    re.IGNORECASE,
)


def with_cures(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """The quotes; below the first, where it is about a fault, the sections of its page that solve it."""
    if not quotes or "trouble" not in reading.asked.kinds:
        return list(quotes)
    first, *others = quotes
    if any(map(_SOLVES.fullmatch, first.excerpt.heading_path)):
        return list(quotes)
    page = page_of(first.excerpt)
    shown_already = {
        one.section.at for quote in quotes if page_of(quote.excerpt) == page for one in quote.candidates
    }
    room = min(LONGEST, ROOM - sum(size_of(one) for quote in quotes for one in quote.candidates))
    cures: list[Quote] = []
    for section in _solving(first, reading):
        pieces = sorted((one for one in reading.candidates if one.section is section), key=_place)
        fitting = _within(pieces, room)
        if section.at in shown_already or not fitting:
            break
        room -= sum(map(size_of, fitting))
        cures.append(Quote(section.excerpt, shown(fitting), first.score, fitting))
    return [first, *cures, *others]


def _solving(quote: Quote, reading: Reading) -> Iterator[SectionRead]:
    """The solution beside a quote's section and what stands under it, in their order."""
    own = quote.candidates[0].section
    read = sections_of(quote.excerpt, reading)
    path = own.excerpt.heading_path
    solution: tuple[str, ...] = ()
    for at in sorted(at for at in read if own.at < at):
        below = read[at].excerpt.heading_path
        if not solution and at <= own.at + NEAR:
            solution = _called_a_solution(below, path)
        if solution and below[: len(solution)] == solution:
            yield read[at]
        elif solution or at >= own.at + NEAR or below[: len(path) - 1] != path[:-1]:
            return


def _called_a_solution(path: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    """The headings down to the one that names a solution, under `own` or beside it; empty for another."""
    for above in (own, own[:-1]):
        under = len(path) > len(above) and path[: len(above)] == above
        if under and _SOLVES.fullmatch(path[len(above)]):
            return path[: len(above) + 1]
    return ()


def _within(pieces: Sequence[Candidate], room: int) -> tuple[Candidate, ...]:
    """As many whole pieces from the first on as there is room for."""
    found: list[Candidate] = []
    for one in pieces:
        if sum(map(size_of, found)) + size_of(one) > room:
            break
        found.append(one)
    return tuple(found)


def _place(candidate: Candidate) -> int:
    return candidate.place
