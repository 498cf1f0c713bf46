"""Searchers and gates over parts of the index, made when first asked for; so many are kept, the last used.

One worker serves groups that are answered from different collections and from different product versions.
What is not asked for for a while goes: memory holds the whole index and at most `index.loaded_collections`
parts of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import structlog

from bot.config.settings import Settings
from index.gate.gate import Gate, open_gate
from index.search.part import part_of
from index.search.searcher import Searcher

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SearcherAndGate:
    """One version's searcher, or a part's, and the gate that judges by it."""

    searcher: Searcher
    gate: Gate


class Parts:
    """The parts of one version of the index. Safe to use from many threads."""

    def __init__(self, settings: Settings, whole: SearcherAndGate) -> None:
        self.whole = whole
        self._settings = settings
        self.names = frozenset(whole.searcher.statistics.sources)
        """Of the sources in this version."""
        self._kept: OrderedDict[frozenset[str], SearcherAndGate] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def of(self, sources: frozenset[str] | None) -> SearcherAndGate:
        """The part of these sources; the whole for None or for all. Raises IndexMissing for an empty one."""
        if sources is None or sources >= self.names:
            return self.whole
        if found := self._find(sources):
            return found
        with self._making:  # one at a time: two would take twice the memory for nothing
            if found := self._find(sources):
                return found
            searcher = part_of(self.whole.searcher, sources)
            made = SearcherAndGate(searcher, open_gate(self._settings, searcher, whole=False))
            with self._lock:
                self._kept[sources] = made
                while len(self._kept) > self._settings.index.loaded_collections:
                    self._kept.popitem(last=False)
            log.info("index_part_loaded", sources=sorted(sources), chunks=len(searcher.chunks))
            return made

    def loaded(self) -> int:
        """How many parts are in memory."""
        with self._lock:
            return len(self._kept)

    def _find(self, sources: frozenset[str]) -> SearcherAndGate | None:
        with self._lock:
            if sources in self._kept:
                self._kept.move_to_end(sources)
            return self._kept.get(sources)
