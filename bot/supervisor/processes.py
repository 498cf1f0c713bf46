"""Runs processes together: their lines in one stream, one that dies started again, one Ctrl+C for all.

honcho (the Procfile) ends everything when one process ends and kills after five seconds; a worker here may
need `worker.stop_timeout` for answers that are running, and one that crashed is wanted back.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.config.ending import with_parent
from bot.supervisor.log_lines import LogLine, read_line

QUICK = 10.0
"""Seconds of life under which an end counts as a failed start."""
TRIES = 5
"""Failed starts in a row after which the whole is given up."""
LONGEST_PAUSE = 30.0
"""Seconds between two starts at the most."""


@dataclass(frozen=True)
class Part:
    """One process: its name in the log and its command."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """A process ended; `gave_up` when it will not be started again."""

    process: str
    status: int
    gave_up: bool
    pause: float = 0.0


class Supervisor:
    """Parts under one roof. Lines and ends come out of `run` in the caller's thread."""

    def __init__(
        self,
        parts: Sequence[Part],
        environment: Mapping[str, str],
        *,
        stop_timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.parts = tuple(parts)
        self.environment = dict(environment)
        self.stop_timeout = stop_timeout
        self.running: dict[str, subprocess.Popen[str]] = {}
        self._clock = clock
        self._said: queue.Queue[LogLine | tuple[str, int]] = queue.Queue()
        self._started: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._readers: list[threading.Thread] = []

    def run(self, on_line: Callable[[LogLine], None], on_end: Callable[[Ended], None]) -> int:
        """Until Ctrl+C (status 0) or until a part keeps dying (status 1); stops all before it returns."""
        try:
            for part in self.parts:
                self._start(part)
            return self._watch(on_line, on_end)
        except KeyboardInterrupt:
            return 0
        finally:
            self._stop(on_line)

    def _watch(self, on_line: Callable[[LogLine], None], on_end: Callable[[Ended], None]) -> int:
        while True:
            self._restart_due()
            try:
                said = self._said.get(timeout=0.2)
            except queue.Empty:
                continue
            if isinstance(said, LogLine):
                on_line(said)
                continue
            ended = self._note_end(*said)
            on_end(ended)
            if ended.gave_up:
                return 1

    def _start(self, part: Part) -> None:
        process = subprocess.Popen(
            with_parent(part.command),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl+C reaches this process alone, which stops the others
        )
        self.running[part.name] = process
        self._started[part.name] = self._clock()
        reader = threading.Thread(
            target=self._read, args=(part.name, process), name=f"log-{part.name}", daemon=True
        )
        self._readers.append(reader)
        reader.start()

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            with process.stdout as lines:
                for line in lines:
                    self._said.put(read_line(name, line))
        self._said.put((name, process.wait()))

    def _note_end(self, name: str, status: int) -> Ended:
        quick = self._clock() - self._started[name] < QUICK
        failures = self._failures[name] = self._failures.get(name, 0) + 1 if quick else 0
        if failures >= TRIES:
            return Ended(name, status, gave_up=True)
        pause = min(LONGEST_PAUSE, 2.0**failures - 1)
        self._due[name] = self._clock() + pause
        return Ended(name, status, gave_up=False, pause=pause)

    def _restart_due(self) -> None:
        now = self._clock()
        for part in self.parts:
            if part.name in self._due and self._due[part.name] <= now:
                del self._due[part.name]
                self._start(part)

    def _stop(self, on_line: Callable[[LogLine], None]) -> None:
        """Asks all, waits, then kills what is left; what they still say is shown.

        A second Ctrl+C kills at once.
        """
        try:
            self._end_all()
        except BaseException:
            for process in self.running.values():
                _signal(process, signal.SIGKILL)
            raise
        for reader in self._readers:
            reader.join(timeout=5)
        while not self._said.empty():
            said = self._said.get()
            if isinstance(said, LogLine):
                on_line(said)

    def _end_all(self) -> None:
        for process in self.running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + self.stop_timeout
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """To the process alone: gunicorn and the worker end their own children in good order."""
    if process.poll() is None:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
