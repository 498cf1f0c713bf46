"""What the process knows just now: the searcher and the gate of the current index version, as one pair.

The index's Watcher swaps versions under running answers; a question takes the pair it started with. A gate
that is put in use, or gone back to, is followed within a second or two. A worker that starts before any index
was built waits for one and says so meanwhile.
"""

from __future__ import annotations

import threading

import structlog
from redis import Redis

from bot.config.settings import Settings
from bot.errors import IndexMismatch, IndexMissing
from index.gate.gate import open_gate
from index.gate.model import GateStore
from index.search.searcher import Searcher
from index.search.versions import Watcher
from index.sources.confirmed import PREFIX, is_confirmed
from worker.process.parts import Parts, SearcherAndGate
from worker.process.scope import Scope, scope_of

log = structlog.get_logger(__name__)

RETRY = 2.0
"""Seconds between looks for a first index."""

WARM_UP = "如何安装 install"
"""Asked of each new version before it serves: the first question must not pay for what loads lazily."""


class Knowledge:
    """Holds the current pair; `start` loads it, or waits for it in the background."""

    def __init__(self, settings: Settings, redis: Redis | None) -> None:
        self.settings = settings
        self.redis = redis
        self._parts: Parts | None = None
        self._watcher: Watcher | None = None
        self._why = ""
        self._gate_name = ""
        self._gate_refused: str | None = None
        self._stopping = threading.Event()
        self._waiter: threading.Thread | None = None

    @property
    def current(self) -> SearcherAndGate:
        """The pair for the next question. Raises IndexMissing while there is none."""
        parts = self._parts
        if parts is None:
            raise IndexMissing(self._why or "the index is not loaded yet")
        return parts.whole

    def part(self, scope: Scope) -> SearcherAndGate:
        """The pair for a question of this scope. Raises IndexMissing."""
        parts = self._parts
        return parts.of(scope.sources) if parts is not None else self.current

    @property
    def sources(self) -> frozenset[str]:
        """Names of the sources in the current version; none while there is none."""
        return self._parts.names if self._parts is not None else frozenset()

    @property
    def parts_loaded(self) -> int:
        """How many parts of the index are in memory beside the whole."""
        return self._parts.loaded() if self._parts is not None else 0

    @property
    def serving(self) -> str:
        """Name of the version that questions are answered from; empty while there is none."""
        return self._parts.whole.searcher.version if self._parts is not None else ""

    def start(self) -> None:
        """Loads the current version, or keeps looking for one in a thread."""
        if not self._load():
            self._waiter = threading.Thread(target=self._wait, name="index-waiter", daemon=True)
            self._waiter.start()

    def stop(self) -> None:
        """Stops watching; one that waits for an index and just found it begins no watching after this."""
        self._stopping.set()
        if self._waiter is not None and self._waiter is not threading.current_thread():
            self._waiter.join()
        if self._watcher:
            self._watcher.stop()

    def _load(self) -> bool:
        try:
            watcher = Watcher(self.settings, self.redis, on_swap=self._swap, each_look=self._follow_gate)
            self._swap(watcher.searcher)
        except (IndexMissing, IndexMismatch) as error:
            return self._not_loaded(str(error))
        except Exception as error:  # whoever waits for an index must outlive a disk or a model that is away
            if not self._stopping.is_set() and threading.current_thread() is self._waiter:
                return self._not_loaded(f"{type(error).__name__}: {error}")
            raise
        self._watcher = watcher.start()
        return True

    def _not_loaded(self, why: str) -> bool:
        if why != self._why:
            log.warning("no_index", error=why)
        self._why = why
        return False

    def _wait(self) -> None:
        while not self._stopping.wait(RETRY):
            if self._load():
                return

    def _follow_gate(self) -> None:
        """Takes up another gate that was put in use; one that cannot be opened is logged."""
        name = GateStore(self.settings.index.dir).current_name()
        if self._parts is None or name == self._gate_name:
            return
        try:
            self._swap(self._parts.whole.searcher)
        except Exception as error:  # this runs in the index's watcher, which must go on and try again
            if name != self._gate_refused:
                log.error("gate_refused", gate=name, error=f"{type(error).__name__}: {error}")
            self._gate_refused = name
        else:
            log.info("gate_swapped", gate=name or "shipped")

    def _swap(self, searcher: Searcher) -> None:
        name = GateStore(self.settings.index.dir).current_name()
        gate = open_gate(self.settings, searcher)
        lookup = searcher.look_up(WARM_UP)
        gate.decide(WARM_UP, searcher.search(WARM_UP, 1, lookup), mentioned=True, lookup=lookup)
        parts = Parts(self.settings, SearcherAndGate(searcher, gate))
        self._load_parts(parts)
        self._parts = parts
        self._gate_name, self._gate_refused = name, None

    def _load_parts(self, parts: Parts) -> None:
        """What the groups are answered from, before it serves: no first question waits for it."""
        own = self.settings.groups
        wanted = dict.fromkeys((group.collections, "") for group in own.values())
        answered = [name for name in sorted(parts.names) if is_confirmed(name)]
        wanted |= dict.fromkeys(
            (self.settings.group(name.removeprefix(PREFIX)).collections, name.removeprefix(PREFIX))
            for name in answered
        )
        for collections, chat_id in list(wanted)[: self.settings.index.loaded_collections]:
            try:
                scope = scope_of("", self.settings, collections, chat_id=chat_id, known=parts.names)
                parts.of(scope.sources)
            except IndexMissing as error:
                log.warning("collection_empty", collections=collections, error=str(error))
