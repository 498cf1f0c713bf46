"""The whole bot on one machine: Redis, webhook, worker, indexer and a local Feishu, as separate processes.

The demo and the end-to-end tests run exactly this, so what they show is the real path over real sockets:
a signed push to gunicorn, a job in Redis, an answer from a worker process, a card in the local Feishu.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import requests

from bot.config import disk
from bot.config.ending import with_parent
from bot.config.progress import waiting
from bot.errors import ConfigError
from bot.http_session import new_session
from bot.supervisor.redis_server import RedisServer, answers, free_port
from bot.supervisor.up import WEB
from demo.gallery.page import add_gallery
from simulator import LocalFeishu
from simulator.api.documents import documents_blueprint

START_TIMEOUT = 180.0
"""Seconds until web and worker must be ready, on a machine that does other things, too."""
STOP_TIMEOUT = 60.0


@dataclass(frozen=True)
class Ports:
    """Where the parts listen on loopback."""

    web: int
    feishu: int
    operator: int

    @classmethod
    def free(cls, web: int = 0, feishu: int = 0) -> Ports:
        """The wanted ports where they are free, others where they are taken or 0."""
        return cls(free_port(web), free_port(feishu), free_port())


class LocalStack:
    """Starts everything on entry, stops it on exit. `folder` holds its data and logs.

    `settings` are FENNEL_* variables laid over config.yaml. `redis_url` empty, or silent, starts a Redis of
    its own. `documents` are served at /docs/ of the local Feishu. `build` False uses the index as it is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        redis_url: str = "",
        ports: Ports | None = None,
        documents: Path | None = None,
        build: bool = True,
    ) -> None:
        self.build = build
        self.folder = folder
        self.ports = ports or Ports.free()
        self.redis_url = redis_url
        self.redis: RedisServer | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.secrets = {name: secrets.token_hex(16) for name in ("app_secret", "encrypt_key", "token")}
        self.web_url = f"http://127.0.0.1:{self.ports.web}"
        self.feishu = LocalFeishu(
            port=self.ports.feishu,
            push_to=f"{self.web_url}/feishu/event",
            app_id="cli_local",
            app_secret=self.secrets["app_secret"],
            encrypt_key=self.secrets["encrypt_key"],
            verification_token=self.secrets["token"],
        )
        add_gallery(self.feishu)
        if documents:
            self.feishu.web.register_blueprint(documents_blueprint(documents))
        self.settings = dict(settings or {})

    def environment(self) -> dict[str, str]:
        """The environment of every process: config.yaml with this stack's addresses and keys over it."""
        return {
            **os.environ,
            "FENNEL_FEISHU__APP_ID": "cli_local",
            "FENNEL_FEISHU__APP_SECRET": self.secrets["app_secret"],
            "FENNEL_FEISHU__ENCRYPT_KEY": self.secrets["encrypt_key"],
            "FENNEL_FEISHU__VERIFICATION_TOKEN": self.secrets["token"],
            "FENNEL_FEISHU__DOMAIN": self.feishu.url,
            "FENNEL_REDIS__URL": self.redis_url,
            "FENNEL_WEB__PORT": str(self.ports.web),
            "FENNEL_WEB__OPERATOR_PORT": str(self.ports.operator),
            "FENNEL_INDEX__DIR": str(self.folder / "index"),
            "FENNEL_ADMINS": json.dumps(["ou_admin"]),
            "PROMETHEUS_MULTIPROC_DIR": str((self.folder / "metrics").resolve()),
            **self.settings,
        }

    def start(self) -> None:
        """Builds the index, starts every process and waits until questions can be answered."""
        disk.try_writing(self.folder, "start in a folder that can be written")
        if not self.redis_url or not answers(self.redis_url):
            self.redis = RedisServer(self.folder / "redis", outlives_us=False)
            self.redis.start()
            self.redis_url = self.redis.url
        self.feishu.start()
        if self.build:
            self.run("-m", "index", "build", doing="indexing the documents")
        self.spawn("web", *WEB)
        self.spawn("worker", "-m", "worker")
        self.spawn("indexer", "-m", "worker", "--queue", "index")
        self.wait_ready()

    def run(self, *arguments: str, doing: str = "") -> str:
        """Runs one Python command with the stack's settings to its end; returns what it printed.

        `doing` is what a person at a terminal sees meanwhile.
        """
        with waiting(doing or "working"):
            done = subprocess.run(
                with_parent([sys.executable, *arguments]),
                env=self.environment(),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            said = _last_words(done.stderr or done.stdout)
            raise ConfigError(said or f"`python {' '.join(arguments)}` failed")
        return done.stdout

    def spawn(self, name: str, *arguments: str) -> None:
        """Starts a process that stays; its output goes to `folder`/name.log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                with_parent([sys.executable, *arguments]),
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_ready(self) -> None:
        """Returns when /readyz says so. Raises ConfigError naming the process that ended, or the log."""
        with waiting("starting the webhook and the worker"):
            self._wait_ready()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not _ok(f"{self.web_url}/readyz"):
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise ConfigError(f"{name} ended at start; see {self.folder / name}.log")
            if time.monotonic() > deadline:
                raise ConfigError(f"not ready after {START_TIMEOUT:.0f} s; see the logs in {self.folder}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops every process, asking first; a second Ctrl+C kills them."""
        try:
            self._stop_processes()
        except BaseException:
            for process in self.processes.values():
                process.kill()
            raise
        finally:
            self.feishu.stop()
            if self.redis:
                self.redis.stop()

    def _stop_processes(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> LocalStack:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _last_words(said: str) -> str:
    """The sentence a command ended with; all it said where it ended otherwise, as a traceback is."""
    last = said.strip().rpartition("\n")[2]
    return last.removeprefix("error: ") if last.startswith("error: ") else said[-2000:].strip()


def _ok(url: str) -> bool:
    try:
        with new_session() as session:
            return session.get(url, timeout=10).status_code == 200
    except requests.RequestException:
        return False
