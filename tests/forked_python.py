"""Python processes that are forks of one which has imported everything, where their start is not the matter.

A worker imports for more than a second of computing before its first line, and the stories about killed
workers start dozens. While `forked_python` is set up, whatever is started as this Python (a worker, gunicorn,
a whole `python -m bot up`) is forked from a process that has done so, and what it starts of Python is a fork
of itself. Such a process has its own parent, session, folder, environment, streams, signals and modules, as
after an exec; only /proc shows the command line of the first. Other programs are started as ever.
"""

from __future__ import annotations

import array
import asyncio
import atexit
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.embedded_once import load_models, remember
from tests.warm_start import PRELOADED, ROOT, without_second_look

STREAMS = (0, 1, 2)
LIBRARIES = (
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "simulator",
    "demo.stack",
    "bot.supervisor.up",
)
"""What is imported besides."""
WITH_A_LOOP = ("lark_oapi.ws",)
"""What opens an event loop when it is imported; that of the process before is not to be had."""
OF_THE_WEB = ("bot", "gunicorn", "prometheus_client")
"""What gunicorn imports itself: its own defaults, and code that shall be as it is on the disk after HUP."""
METRICS = "PROMETHEUS_MULTIPROC_DIR"
_fork_exec: Callable[..., int] = subprocess._fork_exec  # type: ignore[attr-defined]


class Seed:
    """The process that forks, which ends with this one."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair()
        self._alone = threading.Lock()
        self._counts = tempfile.TemporaryDirectory()
        own = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", METRICS: self._counts.name}
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked_python", str(theirs.fileno())],
                cwd=ROOT,
                env={**os.environ, **own},
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """Ends it."""
        self.ours.close()
        self.process.wait()
        self._counts.cleanup()

    def fork(self, asked: dict[str, Any], streams: Sequence[int]) -> int:
        """The id of a child of this process that does what is asked, with these streams."""
        with self._alone:
            line = json.dumps(asked).encode()
            self.ours.sendall(len(line).to_bytes(4, "big"))
            self.ours.sendmsg([line[:1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))])
            self.ours.sendall(line[1:])
            return int.from_bytes(_whole(self.ours, 4), "big")


@cache
def seed() -> Seed:
    """One for all tests of this process."""
    from tests.left_behind import lasts  # after pytest has made a plugin of it

    started = Seed()
    lasts(started.process.pid)
    atexit.register(started.close)
    return started


@contextmanager
def forks() -> Iterator[None]:
    """Meanwhile the Pythons that are started are forks."""
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":  # orphans come to this process: tests.left_behind
            seed()
            patch.setattr(subprocess, "_fork_exec", _as_fork_of_the_seed)
        yield


@pytest.fixture
def forked_python() -> Iterator[None]:
    """The same for a test."""
    with forks():
        yield


def _asked(given: Sequence[Any]) -> dict[str, Any]:
    """What a call of subprocess's own function for starting a program asks for."""
    folder, environment = given[4:6]
    return {
        "words": [os.fsdecode(word) for word in given[0]],
        "folder": os.fsdecode(folder) if folder else os.getcwd(),
        "environment": dict(os.fsdecode(one).split("=", 1) for one in environment)
        if environment is not None
        else dict(os.environ),
        "new_session": bool(given[15]),
    }


def _streams(given: Sequence[Any]) -> list[int]:
    """The ends that become the new process's streams."""
    return [
        own if end == -1 else end for own, end in zip(STREAMS, (given[6], given[9], given[11]), strict=True)
    ]


def _as_fork_of_the_seed(*given: Any) -> int:
    asked = _asked(given)
    return seed().fork(asked, _streams(given)) if _is_ours(asked) else _fork_exec(*given)


def _as_fork(*given: Any) -> int:
    """The same within a fork: of the process itself."""
    asked, streams = _asked(given), _streams(given)
    if not _is_ours(asked):
        return _fork_exec(*given)
    sys.stdout.flush()
    sys.stderr.flush()
    if child := os.fork():
        return child
    become(asked, streams)


def _is_ours(asked: dict[str, Any]) -> bool:
    """Whether a Python is asked for that runs this checkout: what another imports is not here."""
    path = asked["environment"].get("PYTHONPATH", "").split(os.pathsep)
    others = [Path(one, "bot") for one in (asked["folder"], *path)]
    own = not any(one.is_dir() and not one.samefile(ROOT / "bot") for one in others)
    return own and _is_python(asked["words"])


def _is_python(words: Sequence[str]) -> bool:
    return words[0] == sys.executable


def _whole(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        if not (more := connection.recv(size - len(found))):
            raise EOFError
        found += more
    return found


def serve(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Forks for each request; returns in the fork what is asked."""
    for name in (*PRELOADED, *LIBRARIES):
        importlib.import_module(name)
    without_second_look()
    remember()
    load_models()
    gc.collect()
    gc.freeze()  # collections in the forks need not go through it
    while True:
        try:
            size = int.from_bytes(_whole(connection, 4), "big")
        except EOFError:
            sys.exit()
        first, streams, _, _ = socket.recv_fds(connection, 1, len(STREAMS))
        asked = json.loads(first + _whole(connection, size - 1))
        told, tell = os.pipe()
        if not (between := os.fork()):
            own = os.getpid()
            if not (child := os.fork()):
                while os.getppid() == own:
                    time.sleep(0.001)
                return asked, streams
            os.write(tell, child.to_bytes(4, "big"))
            os._exit(0)
        os.waitpid(between, 0)  # its child has come to who asked
        connection.sendall(os.read(told, 4))
        for one in (told, tell, *streams):
            os.close(one)


def become(asked: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """Goes on as the process that was asked for, and ends as Python does, but for taking all apart."""

    def run() -> None:
        _leave_behind(streams)
        if asked["new_session"]:
            os.setsid()
        os.chdir(asked["folder"])
        counts = os.environ[METRICS]  # the seed's; in a folder that all share, others have files
        os.environ.clear()
        os.environ.update(asked["environment"])
        Path(os.environ.setdefault(METRICS, counts)).mkdir(parents=True, exist_ok=True)
        sys.stdin, sys.stdout, sys.stderr = map(_text, STREAMS, ("r", "w", "w"))
        sys.stdout.reconfigure(write_through="PYTHONUNBUFFERED" in os.environ)
        subprocess._fork_exec = _as_fork  # type: ignore[attr-defined]
        os.execvp = _exec
        _run(asked["words"])

    _end_with(run)


def _text(stream: int, mode: str) -> io.TextIOWrapper:
    opened = io.open(stream, mode, closefd=False, buffering=1 if stream == 2 else -1)  # noqa: SIM115, UP020
    assert isinstance(opened, io.TextIOWrapper)
    return opened


def _leave_behind(streams: Sequence[int]) -> None:
    """Keeps nothing that an exec would not keep: no open files but the streams, no handlers of signals."""
    kept = [os.dup(one) for one in streams]
    for own, one in zip(STREAMS, kept, strict=True):
        os.dup2(one, own)
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in (*STREAMS, nothing):  # kept taken: objects that hold the number may close it
            os.dup2(nothing, int(name), inheritable=False)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.set_wakeup_fd(-1)
    atexit._clear()


def _run(words: Sequence[str]) -> None:
    rest = list(words[1:])
    while rest[0] not in ("-m", "-c"):
        rest.pop(0)
    kind, what, *sys.argv[1:] = rest
    sys.path[:] = ["", *_added(), *(one for one in sys.path if one not in ("", str(ROOT)))]
    if kind == "-c":
        sys.argv[0] = "-c"
        exec(what, {"__name__": "__main__"})
        return
    sys.path[0] = os.getcwd()
    _import_anew(WITH_A_LOOP + (OF_THE_WEB if what == "gunicorn" else ()))
    runpy.run_module(what, run_name="__main__", alter_sys=True)


def _import_anew(packages: Sequence[str]) -> None:
    asyncio.set_event_loop_policy(None)
    for name in list(sys.modules):
        if any(f"{name}.".startswith(f"{package}.") for package in packages):
            del sys.modules[name]


def _added() -> list[str]:
    return [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]


def _exec(file: str, words: Sequence[str]) -> None:
    """In place of os.execvp."""
    if _is_python(words):
        _end_with(lambda: _run(words))
    os.execvpe(file, words, os.environ)


def _end_with(run: Callable[[], None]) -> NoReturn:
    status: object = 0
    try:
        run()
    except SystemExit as ended:
        status = ended.code
    except KeyboardInterrupt:
        status = -signal.SIGINT
    except BaseException:
        status = 1
        traceback.print_exc()
    if isinstance(status, str):
        print(status, file=sys.stderr)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if status == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    become(*serve(socket.socket(fileno=int(sys.argv[1]))))
