"""The process that reads documents: what a library does to it does not reach the build.

A document may send a library into an endless loop, into gigabytes or into the ground. So all reading and
splitting is done here, under limits of the operating system; the process is long-lived, as its start costs
more than most documents, and is replaced when it dies or has grown (reader.py). It has no
secrets in its environment and may write no file.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import sys
from dataclasses import replace
from types import FrameType
from typing import BinaryIO

from bot.config.ending import die_with_parent
from bot.errors import LoadError
from index.sources.reading.documents import carry_out
from index.sources.reading.messages import ReadingAnswer, ReadingRequest

GROWN = 200_000_000
"""Bytes of memory above what it began with, after which the process ends when it has answered."""


HARD = 5.0
"""Seconds of work after its time is up until a process that does not notice is killed."""


class OutOfTime(BaseException):
    """A document took its time; no `except Exception` of a library may swallow this."""


def main() -> None:
    """Answers requests on stdin until it is closed. Arguments: bytes a document may take, who started it."""
    memory = int(sys.argv[1])
    die_with_parent(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    _warm_up()
    sys.dont_write_bytecode = True  # from here on no file can be written
    began = _held()
    _limit(began + memory)
    signal.signal(signal.SIGPROF, _overrun)
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        answer = _answer(ReadingRequest.from_line(line), memory)
        last = answer.last or _held() > GROWN + began
        _write(answers, replace(answer, last=last))
        if last:
            return


def _warm_up() -> None:
    """Loads what every document needs before the memory is limited."""
    document = {"source": "", "path": "", "title": "", "text": "a", "url": "", "language": "en"}
    carry_out(ReadingRequest("split", "", "", document={**document, "updated_at": 0.0, "digest": ""}))


def _answer(request: ReadingRequest, memory: int) -> ReadingAnswer:
    seconds = request.seconds
    _kill_after(seconds + HARD)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
        try:
            return carry_out(request)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except OutOfTime:
        return ReadingAnswer(
            error=f"took more than {seconds:.0f} s of work; split it or exclude it", last=True
        )
    except MemoryError:
        return ReadingAnswer(
            error=f"needs more than {memory // 1_000_000} MB of memory; split it or exclude it", last=True
        )
    except LoadError as error:
        return ReadingAnswer(error=str(error))
    except OSError as error:
        return ReadingAnswer(error=error.strerror or type(error).__name__, passing=True)
    except BaseException as error:  # whatever it is, it is this document's fault alone
        words = " ".join(str(error).split())[:200]
        return ReadingAnswer(error=f"its reader failed: {type(error).__name__}: {words}")


def _write(answers: BinaryIO, answer: ReadingAnswer) -> None:
    try:
        line = answer.to_line()
    except (MemoryError, RecursionError) as error:
        line = ReadingAnswer(error=f"too large: {type(error).__name__}", last=answer.last).to_line()
    answers.write(line)
    answers.flush()


def _overrun(signum: int, frame: FrameType | None) -> None:
    raise OutOfTime


def _kill_after(seconds: float) -> None:
    """Has the system end this process when it works longer than this from now on, wherever it hangs."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used + seconds), hard))


def _held() -> int:
    """Bytes of address space in use, where the system says so."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
    return 500_000_000


def _limit(address_space: int) -> None:
    for what, value in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    main()
