"""Commands that are run one after the other: shown from the first on, or it is said that there are others.

Manuals write them block below block: go to the folder, unpack, upgrade. The block that has the question's
word is of no use to who did not run those above it. Of blocks that do one thing in several ways, below a
label each, only one way is shown: the one that the question names, else that of the quote, else the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from worker.finding.asked import Asked
from worker.finding.blocks.atoms import WHOLE_LIST
from worker.finding.blocks.labels import are_alike, names_a_way
from worker.finding.procedures.steps import asks_for_what_is_above
from worker.finding.quote import Quote, shown, size_of
from worker.finding.reading import Candidate, Reading
from worker.finding.sections import words_of
from worker.finding.shares import share_of

ROOM = 900
"""Characters of a quote up to which commands are added to it."""
OTHERS = 400
"""Characters of the other quotes that stay beside a quote to which commands were added."""
TO_RUN = frozenset({"how", "command"})
MARK = "…"
_HERE = re.compile(r"^[ \t]*(?:\$ |# |sudo ){0,2}(?:bash |sh )?\.{1,2}[/\\]", re.MULTILINE)
_GOES = re.compile(r"^[ \t]*(?:\$ |# |sudo )?(?:cd|pushd|tar|unzip|git clone)\b", re.MULTILINE)


def with_commands(quotes: Sequence[Quote], reading: Reading) -> list[Quote]:
    """The quotes, the first one that has a command with the commands around it that belong to it."""
    if not reading.asked.kinds & TO_RUN:
        return list(quotes)
    found = list(quotes)
    for place, quote in enumerate(found):
        run = _run_of(quote, reading)
        have = {one.place for one in quote.candidates}
        missing = [one for one in run if one.place not in have]
        if not missing or not _is_needed(quote, missing, reading):
            continue
        room = ROOM - sum(map(size_of, quote.candidates))
        fitting = [
            one for one, size in zip(missing, accumulate(map(size_of, missing)), strict=True) if size <= room
        ]
        together = tuple(sorted([*quote.candidates, *fitting], key=lambda one: one.place))
        found[place] = replace(quote, text=_marked(together, run), candidates=together)
        others = [*found[:place], *found[place + 1 :]]
        sizes = accumulate(sum(map(size_of, one.candidates)) for one in others)
        kept = [one for one, size in zip(others, sizes, strict=True) if size <= OTHERS]
        return [one for one in found if one is found[place] or one in kept]
    return found


def is_of_another_way(asked: Asked, piece: Candidate, near: Candidate) -> bool:
    """Whether the question names the label of a piece, and what is near does the same under another one."""
    own, other = piece.atom.heading, near.atom.heading
    if not own or not other or own == other:
        return False
    named = share_of(asked, words_of(own))
    ways = names_a_way(own) and names_a_way(other)
    return named > share_of(asked, words_of(other)) and (ways or are_alike(piece.atom.text, near.atom.text))


def _is_needed(quote: Quote, missing: Sequence[Candidate], reading: Reading) -> bool:
    """Whether somebody asks for all that the section does, or cannot run what is quoted without the rest."""
    code = [one for one in quote.candidates if one.atom.kind == "code"]
    above = words_of(f"{quote.excerpt.name} {' '.join(one.atom.heading for one in code)}")
    whole = above.union(*(words_of(one.atom.shown) for one in code))
    before = [one for one in missing if one.place < code[0].place]
    stays = any(_HERE.search(one.atom.text) for one in code)
    goes = any(_GOES.search(one.atom.text) for one in before)
    return (stays and goes) or asks_for_what_is_above(reading.asked, above, whole)


def _run_of(quote: Quote, reading: Reading) -> list[Candidate]:
    """The commands that are run before and after the first one in the quote, itself among them."""
    first = next((one for one in quote.candidates if one.atom.kind == "code"), None)
    if first is None:
        return []
    section = [one for one in reading.candidates if one.section is first.section]
    before = sorted((one for one in section if one.place < first.place), key=lambda one: -one.place)
    after = sorted((one for one in section if one.place > first.place), key=lambda one: one.place)
    around = [*reversed([*_while(before)]), first, *_while(after)]
    way = _way(quote, around, reading)
    return [one for one in around if one.atom.heading in ("", way) or not _is_way(one, around)]


def _while(pieces: Sequence[Candidate]) -> Iterator[Candidate]:
    """The pieces up to the first that is neither a command nor a short remark between two."""
    held: list[Candidate] = []
    for one in pieces:
        if one.atom.kind == "code":
            yield from held
            held = []
            yield one
        elif one.atom.kind == "paragraph" and len(one.atom.text) <= WHOLE_LIST and not held:
            held.append(one)
        else:
            return


def _way(quote: Quote, around: Sequence[Candidate], reading: Reading) -> str:
    """The label that is shown of those that stand over ways of one thing."""
    labels = list(dict.fromkeys(one.atom.heading for one in around if _is_way(one, around)))
    own = [one.atom.heading for one in quote.candidates if one.atom.heading in labels]
    named = [label for label in labels if share_of(reading.asked, words_of(label)) > 0]
    return next(iter([*named, *own, *labels]), "")


def _is_way(one: Candidate, around: Sequence[Candidate]) -> bool:
    """Whether it stands under a label that names a way, or does what another one does under its label."""
    label = one.atom.heading
    return bool(label) and (
        names_a_way(label)
        or any(
            other.atom.heading not in ("", label) and are_alike(one.atom.text, other.atom.text)
            for other in around
            if one.atom.kind == other.atom.kind == "code"
        )
    )


def _marked(together: Sequence[Candidate], run: Sequence[Candidate]) -> str:
    """The pieces with a sign where commands before, between or after them are left out."""
    have = {one.place for one in together}
    left_out = [one.place for one in run if one.place not in have]
    found: list[list[Candidate]] = [[]]
    last = -1
    for one in together:
        if any(last < place < one.place for place in left_out):
            found.append([])
        found[-1].append(one)
        last = one.place
    if any(place > last for place in left_out):
        found.append([])
    return f"\n\n{MARK}\n\n".join(shown(pieces) for pieces in found).strip("\n")
