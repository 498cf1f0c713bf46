"""What the asker is told while an answer is made: one line a step, with what is searched and read.

The lines end up on a card, so the title of a document in them is made as harmless as the answer is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bot.messages import say
from worker.excerpts import Excerpt
from worker.pipeline.sanitise import Sanitiser

if TYPE_CHECKING:
    from index.search.searcher import Passage

OnProgress = Callable[[str], None]
"""Gets a sentence for the asker at each step; the first call means: this is going to be answered."""


class Progress:
    """The steps of one question."""

    def __init__(self, tell: OnProgress, language: str) -> None:
        self._tell = tell
        self._language = language

    def searching(self, passages: Sequence[Passage], total: int) -> None:
        """The documents that the nearest passages stand in, of `total` in the index."""
        count = len({(passage.chunk.source, passage.chunk.path) for passage in passages})
        self._say("searching", count=count, total=total)

    def searching_web(self) -> None:
        """Web pages are looked for."""
        self._say("searching_web")

    def reading_web(self, number: int, total: int) -> None:
        """The page that is waited for, counted from 1."""
        self._say("reading_web", number=number, total=total)

    def reading(self, excerpts: Sequence[Excerpt], sanitiser: Sanitiser) -> None:
        """The engine reads these before it writes."""
        pages = list(dict.fromkeys(excerpt.path or excerpt.url for excerpt in excerpts))
        page = sanitiser.source(excerpts[0]).title or pages[0]
        self._say("reading" if len(pages) == 1 else "reading_more", page=page, count=len(pages))

    def writing(self) -> None:
        """The first words are there."""
        self._say("writing")

    def _say(self, name: str, **values: object) -> None:
        self._tell(say(name, self._language, **values))
