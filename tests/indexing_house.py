"""A bot whose index changes while it runs, as stories about /reindex see it."""

from __future__ import annotations

from index.search.versions import Versions
from tests.house import House, words


class IndexingHouse(House):
    """Knows which version is served and which is current, and the last card of a message."""

    @property
    def serving(self) -> str:
        assert self.process is not None
        return self.process.knowledge.serving

    @property
    def current(self) -> str:
        return Versions(self.settings.index.dir).current()

    def shown(self, asked: str) -> str:
        """The last card that answers a message, as it stands."""
        cards = self.feishu.cards(asked)
        return words(cards[-1]) if cards else ""
