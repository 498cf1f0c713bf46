"""No test leaves a thread, a process or a listening port behind; one that does is failed, and told of what.

What ends by itself gets the time to do so: a handler of a closed connection, say. Where fixtures of a file
run something on (a bot, a browser), its threads come and go between tests, so it is looked at when the file
is done. Processes whose parents died come to this one, so that none is overlooked (Linux's "subreaper").
"""

from __future__ import annotations

import ctypes
import gc
import os
import socket
import stat
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.waiting import LIMIT

KNOWN = {
    "multiprocessing.resource_tracker": "one for all of Python's shared memory, ends with this process",
    "process_request_thread": "serves a connection that a client keeps, and ends with that client",
    "tqdm_monitor": "a thread that tqdm keeps for all its bars",
}
"""Part of a command line or of a thread's name -> why it may stay."""
_SUBREAPER = 36


@dataclass
class Alive:
    """What runs: threads, child processes by id, listening sockets by port."""

    threads: set[threading.Thread] = field(default_factory=set)
    processes: set[int] = field(default_factory=set)
    ports: set[int] = field(default_factory=set)

    def __sub__(self, other: Alive) -> Alive:
        return Alive(self.threads - other.threads, self.processes - other.processes, self.ports - other.ports)

    def __bool__(self) -> bool:
        return bool(self.threads or self.processes or self.ports)

    def add(self, other: Alive) -> None:
        """Counts those of `other`, too."""
        self.threads |= other.threads
        self.processes |= other.processes
        self.ports |= other.ports


LASTING = Alive()
"""What stays until the last test: what fixtures of the whole run started, and what was told of already."""


def pytest_configure(config: pytest.Config) -> None:
    """From now on, processes whose parents died are children of this one.

    Until the tests are collected there is next to no garbage, and much that is looked through for it.
    """
    gc.disable()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    LASTING.add(alive())


def pytest_collection_finish() -> None:
    """What collecting made lasts as long as this process: collections of garbage need not go through it."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Closes the loop that lark_oapi's long connection opens where it is imported, and never closes."""
    if client := sys.modules.get("lark_oapi.ws.client"):
        client.loop.close()


def lasts(process_id: int) -> None:
    """A process that runs until the last test."""
    LASTING.processes.add(process_id)


@pytest.fixture(scope="module", autouse=True)
def _file_leaves_nothing_behind() -> Iterator[None]:
    before = alive()
    yield
    check(before, "this file's fixtures and tests left behind")


@pytest.fixture(autouse=True)
def _test_leaves_nothing_behind() -> Iterator[None]:
    before = alive()
    yield
    if not before - LASTING:
        check(before, "this test left behind")


def check(before: Alive, said: str) -> None:
    """Waits until nothing more runs than `before`; else fails with a list of what does."""
    __tracebackhide__ = True
    deadline, collected = time.monotonic() + LIMIT, False
    while left := alive() - before - LASTING:
        if time.monotonic() >= deadline:
            LASTING.add(left)
            pytest.fail(f"{said}:\n" + "\n".join(described(left)), pytrace=False)
        if not collected:
            gc.collect()  # what only waits to be collected is not left
            collected = True
        time.sleep(0.01)


def alive() -> Alive:
    """What runs now, but for KNOWN."""
    threads = {one for one in threading.enumerate() if not _is_known(one.name)}
    return Alive(threads, set(_children()), set(_listening()))


def described(left: Alive) -> Iterator[str]:
    """One line for each process and port; for a thread also where it is."""
    frames = sys._current_frames()
    for thread in left.threads:
        yield f"thread {thread.name!r}, at"
        yield from traceback.format_stack(frames.get(thread.ident or 0), limit=None)[-4:]
    for process_id in left.processes:
        yield f"process {process_id}: {_command(process_id)}"
    for port in left.ports:
        yield f"a socket that listens on port {port}"


def _is_known(name: str) -> bool:
    return any(part in name for part in KNOWN)


def _children() -> Iterator[int]:
    """This process's children that have not ended."""
    for listed in Path("/proc/self/task").glob("*/children"):
        try:
            ids = [int(word) for word in listed.read_text().split()]
        except OSError:
            continue  # the thread has ended
        yield from (one for one in ids if (command := _command(one)) and not _is_known(command))


def _command(process_id: int) -> str:
    """Its command line; empty for one that has ended, waited for or not."""
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _listening() -> Iterator[int]:
    """Ports that sockets of this process listen on."""
    folder = "/proc/self/fd"
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        try:
            port = _port_listened_on(int(name))
        except OSError:
            continue  # closed meanwhile
        if port is not None:
            yield port


def _port_listened_on(number: int) -> int | None:
    """That of an open file, if it is a socket that listens on one; asked as cheaply as can be.

    Each test has some hundred files looked at so.
    """
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return None
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=number)
    try:
        if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            address = one.getsockname()
            return address[1] if isinstance(address, tuple) else None
        return None
    finally:
        one.detach()
