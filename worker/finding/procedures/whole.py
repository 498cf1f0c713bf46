"""Quotes of a procedure, with the steps that they leave out where there is room, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from worker.finding.procedures.steps import (
    asks_for_all,
    asks_for_all_stages,
    stages_of,
    step_of,
    steps_missing,
    steps_shown,
)
from worker.finding.quote import Quote, Steps, shown, size_of
from worker.finding.reading import Candidate, Reading

WITH_STEPS = 640
"""Characters of all quotes together up to which the steps that are left out of a list are added."""


def with_steps(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """The quotes, with the steps that they leave out of a numbered list where those are short.

    Where they are long, and the question asks for the whole list, with its first steps.
    """
    used = sum(size_of(one) for quote in quotes for one in quote.candidates)
    found: list[Quote] = []
    for quote in quotes:
        section = [one for one in reading.candidates if one.section is quote.candidates[0].section]
        missing = steps_missing(quote.candidates, section)
        more = sum(map(size_of, missing))
        together = quote.candidates
        if missing and used + more <= WITH_STEPS:
            used += more
            together = tuple(sorted([*quote.candidates, *missing], key=lambda one: one.place))
        elif missing and asks_for_all(reading.asked, quote.candidates):
            together = _from_the_first(quote.candidates, missing, WITH_STEPS - used)
            used += sum(map(size_of, together)) - sum(map(size_of, quote.candidates))
        text = quote.text if together == quote.candidates else shown(together)
        found.append(replace(quote, text=text, candidates=together, steps=steps_shown(together, section)))
    return found


def as_procedure(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """Steps that are sections in their order; from the first on where the question asks for all of them."""
    if not quotes:
        return []
    stages = stages_of(quotes[0].candidates[0], reading.candidates)
    own = [one for one in quotes if one.candidates[0] in stages.get(one.candidates[0].section.stage, ())]
    if len(stages) < 2 or not asks_for_all_stages(reading.asked, quotes[0].candidates):
        ordered = iter(sorted(own, key=lambda one: one.candidates[0].section.stage))
        return [next(ordered) if one in own else one for one in quotes]
    sizes = accumulate(sum(map(size_of, pieces)) for pieces in stages.values())
    fitting = [stage for stage, size in zip(stages, sizes, strict=True) if size <= WITH_STEPS]
    if len(fitting) < 2:
        return list(quotes)
    found = [
        Quote(stages[stage][0].section.excerpt, shown(stages[stage]), quotes[0].score, tuple(stages[stage]))
        for stage in fitting
    ]
    places = tuple(range(1, len(fitting) + 1))
    return [*found[:-1], replace(found[-1], steps=Steps(places, len(stages)))]


def _from_the_first(
    quoted: Sequence[Candidate], missing: Sequence[Candidate], room: int
) -> tuple[Candidate, ...]:
    """The quote with the first steps of its list in place of those it has, and so many characters more."""
    steps = sorted((one for one in (*quoted, *missing) if step_of(one.atom)[1]), key=lambda one: one.place)
    others = [one for one in quoted if not step_of(one.atom)[1]]
    room += sum(size_of(one) for one in quoted if step_of(one.atom)[1])
    fitting = [one for one, size in zip(steps, accumulate(map(size_of, steps)), strict=True) if size <= room]
    return tuple(sorted([*others, *fitting], key=lambda one: one.place)) if fitting else tuple(quoted)
