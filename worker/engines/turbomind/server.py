"""Keeps one LMDeploy api_server running: starts it, waits for its health, watches it, starts it again.

TurboMind ends its whole process on a CUDA error or when memory runs out (std::abort, no exception), so it
lives outside the worker, and dying is an ordinary event here. One server per port and machine: whoever
holds the lock file starts it, other workers use it and take over when its owner is gone.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import requests
import structlog

from bot.config.ending import with_parent
from bot.config.settings import LLMSettings
from bot.http_session import new_session
from worker.engines.turbomind.launch import (
    HOST,
    ServerPlan,
    command,
    environment,
    reason_of_death,
    stage,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds between looks, and how long what may take. Tests make them short."""

    look: float = 1.0
    health: float = 10.0
    """Between health checks of a running server."""
    health_timeout: float = 10.0
    progress: float = 15.0
    """Between progress lines while it loads."""
    first_pause: float = 1.0
    longest_pause: float = 300.0
    steady: float = 600.0
    """A server that ran this long starts again at `first_pause`."""
    stop: float = 20.0
    """Between SIGTERM and SIGKILL."""
    unhealthy_looks: int = 3


class TurboMindServer:
    """One supervised server. `on_change(healthy)` is called from its thread, from the first health on."""

    def __init__(
        self,
        settings: LLMSettings,
        server: ServerPlan,
        folder: Path,
        on_change: Callable[[bool], None],
        pace: Pace | None = None,
    ) -> None:
        self.server = server
        self.starts = 0
        self.last_problem = ""
        self._settings = settings
        self._pace = pace or Pace()
        self._on_change = on_change
        self._log_file = folder / f"turbomind-{server.port}.log"
        self._lock_file = folder / f"turbomind-{server.port}.lock"
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"turbomind-{server.port}", daemon=True)

    def start(self) -> None:
        """Begins supervision; returns at once."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends supervision and the server it started; one that somebody else started is left alone."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._pace.stop + 10)

    def _keep(self) -> None:
        """The thread: be owner or guest, until told to stop."""
        pause = self._pace.first_pause
        with self._lock_file.open("a") as lock:
            while not self._stopping.is_set():
                began = time.monotonic()
                if self._healthy():
                    self._watch(None)
                elif _locks(lock):
                    self._run_own()
                    _unlocks(lock)
                else:
                    self._stopping.wait(self._pace.look)
                    continue
                if time.monotonic() - began > self._pace.steady:
                    pause = self._pace.first_pause
                self._stopping.wait(pause)
                pause = min(pause * 2, self._pace.longest_pause)

    def _run_own(self) -> None:
        """Starts the server, waits until it is healthy, watches it until it dies or is stopped."""
        with self._log_file.open("wb") as output:
            process = self._spawn(output)
        self._process = process
        self.starts += 1
        try:
            if self._wait_for_health(process):
                self._watch(process)
        finally:
            self._end(process)

    def _spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        line = command(self._settings, self.server)
        memory = self.server.memory
        log.info(
            "turbomind_starting",
            port=self.server.port,
            card=self.server.card.name,
            model=self._settings.model,
            memory=memory.describe() if memory else "model size unknown",
            log=str(self._log_file),
        )
        if memory is not None and not memory.fits:
            log.warning("turbomind_may_not_fit", memory=memory.describe(), fix="see python -m bot doctor")
        return subprocess.Popen(
            with_parent(line),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(self._settings, self.server.card),
            start_new_session=True,
        )

    def _wait_for_health(self, process: subprocess.Popen[bytes]) -> bool:
        began = told = time.monotonic()
        while not self._stopping.wait(self._pace.look):
            now = time.monotonic()
            if process.poll() is not None:
                self._report_death(process)
                return False
            if self._healthy():
                log.info("turbomind_healthy", port=self.server.port, seconds=round(now - began, 1))
                return True
            if now - began > self._settings.startup_timeout:
                self.last_problem = "it did not load within llm.startup_timeout"
                log.error("turbomind_start_timeout", port=self.server.port, seconds=round(now - began))
                return False
            if now - told >= self._pace.progress:
                told = now
                log.info(
                    "turbomind_loading",
                    port=self.server.port,
                    seconds=round(now - began),
                    limit=self._settings.startup_timeout,
                    stage=stage(self._tail()) or "no word in its log yet",
                )
        return False

    def _watch(self, process: subprocess.Popen[bytes] | None) -> None:
        """Until it dies, stays unhealthy, or is stopped. `process` None: somebody else's server."""
        self.last_problem = ""
        self._on_change(True)
        looks, checked = 0, time.monotonic()
        while not self._stopping.wait(self._pace.look):
            if process is not None and process.poll() is not None:
                self._report_death(process)
                break
            if time.monotonic() - checked < self._pace.health:
                continue
            checked = time.monotonic()
            looks = 0 if self._healthy() else looks + 1
            if looks >= (self._pace.unhealthy_looks if process is not None else 1):
                self.last_problem = "it stopped answering health checks"
                log.error("turbomind_unhealthy", port=self.server.port, looks=looks)
                break
        self._on_change(False)

    def _healthy(self) -> bool:
        try:
            url = f"http://{HOST}:{self.server.port}/health"
            with new_session() as session:
                return session.get(url, timeout=self._pace.health_timeout).status_code == 200
        except requests.RequestException:
            return False

    def _report_death(self, process: subprocess.Popen[bytes]) -> None:
        code = process.returncode
        ending = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        reason = reason_of_death(self._tail())
        self.last_problem = reason or f"it ended with {ending}"
        log.error(
            "turbomind_died",
            port=self.server.port,
            ending=ending,
            reason=reason or "unknown",
            log=str(self._log_file),
        )

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Ends the server and the processes it started."""
        for number, patience in ((signal.SIGTERM, self._pace.stop), (signal.SIGKILL, 10.0)):
            if process.poll() is None:
                os.killpg(process.pid, number)
                try:
                    process.wait(patience)
                except subprocess.TimeoutExpired:
                    log.warning("turbomind_slow_to_stop", port=self.server.port)

    def _tail(self, size: int = 16_384) -> str:
        """The end of the server's log; at its level (WARNING) LMDeploy writes no prompts."""
        with self._log_file.open("rb") as opened:
            opened.seek(max(0, self._log_file.stat().st_size - size))
            return opened.read().decode("utf-8", errors="replace")


def _locks(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlocks(lock: IO[str]) -> None:
    fcntl.flock(lock, fcntl.LOCK_UN)
