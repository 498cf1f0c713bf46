"""An excerpt: one numbered piece of the index or the web that an answer may cite.

Retrieval and web search both end here, so that generation, verification and the list of sources
treat a page like a passage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.answer import Source
from bot.config.fences import RUN

EXCERPT_LENGTH = 160
"""Characters of the two-line excerpt that a source shows on demand."""
_DRAWN = re.compile(rf"\A[ \t>]*+(?:(?:[-*+]|\d{{1,3}}[.)])[ \t]++)?(?:{RUN}|:::|[-*_]{{3,}}+[ \t]*+$)")
"""A line that only draws: a fence, a container, a rule."""
_MARK = re.compile(r"^[ \t>]*+(?:(?:[-*+]|#{1,6}+)[ \t]++(?:\[[ xX]\][ \t]++)?)?")
_MACRO = re.compile(r"\{\{[^{}\n]{0,80}\}\}")
_TAG = re.compile(r"\{%[^%{}\n]{0,200}%\}|\{\{[<%][^{}\n]{0,200}[>%]\}\}")
"""What a site fills in, and its tags."""


@dataclass(frozen=True)
class Excerpt:
    """A piece of text with a number; `[number]` in an answer cites it."""

    number: int
    """Counted from 1, the order of relevance."""
    title: str
    text: str
    heading_path: tuple[str, ...] = ()
    url: str = ""
    path: str = ""
    language: str = ""
    updated_at: float = 0.0
    """Unix seconds; 0 when unknown."""
    score: float = 0.0
    web: bool = False
    colleague: bool = False
    """What somebody in the group answered and an admin confirmed."""
    source_name: str = ""
    """Which source of the index it is of; empty for a web page."""

    @property
    def name(self) -> str:
        """Title and headings in one line, for the prompt and the list of sources."""
        return " > ".join(dict.fromkeys(part.strip() for part in (self.title, *self.heading_path)))

    @property
    def says_something(self) -> bool:
        """Whether there is more than a heading with nothing under it."""
        return " ".join(self.text.split()) not in self.heading_path

    def source(self) -> Source:
        """What the card lists when this is cited."""
        first = in_one_line(self.text)
        return Source(
            number=self.number,
            title=self.title,
            heading_path=self.heading_path,
            url=self.url,
            path=self.path,
            excerpt=first[:EXCERPT_LENGTH],
            updated_at=self.updated_at,
            web=self.web,
            source=self.source_name,
        )


@lru_cache(maxsize=512)
def in_one_line(text: str) -> str:
    """Text for a place that knows no blocks of Markdown: words and cells, no fences, bullets and macros."""
    lines = (_cells(_MARK.sub("", line)) for line in text.splitlines() if not _DRAWN.match(line))
    return " ".join(_MACRO.sub("…", _TAG.sub(" ", " ".join(lines))).split())


def _cells(line: str) -> str:
    bare = line.strip()
    if len(bare) < 2 or not (bare.startswith("|") and bare.endswith("|")):
        return line
    cells = [cell.strip() for cell in bare[1:-1].split("|")]
    return " · ".join(cell for cell in cells if cell.strip(":- "))


def numbered(excerpts: list[Excerpt], start: int = 1) -> list[Excerpt]:
    """The same excerpts, numbered in order from `start`."""
    return [
        excerpt if excerpt.number == number else replace(excerpt, number=number)
        for number, excerpt in enumerate(excerpts, start)
    ]
