"""Quotes that say what is below: "follow these guidelines.", "one of three ways, described below", 如下。

Where the sentence ends with a colon, what it announces is one piece with it; with a full stop it is not, and
whoever reads the sentence alone has half of it. So what stands right below is added. Where that is the
sections under its own, their headings are named: they are the ways, types or rules that it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from worker.finding.pages.chosen import SECTIONS
from worker.finding.procedures.counted import NUMBERS
from worker.finding.procedures.ends import is_title
from worker.finding.quote import Quote, sections_of, shown, size_of
from worker.finding.reading import Candidate, Reading

LONGEST, ROOM = 600, 1200
"""Characters that are added to a quote, and of all quotes together up to which anything is."""
MOST = 9
"""Headings that are named."""
END = 120
"""Characters at the end of a sentence that say that more follows."""
_THINGS = (
    r"(?:steps|guidelines|rules|conditions|options|ways|requirements|points|limits|values|commands|settings|types|"
    r"methods|modes|examples?|instructions|fields|parameters|variables|tools|cases|reasons|sections)"
)
_AHEAD = re.compile(
    rf"(?:\bas follows|\b(?:described|listed|shown|explained|given|outlined|found|detailed) below"
    rf"|\b(?:these|the following|following)(?: [\w-]{{1,20}}){{0,3}} {_THINGS}(?: below)?)[.:]?[\W_]{{0,4}}\Z"
    r"|(?:如下(?:所示)?|见下[文表图]?|(?:以下|下面|下列|下述)(?:这?[几两三四五六七八\d])?[个种条点项类]?"
    r"[^。：:，,\n]{0,12})[。：:]?[\W_]{0,4}\Z",
    re.IGNORECASE,
)
_WORDS = "|".join(word for word in NUMBERS if word.isascii())
_COUNTED = re.compile(
    rf"(?<![a-z\d.])({_WORDS}|[2-8])"
    rf"(?: [a-z-]{{2,20}}){{0,2}} {_THINGS}\b"
    r"|(?<![\d十百])([两三四五六七八2-8]) ?[种类](?:不同的?)?"
    r"(?:方式|方法|模式|类型|策略|方案|途径|情况|场景|选择|角色|状态|部分|用法|写法|形式)",
    re.IGNORECASE,
)


def with_what_is_ahead(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """The quotes, each with what its last piece says to be below; the first with the sections below named."""
    room = ROOM - sum(size_of(one) for quote in quotes for one in quote.candidates)
    found: list[Quote] = []
    for quote in quotes:
        more = [] if quote.steps else _below(quote.candidates[-1], reading, min(room, LONGEST))
        room -= sum(map(size_of, more))
        together = (*quote.candidates, *more)
        found.append(replace(quote, text=shown(together), candidates=together) if more else quote)
    return [_with_sections(one, reading) if place == 0 else one for place, one in enumerate(found)]


def points_ahead(text: str) -> bool:
    """Whether it ends by saying that more is below, with a colon if with nothing else."""
    return _AHEAD.search(text[-END:].rstrip()) is not None or text.rstrip(" *_\n").endswith((":", "："))


def _below(last: Candidate, reading: Reading, room: int) -> list[Candidate]:
    """The pieces right below the last one of a quote that it announces, as far as there is room."""
    if last.atom.kind == "code" or not points_ahead(last.atom.text):
        return []
    section = {one.place: one for one in reading.candidates if one.section is last.section}
    pieces = list(_together(section, last.place + 1))
    sizes = accumulate(map(size_of, pieces))
    return [one for one, size in zip(pieces, sizes, strict=True) if size <= room]


def _together(section: dict[int, Candidate], place: int) -> Iterator[Candidate]:
    """What follows at a place: the rest of the paragraph above, then one list, table or paragraph, and the
    text of one that is only a title."""
    above, begun = section[place - 1], False
    while one := section.get(place):
        if one.atom.group != above.atom.group:
            if begun and not is_title(above):
                return
            begun = True
        yield one
        above, place = one, place + 1


def _with_sections(quote: Quote, reading: Reading) -> Quote:
    """The quote with the headings right below its section, where it says that there are so many, or ends by
    saying that they are below."""
    headings = _headings_below(quote, reading)
    if not 2 <= len(headings) <= MOST or _names_most(quote.text, headings):
        return quote
    last = max(one.place for one in reading.candidates if one.section is quote.candidates[0].section)
    told = any(number_in(one.atom.text) == len(headings) for one in quote.candidates)
    ends = len(sections_of(quote.excerpt, reading)) < SECTIONS and quote.candidates[-1].place == last
    ends = ends and points_ahead(quote.candidates[-1].atom.text)
    if not told and not ends:
        return quote
    return replace(quote, text="\n".join([f"{quote.text}\n", *(f"- {heading}" for heading in headings)]))


def _headings_below(quote: Quote, reading: Reading) -> list[str]:
    """The headings right below a quote's section, in their order, as far as they were read."""
    read = sections_of(quote.excerpt, reading)
    own = quote.excerpt.heading_path
    paths = [read[at].excerpt.heading_path for at in sorted(read)]
    below = (path[len(own)] for path in paths if len(path) > len(own) and path[: len(own)] == own)
    return list(dict.fromkeys(below))


def number_in(text: str) -> int:
    """How many ways, types or rules a text says that there are; 0 where it says no number."""
    said = _COUNTED.search(text)
    if said is None:
        return 0
    number = (said[1] or said[2]).lower()
    return int(number) if number.isdecimal() else NUMBERS[number]


def _names_most(text: str, headings: Sequence[str]) -> bool:
    """Whether a text has most of the headings already."""
    plain = text.lower()
    return 2 * sum(heading.lower() in plain for heading in headings) > len(headings)
