"""The indexer reads sources by themselves, as often as their `every` says, and sends the digest.

A thread looks every few seconds; what is due becomes a reindex job like an admin's, without a card. The job
is named by its slot, so two indexers, or one that was restarted, do not do it twice.
"""

from __future__ import annotations

import hashlib
import threading

import structlog
from redis.exceptions import RedisError

from bot.config.timetable import read_timetable
from bot.errors import FennelError
from index.build.source_states import states
from index.sources.load import key_of, source_name
from worker.learning.digest import send_due
from worker.process.process import Process

log = structlog.get_logger(__name__)

LOOK = 5.0
"""Seconds between two looks."""


class Timetables:
    """Keeps the timetables of all sources; use it with `start` and `stop`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._begun = process.clock.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="timetables", daemon=True)

    def start(self) -> Timetables:
        """Looks from a thread of its own, where a source has a timetable or a chat gets the digest."""
        own = self._process.settings
        if own.digest.chats or any(source.every for source in own.index.sources):
            self._thread.start()
        return self

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look(self) -> tuple[str, ...]:
        """Asks for what is due; the names of the sources. Raises redis.RedisError or FennelError."""
        now = self._process.clock.now()
        read = {state.key: state.read_at for state in states(self._process.settings.index.dir)}
        due: list[str] = []
        slots: list[str] = []
        for source in self._process.settings.index.sources:
            timetable = read_timetable(source.every)
            if timetable is None or not timetable.is_due(read.get(key_of(source), 0.0), now):
                continue
            due.append(source_name(source))
            slots.append(f"{source_name(source)}@{timetable.slot(now):.0f}")
        if not due:
            return ()
        # A job's id holds letters, digits and dashes only; sources may be called anything.
        slot = hashlib.sha256("\0".join(slots).encode()).hexdigest()[:24]
        job = {"message_id": f"every-{slot}", "by": "timetable", "only": due}
        submission = self._process.queue.submit_reindex(job)
        if submission.duplicate:
            return ()
        log.info("sources_due", sources=due)
        return tuple(due)

    def _keep(self) -> None:
        while not self._stopping.wait(LOOK):
            try:
                self.look()
                send_due(self._process, self._begun)
            except (RedisError, FennelError, OSError) as error:
                log.warning("timetables_not_kept", error=type(error).__name__)
