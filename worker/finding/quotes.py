"""The best atoms -> what is quoted: a few whole pieces, short enough for a phone.

The best atom takes its neighbours with it as far as there is room, for an answer seldom stands in one
sentence; what is nearly as good on another page comes below it. An atom is shown whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from index.text.terms import terms
from worker.finding.announcing import announces
from worker.finding.asked import Asked, tells_more
from worker.finding.blocks.atoms import Atom
from worker.finding.blocks.pieces import is_command
from worker.finding.features import FEATURES
from worker.finding.kinds import EXACT_KINDS, VALUE_KINDS, answers_kind
from worker.finding.procedures.ahead import with_what_is_ahead
from worker.finding.procedures.commands import is_of_another_way, with_commands
from worker.finding.procedures.counted import with_all_points
from worker.finding.procedures.cures import with_cures
from worker.finding.procedures.ends import with_ends
from worker.finding.procedures.whole import as_procedure, with_steps
from worker.finding.quote import Quote, page_of, room_for, shown, size_of
from worker.finding.reading import Candidate, Reading
from worker.finding.sections import words_of
from worker.finding.several import best_apart, left_out
from worker.finding.shares import share_of
from worker.finding.turned import TO_DO

FIRST, LONG = 200, 540
"""Characters that are seen: how far the first quote grows beyond its best atom, and a long atom."""
WORTH_A_VALUE, ABOUT_IT = 8.0, 0.35
"""A piece with the value that no quote has comes first if it scores at most so far below the best and, with
its headings, has this share of the question's words."""
NEAR_DEFAULT = 4.0
"""So does a piece that tells a default where no quote does, at most so far below."""
LOOKED_FOR = ("path", "disabled")
"""Kinds of answers beside values that no quote may lack where a piece of its page has one."""
_COMMAND = re.compile(r"\bcommands?\b|命令|指令", re.IGNORECASE)
CLOSE = 2.0
"""A quote that scores at most so far below the first is one of the best."""
FILLED = 400
"""A card with fewer characters that are seen takes more of what stands around its first quote."""
SMALL, WEIGHT = 200, 0.4
"""What an atom that takes all the room is worth less than its score; one of SMALL characters nothing."""
FAR, LESS = 4.0, 0.05
"""What stands beside an atom and scores so much less says something else; beside code it explains it. So does
a row of a table whose cells have less of the question: rows are not read one after the other."""
MATERIAL = 1600
"""Characters of a section that a model reads around a quote."""
CURE = 600
"""Characters of what stands below a message that is only repeated, at most."""
LONG_MESSAGE = 400
"""Characters of such a message from which on it is left out."""
ECHOED = 0.6
"""A piece of a log with this share of the question's words, or whose words are the question's to this share,
repeats the message that is asked about."""
_ALL_WORDS, _HEADING = FEATURES.index("all_words"), FEATURES.index("heading_words")
_OWN_WORDS, _DEFAULT = FEATURES.index("own_words"), FEATURES.index("default")
SAME_QUESTION = 0.5
"""A heading that is a question and has this share of the words asks what is asked."""
_QUESTION = re.compile(
    r"[?？]\s*+\Z|\A\W*+(?:how|what|why|where|when|which|can|do|does|is|are)\b|怎么|如何|为什么|什么|吗",
    re.IGNORECASE,
)
REPEATED = 0.8
"""An atom with this share of its words in what is quoted already says nothing new."""


def quotes_of(reading: Reading, parts: Sequence[Reading] = ()) -> list[Quote]:
    """The quotes that answer best, the best first; none where nothing was read.

    Where the best have no value of the kind that is asked for, and a piece of the same pages has, it comes
    first.
    `parts`: what was read for each part of the question by itself.
    """
    found = _chosen(reading)
    close = [quote for quote in found if quote.score >= found[0].score - CLOSE]
    if (lacked := _left_out(reading, close)) is not None:
        first = replace(lacked, score=reading.candidates[0].score + 1)
        others = (candidate for candidate in reading.candidates if candidate is not lacked)
        found = _chosen(replace(reading, candidates=(first, *others)))
    for more in left_out(
        reading.asked, [one for quote in found for one in quote.candidates], reading.candidates
    ):
        _add(found, [more], more.score)
    for more in best_apart([one for quote in found for one in quote.candidates], parts, reading.candidates):
        _add(found, [more], more.score)
    every = replace(
        reading, candidates=(*reading.candidates, *(one for part in parts for one in part.candidates))
    )
    whole = with_commands(with_all_points(with_steps(found, every), every), every)
    return as_procedure(with_what_is_ahead(with_cures(with_ends(whole, every), every), every), every)


def _command_left_out(reading: Reading, quotes: Sequence[Quote]) -> Candidate | None:
    """The best code of the quoted pages, where a command is asked for by this word and no quote has any."""
    if not _COMMAND.search(reading.asked.text) or any("`" in quote.text for quote in quotes):
        return None
    return _first_of_pages(reading, quotes, lambda one: one.atom.kind == "code" and is_command(one.atom.text))


def _left_out(reading: Reading, quotes: Sequence[Quote]) -> Candidate | None:
    """The best piece of the quoted pages with what is asked for, such as a value, where no quote has it."""
    asked = reading.asked
    values = asked.kinds & EXACT_KINDS or asked.kinds & VALUE_KINDS
    for wanted in (values, *(asked.kinds & {kind} for kind in LOOKED_FOR)):
        if not quotes or not wanted or any(tells_more(asked, wanted, quote.text) for quote in quotes):
            continue
        if found := _first_of_pages(reading, quotes, _telling_more(asked, wanted)):
            return found
    return _command_left_out(reading, quotes) or _default_left_out(reading, quotes)


def _default_left_out(reading: Reading, quotes: Sequence[Quote]) -> Candidate | None:
    """The best piece, of any page, that tells a default and has as much of the question as the best, where a
    default is asked for and no quote tells any."""
    if "default" not in reading.asked.kinds or any(answers_kind("default", quote.text) for quote in quotes):
        return None
    best = reading.candidates[0]
    least = best.numbers[_OWN_WORDS] - LESS
    return next(
        (
            one
            for one in reading.candidates
            if one.score >= best.score - NEAR_DEFAULT
            and one.numbers[_DEFAULT]
            and one.numbers[_OWN_WORDS] >= least
            and size_of(one) <= LONG
        ),
        None,
    )


def _telling_more(asked: Asked, kinds: frozenset[str]) -> Callable[[Candidate], bool]:
    return lambda one: tells_more(asked, kinds, one.atom.told)


def _first_of_pages(
    reading: Reading, quotes: Sequence[Quote], answers: Callable[[Candidate], bool]
) -> Candidate | None:
    """The best piece of the quoted pages that is about the question and `answers`."""
    pages = {page_of(quote.excerpt) for quote in quotes}
    least = reading.candidates[0].score - WORTH_A_VALUE if reading.candidates else 0.0
    for candidate in reading.candidates:
        if (
            candidate.score >= least
            and page_of(candidate.section.excerpt) in pages
            and candidate.numbers[_ALL_WORDS] >= ABOUT_IT
            and size_of(candidate) <= LONG
            and answers(candidate)
        ):
            return candidate
    return None


def _chosen(reading: Reading) -> list[Quote]:
    ranked = sorted(_telling(reading), key=_worth, reverse=True)
    beside = {(id(candidate.section), candidate.place): candidate for candidate in ranked}
    used: set[tuple[int, int]] = set()
    said: set[str] = set()
    found: list[Quote] = []
    room = room_for(ranked, second=reading.second)
    left = room.characters
    for candidate in ranked:
        margin = room.margin_with(left)
        below = (ranked[0].score - candidate.score) / margin
        if len(found) == room.quotes or below > 1:
            break
        if below > room.talk and not (candidate.atom.is_code and reading.asked.kinds & TO_DO):
            continue
        taken = (id(candidate.section), candidate.place) in used
        if taken or (found and (_repeats(candidate, said) or size_of(candidate) > left)):
            continue
        if any(_is_other_row(reading.asked, one, candidate) for quote in found for one in quote.candidates):
            continue
        told = said | _said(candidate)
        whole = not (found or reading.asked.subject) and _asked_above(candidate)
        far = float("inf") if whole or candidate.atom.kind == "code" else FAR

        def tells(
            near: Candidate,
            least: float = candidate.score - far,
            told: set[str] = told,
            of: Candidate = candidate,
        ) -> bool:
            other = is_of_another_way(reading.asked, of, near) or _is_other_row(reading.asked, of, near)
            return near.score >= least and not other and not _repeats(near, told)

        chosen = _with_neighbours(candidate, beside, used, left if found or whole else FIRST, tells)
        cure = _cure(chosen[-1], reading.asked, beside, used)
        used |= {(id(one.section), one.place) for one in (*chosen, *cure)}
        if cure and size_of(chosen[-1]) > LONG_MESSAGE:  # whoever asks has it; what to do needs the room
            chosen.pop()
        chosen += cure
        said |= set(terms(shown(chosen)))
        left -= sum(map(size_of, chosen))
        _add(found, chosen, candidate.score)
    return _filled(reading.asked, found, beside)


def _telling(reading: Reading) -> Sequence[Candidate]:
    """The pieces that may be quoted: nobody is told that the page says it but who asks what something is."""
    if reading.asked.subject:
        return reading.candidates
    return [one for one in reading.candidates if not announces(one.atom)] or reading.candidates


def _asked_above(candidate: Candidate) -> bool:
    """Whether the heading above it is the question that is asked: all below it is the answer."""
    heading = candidate.atom.heading or candidate.section.heading
    return candidate.numbers[_HEADING] >= SAME_QUESTION and bool(_QUESTION.search(heading))


def _worth(candidate: Candidate) -> float:
    """Its score, less for a long atom: of two that are as good the short one leaves room for both."""
    return candidate.score - WEIGHT * max(0, candidate.atom.seen - SMALL) / (LONG - SMALL)


def _filled(asked: Asked, found: list[Quote], beside: dict[tuple[int, int], Candidate]) -> list[Quote]:
    """The quotes, the first with what stands below and above it while the card is short.

    Nothing else scores well enough then, and the rest of a short section is seldom beside the point: the cure
    stands two sentences below the error.
    """
    if not found:
        return found
    first, *others = found
    section = id(first.candidates[0].section)
    own = {candidate.place for candidate in first.candidates}
    said = set(terms(" ".join(quote.text for quote in found)))
    room = FILLED - sum(size_of(candidate) for quote in others for candidate in quote.candidates)
    size = sum(map(size_of, first.candidates))
    more: list[Candidate] = []
    growing = True
    while growing:
        growing = False
        for place in (max(own) + 1, min(own) - 1):
            near = beside.get((section, place))
            best = max(first.candidates, key=lambda one: one.score)
            if near is None or is_of_another_way(asked, best, near) or _is_other_row(asked, best, near):
                continue
            if size + size_of(near) <= room and not _repeats(near, said):
                more.append(near)
                own.add(place)
                size += size_of(near)
                growing = True
    if not more:
        return found
    together = tuple(sorted([*first.candidates, *more], key=lambda candidate: candidate.place))
    return [Quote(first.excerpt, shown(together), first.score, together), *others]


def _is_other_row(asked: Asked, piece: Candidate, near: Candidate) -> bool:
    """Whether what stands near is a row of the same table or an option of the same list with less of what is
    asked."""
    same = piece.section is near.section and piece.atom.group == near.atom.group
    if not (same and piece.atom.of and near.atom.of):
        return False
    return share_of(asked, words_of(near.atom.text)) < share_of(asked, words_of(piece.atom.text)) - LESS


def _said(candidate: Candidate) -> frozenset[str]:
    return _terms_of(candidate.atom.text)


@lru_cache(maxsize=2048)
def _terms_of(text: str) -> frozenset[str]:
    """The terms of an atom; remembered, as the same ones are chosen for question after question."""
    return frozenset(terms(text))


def _repeats(candidate: Candidate, said: set[str]) -> bool:
    """Whether it says next to nothing that is not said already."""
    own = _said(candidate)
    return bool(own) and len(own & said) >= REPEATED * len(own)


def _add(found: list[Quote], chosen: Sequence[Candidate], score: float) -> None:
    """A quote more, or more of the quote from the same section."""
    excerpt = chosen[0].section.excerpt
    for number, quote in enumerate(found):
        if quote.excerpt is excerpt:
            together = tuple(sorted([*quote.candidates, *chosen], key=lambda candidate: candidate.place))
            found[number] = Quote(excerpt, shown(together), quote.score, together)
            return
    found.append(Quote(excerpt, shown(chosen), score, tuple(chosen)))


def material_of(quote: Quote, reading: Reading, length: int = MATERIAL) -> str:
    """The quote with what stands around it in its section, whole atoms, up to `length` characters."""
    beside = {
        (id(candidate.section), candidate.place): candidate
        for candidate in reading.candidates
        if candidate.section is quote.candidates[0].section
    }
    best = max(quote.candidates, key=lambda candidate: candidate.score)
    around = _with_neighbours(best, beside, set(), max(length, len(quote.text)))
    missing = [c for c in quote.candidates if not any(c is one for one in around)]
    return shown(sorted([*around, *missing], key=lambda candidate: candidate.place))


def _with_neighbours(
    best: Candidate,
    beside: dict[tuple[int, int], Candidate],
    used: set[tuple[int, int]],
    room: int,
    tells: Callable[[Candidate], bool] = lambda _: True,
) -> list[Candidate]:
    """The atom and what stands right below and above it in its section and `tells`, nearest first, within the
    room."""
    chosen = [best]
    size, first, last = size_of(best), best.place, best.place
    growing = True
    while growing:
        growing = False
        for place in (last + 1, first - 1):
            key = (id(best.section), place)
            near = beside.get(key)
            if near is None or key in used or size + size_of(near) > room or not tells(near):
                continue
            chosen.append(near)
            size += size_of(near)
            first, last = min(first, place), max(last, place)
            growing = True
    return sorted(chosen, key=lambda candidate: candidate.place)


def _cure(
    last: Candidate, asked: Asked, beside: dict[tuple[int, int], Candidate], used: set[tuple[int, int]]
) -> list[Candidate]:
    """What stands below an atom that only repeats the message asked about: there is what to do."""
    key = (id(last.section), last.place + 1)
    below = beside.get(key)
    if below is None or key in used or size_of(below) > CURE or not _is_echo(last.atom, asked):
        return []
    return [below]


def _is_echo(atom: Atom, asked: Asked) -> bool:
    own, told = set(terms(atom.text)), set(asked.weights)
    if "trouble" not in asked.kinds or not own:
        return False
    if atom.kind == "code":
        return len(own & told) >= ECHOED * len(told)
    return len(own - told) <= max(2, (1 - ECHOED) * len(own))
