"""Quotes that begin or end in the middle of what is said.

"By doing this" says nothing without what "this" is, the title of a warning nothing without its text, what an
error means little without the cure in the next sentence, the head of a manual nothing to whoever asks how,
and "start by" is half without what comes next. What is lacking stands right above or below, and is added
where there is room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from worker.finding.asked import Asked
from worker.finding.blocks.atoms import Atom
from worker.finding.features import FEATURES
from worker.finding.quote import Quote, shown, size_of
from worker.finding.reading import Candidate, Reading

ROOM = 1200
"""Characters of all quotes together up to which something is added."""
LONGEST = 600
"""Characters of what is added above or below."""
TITLE = 80
"""Characters of a line that is the title of what stands below."""
ABOUT_IT = 0.5
"""A heading with this share of the question is about it."""
_HEADING = FEATURES.index("heading_words")
_POINTS_BACK = re.compile(
    r"(?:by|after|in) (?:doing|having done) (?:this|that|so|these)\b|in doing so\b|otherwise\b"
    r"|this (?:means|way|ensures|allows|prevents|lets)\b"
    r"|(?:that|these|those|both) (?:means?|way|steps|settings|commands|options|values)\b"
    r"|这样(?:做|一来|就|，)|这意味着|否则|此时|上述|以上(?:两|三|几|步骤|配置|命令|设置)|如此",
    re.IGNORECASE,
)
_THINGS_ABOVE = re.compile(
    r"[^.!?\n]{0,60}\b(?:these|those)(?: [a-z-]{2,20}){0,2} [a-z-]{2,20}s\b"
    r"|[^。！？\n]{0,24}(?:这些|以上|上述)",
    re.IGNORECASE,
)
"""A sentence that speaks of several things by pointing at them: below a list, at its items."""
_LISTED = frozenset({"list", "item", "table", "row"})
_DO = (
    r"(?:add|set|use|change|remove|install|update|upgrade|downgrade|enable|disable|run|restart|delete|replace|"
    r"check|make sure|increase|reduce|try|download)\b"
)
_CURES = re.compile(
    r"\bto (?:fix|solve|resolve|correct|avoid|prevent)\b|\bfix(?:ed)? (?:this|it|that)\b"
    r"|\b(?:you|please|simply|just|either)(?: (?:can|must|should|need to|have to|will need to|may))? "
    rf"{_DO}|^\W{{0,3}}{_DO}"
    r"|解决|修复|可以(?:通过|设置|使用|将|把)|请(?:检查|确认|确保|将|把|使用)|需要(?:将|把|设置|修改|升级|安装)|建议",
    re.IGNORECASE | re.MULTILINE,
)
_BEGINS = re.compile(
    r"\A\W{0,3}(?:start by|begin by|to begin|first(?:ly)?,|first (?:of all|make|create|stop|run|install)\b"
    r"|首先|先要|第一步)",
    re.IGNORECASE,
)
"""The first of several things to do."""
_INSTRUCTS = re.compile(
    r"\W{0,3}(?:\d{1,2}[.)、）]"
    r"|(?:first(?:ly)?|then|next|finally|now|after that|to do (?:this|so))\b"
    r"|you(?:'ll| will)?(?: also)? (?:need|must|have) to\b"
    r"|(?:create|open|run|set|add|install|download|edit|copy|click|go to|start|stop|enable|make)\b"
    r"|in [`\"]|首先|先|然后|接着|接下来|最后|再|打开|创建|执行|运行|修改|设置|在 ?`|第[一二三四五])",
    re.IGNORECASE,
)


def with_ends(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """The quotes, each with what it lacks above or below."""
    room = ROOM - sum(size_of(one) for quote in quotes for one in quote.candidates)
    found: list[Quote] = []
    for quote in quotes:
        section = quote.candidates[0].section
        beside = {one.place: one for one in reading.candidates if one.section is section}
        together, more = _completed(quote.candidates, beside, reading.asked, room)
        room -= more
        text = quote.text if together == quote.candidates else shown(together)
        found.append(replace(quote, text=text, candidates=together))
    return found


def _completed(
    own: tuple[Candidate, ...], beside: dict[int, Candidate], asked: Asked, room: int
) -> tuple[tuple[Candidate, ...], int]:
    """The pieces with what they lack, and how many characters that is."""
    have = {one.place: one for one in own}
    used = 0
    for lacking in (*_above(own, beside), *_below(own, beside, asked)):
        size = sum(size_of(one) for one in lacking if one.place not in have)
        if size <= LONGEST and used + size <= room:
            have |= {one.place: one for one in lacking}
            used += size
    last = max(have)
    if is_title(have[last]) and len(have) > 1 and last + 1 in beside:
        del have[last]
    return tuple(have[place] for place in sorted(have)), used


def _above(own: Sequence[Candidate], beside: dict[int, Candidate]) -> Iterator[list[Candidate]]:
    """What stands above a piece that points at it: a list whole."""
    places = {one.place for one in own}
    for one in own:
        before = beside.get(one.place - 1)
        if before is None or before.place in places or not _points_at(one.atom, before.atom):
            continue
        listed = before.atom.kind in ("item", "row")
        group = [near for near in beside.values() if listed and near.atom.group == before.atom.group]
        yield sorted(group, key=lambda near: near.place) or [before]


def _points_at(atom: Atom, above: Atom) -> bool:
    """Whether an atom cannot be understood without what stands above it."""
    if _POINTS_BACK.match(atom.text):
        return True
    return atom.kind == "paragraph" and above.kind in _LISTED and bool(_THINGS_ABOVE.match(atom.text))


def _below(own: Sequence[Candidate], beside: dict[int, Candidate], asked: Asked) -> Iterator[list[Candidate]]:
    """What stands below the last piece: the text of a title, a cure, instructions."""
    last = own[-1]
    after = beside.get(last.place + 1)
    if after is None:
        return
    if is_title(last) or ("trouble" in asked.kinds and _CURES.search(after.atom.text)):
        yield _whole(after, beside)
    if any(_BEGINS.match(one.atom.shown) for one in own):
        yield [beside[place] for place in range(last.place + 1, max(beside) + 1) if place in beside]
    if "how" in asked.kinds and last.numbers[_HEADING] >= ABOUT_IT:
        together = _whole(last, beside)
        while (after := beside.get(together[-1].place + 1)) and _INSTRUCTS.match(after.atom.shown):
            yield together
            together = _whole(after, beside)
        if together[0] is not last:
            yield together


def _whole(piece: Candidate, beside: dict[int, Candidate]) -> list[Candidate]:
    """A piece with the rest of its paragraph: a warning may stand there."""
    found = [piece]
    while (after := beside.get(found[-1].place + 1)) is not None and after.atom.kind == "paragraph":
        if after.atom.group != piece.atom.group:
            break
        found.append(after)
    return found


def is_title(candidate: Candidate) -> bool:
    """Whether it is one short line of words without an end."""
    atom = candidate.atom
    text = atom.text.strip()
    plain = atom.kind == "paragraph" and not atom.lead and "\n" not in text and "`" not in text
    return plain and len(text) <= TITLE and text[-1:].isalnum() and not text.endswith("了")
