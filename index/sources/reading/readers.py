"""Several reading processes at once, asked in order and answering in order.

What was read before and did not change is not read again: it comes from what the build kept. A process is
started only when those that run have their hands full, as its start costs more than most documents.
"""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Protocol

from bot.errors import LoadError
from index.sources.reading.messages import ReadingAnswer, ReadingRequest
from index.sources.reading.reader import ReadingLimits, ReadingProcess

_MOST_PROCESSES = 4
_IN_HAND = 4
"""Documents that each process has to do before another is started."""
_WINDOW = 64
"""Documents that are asked of a process before the first of them is answered."""
_WAITING = 2048
"""Documents, those that were kept among them, that wait for the first of them to be answered."""


class Kept(Protocol):
    """What earlier builds read."""

    def find(self, request: ReadingRequest) -> ReadingAnswer | None:
        """What this request gave; None where it was never made or what it reads has changed."""
        ...

    def keep(self, request: ReadingRequest, answer: ReadingAnswer) -> None:
        """Takes up what a request gave, after `find` did not know it."""
        ...


@dataclass(frozen=True)
class Answered:
    """What came of a request; `answer.error` says why nothing did."""

    request: ReadingRequest
    answer: ReadingAnswer


class Readers:
    """The processes. Use `close` when done; to be used from one thread."""

    def __init__(
        self, limits: ReadingLimits | None = None, kept: Kept | None = None, most: int | None = None
    ) -> None:
        """`most`: processes at once; by default as many as there are processors for."""
        self.limits = limits or ReadingLimits()
        self._kept = kept
        self._most = most or min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))
        self._asked: queue.SimpleQueue[tuple[ReadingRequest, Future[ReadingAnswer]] | None]
        self._asked = queue.SimpleQueue()
        self._processes: list[ReadingProcess] = []
        self._threads: list[Thread] = []
        self._closed = False
        self.read = 0
        """How many documents a process was asked for: the others were kept."""

    def answers(self, requests: Iterable[ReadingRequest]) -> Iterator[Answered]:
        """What comes of each request, in their order.

        Raises what the requests' source raises, when all that was asked for before is answered.
        """
        waiting: deque[tuple[ReadingRequest, Future[ReadingAnswer], bool]] = deque()
        asked = 0
        fault: Exception | None = None
        try:
            for request in requests:
                waiting.append(self._submit(request, asked))
                asked += waiting[-1][2]
                full = asked >= _WINDOW or len(waiting) >= _WAITING
                while waiting and (full or waiting[0][1].done()):
                    first = waiting.popleft()
                    yield self._ended(*first)
                    asked -= first[2]
                    full = asked >= _WINDOW
        except (LoadError, OSError) as error:
            fault = error
        while waiting:
            yield self._ended(*waiting.popleft())
        if fault is not None:
            raise fault

    def _submit(
        self, request: ReadingRequest, asked: int
    ) -> tuple[ReadingRequest, Future[ReadingAnswer], bool]:
        future: Future[ReadingAnswer] = Future()
        found = self._kept.find(request) if self._kept else None
        if found is not None:
            future.set_result(found)
            return request, future, False
        self.read += 1
        if len(self._threads) < self._most and asked >= _IN_HAND * len(self._threads):
            self._start()
        self._asked.put((request, future))
        return request, future, True

    def _start(self) -> None:
        process = ReadingProcess(self.limits)
        thread = Thread(target=self._work, args=(process,), name="reading", daemon=True)
        self._processes.append(process)
        self._threads.append(thread)
        thread.start()

    def _work(self, process: ReadingProcess) -> None:
        while (asked := self._asked.get()) is not None:
            request, future = asked
            if self._closed:
                return
            try:
                future.set_result(process.ask(request))
            except LoadError as error:
                future.set_result(ReadingAnswer(error=str(error), passing=True))
            except BaseException as error:  # whoever waits must hear of it
                future.set_exception(error)

    def _ended(self, request: ReadingRequest, future: Future[ReadingAnswer], new: bool) -> Answered:
        answer = future.result()
        if new and self._kept and not answer.passing:
            self._kept.keep(request, answer)
        return Answered(request, answer)

    def close(self) -> None:
        """Ends the processes, also in the middle of a document."""
        self._closed = True
        for _ in self._threads:
            self._asked.put(None)
        for process in self._processes:
            process.kill()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.close()
