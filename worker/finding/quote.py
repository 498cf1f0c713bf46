"""What is quoted of one section, and how long it is for who sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.excerpts import Excerpt
from worker.finding.blocks.together import as_markdown
from worker.finding.reading import Candidate, Reading
from worker.finding.sections import SectionRead

SHORT = 380


@dataclass(frozen=True)
class Room:
    """What a card has room for."""

    characters: int
    """That are seen, of all quotes together."""
    quotes: int
    margin: float
    """A further quote's score lies at most so far below the best one's ..."""
    narrow: float
    """... so far where no more than SHORT of the characters are left, so that what is weaker fills a short
    card and does not lengthen a full one."""
    talk: float
    """Of what is no code to run, where somebody asks for something to do, only this share as far."""

    def margin_with(self, left: int) -> float:
        """How far below the best a further quote may score with so many characters left."""
        return self.margin if left > SHORT else self.narrow


@dataclass(frozen=True)
class Rooms:
    """What a card has room for where one place stands out, and where the reader has to choose."""

    sure: Room
    to_choose: Room
    as_good: float
    """CROWD others score at most so far below the best where which of them answers cannot be told."""


CROWD = 4
ROOMS = Rooms(
    Room(characters=540, quotes=4, margin=3.0, narrow=2.0, talk=1.0),
    Room(characters=700, quotes=4, margin=3.0, narrow=2.0, talk=1.0),
    as_good=1.0,
)
LOOKED_AGAIN = Rooms(
    Room(characters=440, quotes=4, margin=3.0, narrow=2.0, talk=0.75),
    Room(characters=900, quotes=5, margin=3.0, narrow=3.0, talk=1.0),
    as_good=3.0,
)
"""After a second look, whose scores lie further apart and tell better which place stands out."""


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


@dataclass(frozen=True)
class Quote:
    """Whole atoms of one section, in order."""

    excerpt: Excerpt
    text: str
    """Markdown."""
    score: float
    """Of its best atom."""
    candidates: tuple[Candidate, ...] = ()
    steps: Steps | None = None
    """Which steps of a numbered list are in it."""


def page_of(excerpt: Excerpt) -> tuple[str, str, str]:
    """What the sections of one page share: of its address all but the heading it leads to."""
    return excerpt.path, "" if excerpt.path else excerpt.url.partition("#")[0], excerpt.title


def size_of(candidate: Candidate) -> int:
    """Characters that are seen, and the break behind them."""
    return candidate.atom.seen + 2


def shown(candidates: Sequence[Candidate]) -> str:
    """The atoms as Markdown."""
    return as_markdown([(one.place, one.atom) for one in candidates])


def room_for(ranked: Sequence[Candidate], *, second: bool) -> Room:
    """More where the choice is less sure; `second`: after a second look."""
    rooms = LOOKED_AGAIN if second else ROOMS
    crowd = len(ranked) > CROWD and ranked[CROWD].score > ranked[0].score - rooms.as_good
    return rooms.to_choose if crowd else rooms.sure


def sections_of(excerpt: Excerpt, reading: Reading) -> dict[int, SectionRead]:
    """The sections that were read of the page that an excerpt is from, by their places."""
    page = page_of(excerpt)
    return {one.section.at: one.section for one in reading.candidates if page_of(one.section.excerpt) == page}
