"""What is quoted of one section, and how long it is for who sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.excerpts import Excerpt
from worker.finding.blocks.together import as_markdown
from worker.finding.reading import Candidate


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
