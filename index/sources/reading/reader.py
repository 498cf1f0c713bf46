"""Asks the reading process for documents, and starts another when it died, hung or had grown.

The limits are per document: seconds of work (processor time, so that a busy machine makes no difference),
memory, and a wall clock far above both for a process that works no more.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import LoadError
from index.sources.reading.messages import ReadingAnswer, ReadingRequest

_CHILD = "index.sources.reading.child"
_ROOT = Path(__file__).parents[3]
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
_STARTING = 60.0
"""Seconds the process may take to start, on a machine with much else to do."""
_SLACK = 15.0
"""Seconds by the clock that every document gets on top."""
_DYING = 1.0


@dataclass(frozen=True)
class ReadingLimits:
    """What one document may cost."""

    seconds: float = 10.0
    """Processor seconds of a small document."""
    seconds_per_megabyte: float = 4.0
    most_seconds: float = 60.0
    memory: int = 500_000_000
    """Bytes above what the process itself needs."""
    chunks: int = 3_000
    wall_clock: float = 4.0
    """How many times its seconds a document may take by the clock."""

    def seconds_for(self, size: int) -> float:
        """Processor seconds for a file of this many bytes."""
        return min(self.seconds + self.seconds_per_megabyte * size / 1e6, self.most_seconds)


class ReadingProcess:
    """One reading process, started when first needed. Use as a context manager; not for several threads."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self.limits = limits or ReadingLimits()
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0
        """How many processes were started."""

    def __enter__(self) -> ReadingProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def kill(self) -> None:
        """Ends what the process does now; to be called from another thread than the one that waits for it."""
        process = self._process
        if process is not None:
            process.kill()

    def read(self, request: ReadingRequest) -> ReadingAnswer:
        """What the request gives. Raises LoadError for whatever became of it otherwise."""
        answer = self.ask(request)
        if answer.error:
            raise LoadError(answer.error)
        return answer

    def ask(self, request: ReadingRequest) -> ReadingAnswer:
        """What the process answers, be it why nothing was read. Raises LoadError when it does not answer."""
        if not self._sent(request) and not self._sent(request):
            raise LoadError("the process that reads documents cannot be started")
        line = self._line(request.seconds * self.limits.wall_clock + _SLACK)
        if not line:
            raise LoadError(f"{self._obituary()}; split it or exclude it")
        try:
            answer = ReadingAnswer.from_line(line)
        except (ValueError, KeyError, TypeError) as error:
            self.close()
            raise LoadError(f"its reader gave no answer: {type(error).__name__}") from error
        if answer.last:
            self.close()
        return answer

    def _sent(self, request: ReadingRequest) -> bool:
        process = self._process or self._start()
        try:
            if process.stdin:
                process.stdin.write(request.to_line())
                process.stdin.flush()
        except OSError:  # it died while nothing was asked of it
            self.close()
            return False
        return True

    def _line(self, seconds: float) -> bytes:
        """The line that comes within this time by the clock; empty when none does."""
        if self._process is None or self._process.stdout is None:
            return b""
        line = b"".join(_until_newline(self._process.stdout.fileno(), time.monotonic() + seconds))
        return line if line.endswith(b"\n") else b""

    def _obituary(self) -> str:
        """What became of the process that did not answer; it is ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process:
                self._process.wait(_DYING)
        code = self._process.poll() if self._process else None
        self.close()
        if code is None:
            return "its reader did not come back in time"
        if code == -signal.SIGXCPU:
            return "it took more than its time"
        if code == -signal.SIGKILL:
            return "its reader was killed, for its memory most likely"
        return f"its reader died of it (status {code})"

    def _start(self) -> subprocess.Popen[bytes]:
        """A process that said that it is ready. Raises LoadError."""
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
        environment |= {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}  # room is reserved by thread
        self.started += 1
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _CHILD, str(self.limits.memory), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise LoadError(f"the process that reads documents cannot be started: {error}") from error
        process = self._process
        if self._line(_STARTING) != b"ready\n":
            self.close()
            raise LoadError("the process that reads documents does not start")
        return process


def _until_newline(descriptor: int, deadline: float) -> Iterator[bytes]:
    """What comes until a line is whole, the other side ends or the time is up."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        if not poller.poll(min(left, 1.0) * 1000):
            continue
        part = os.read(descriptor, 1_000_000)
        if not part:
            return
        yield part
        if part.endswith(b"\n"):
            return
