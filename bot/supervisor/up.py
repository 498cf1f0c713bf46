"""`python -m bot up`: everything that is needed on this machine, one log, one Ctrl+C.

Redis where none answers, the index where there is none, the webhook (or the long connection where the webhook
has no key to prove a push with), a worker and an indexer. What is missing is one sentence and no traceback.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import disk
from bot.config.ending import end_as_by_keyboard, with_parent
from bot.config.settings import Settings, WebSettings
from bot.errors import ConfigError
from bot.supervisor.log_lines import LogLine, readable
from bot.supervisor.processes import Ended, Part, Supervisor
from bot.supervisor.redis_server import LOOPBACK, RedisServer, answers
from bot.supervisor.tunnel import open_tunnel

EVENT_PATH = "/feishu/event"
WEB = ("-m", "gunicorn", "--config", str(Path(__file__).parents[2] / "gunicorn.conf.py"), "wsgi:app")
"""The web process, after `python`, from whatever folder."""
_INVITATION = (
    "Now add the bot to a group (group settings > Bots > Add Bot; 群设置 > 群机器人 > 添加机器人) and "
    "mention it with a question."
)


@dataclass(frozen=True)
class Plan:
    """What is started. `longconn` receives over the long connection in place of the webhook."""

    longconn: bool
    tunnel: bool = False
    config: Path | None = None
    invite: bool = False
    """Ask for the first message, after `connect`."""


def choose(settings: Settings, *, longconn: bool | None, tunnel: bool, config: Path | None = None) -> Plan:
    """How events are received: as asked, else by what there is. Raises ConfigError without keys."""
    feishu = settings.feishu
    if not (feishu.app_id and feishu.app_secret.get_secret_value()):
        raise ConfigError("no Feishu app is connected: run `python -m bot connect`")
    provable = bool(feishu.encrypt_key.get_secret_value() or feishu.verification_token.get_secret_value())
    if tunnel and longconn:
        raise ConfigError("--tunnel is for the webhook; the long connection needs no public address")
    if longconn is None:
        longconn = not (provable or tunnel)
    if not longconn and not provable:
        raise ConfigError(
            "the webhook proves pushes with feishu.encrypt_key and feishu.verification_token, and neither is "
            f"set; copy them from {feishu.domain}/app/{feishu.app_id}/event, or use --longconn"
        )
    return Plan(longconn, tunnel, config)


def up(settings: Settings, plan: Plan) -> int:
    """Runs everything until Ctrl+C, SIGTERM or a closed terminal; the exit status."""
    end_as_by_keyboard()
    if not plan.longconn:
        _refuse_taken_port(settings.web)
    with ExitStack() as stack:
        url = stack.enter_context(_redis(settings))
        environment = _environment(url, plan.config)
        _build_where_missing(settings, environment)
        if plan.tunnel:
            _explain_tunnel(settings, stack.enter_context(open_tunnel(settings.web.port)))
        watch = _Watch(settings, plan)
        timeout = settings.worker.stop_timeout + 10.0
        supervisor = Supervisor(_parts(plan), environment, stop_timeout=timeout)
        names = ", ".join(part.name for part in supervisor.parts)
        print(f"Starting {names}; Ctrl+C stops all.", flush=True)
        return supervisor.run(watch.line, watch.ended)


def _refuse_taken_port(web: WebSettings) -> None:
    """Raises ConfigError where another program, or another `up`, has the webhook's port."""
    with socket.socket(socket.AF_INET6 if ":" in web.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            raise ConfigError(
                f"web.port: {web.host}:{web.port} cannot be had ({error.strerror}); stop what has it, "
                "perhaps another `python -m bot up`, or set web.port to a free port"
            ) from error


@contextmanager
def _redis(settings: Settings) -> Iterator[str]:
    """The address of a Redis: the settings' one, or one of our own where theirs would be on this machine."""
    url = settings.redis.url
    if answers(url):
        yield url
        return
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK or parts.password or parts.scheme != "redis":
        raise ConfigError(f"redis.url: nothing answers at {settings.redis.shown}; start it, or name another")
    with RedisServer(Path("data/redis"), port=parts.port or 6379, outlives_us=False) as server:
        print(f"Redis: started here ({settings.redis.shown}), its data is in data/redis", flush=True)
        yield server.url


def _environment(redis_url: str, config: Path | None) -> dict[str, str]:
    metrics = os.environ.get("PROMETHEUS_MULTIPROC_DIR") or "data/metrics"
    disk.try_writing(Path(metrics), "set PROMETHEUS_MULTIPROC_DIR")
    named = {"FENNEL_CONFIG": str(config)} if config else {}
    return {
        **os.environ,
        **named,
        "FENNEL_REDIS__URL": redis_url,
        "PROMETHEUS_MULTIPROC_DIR": metrics,
        "PYTHONUNBUFFERED": "1",
    }


def _build_where_missing(settings: Settings, environment: dict[str, str]) -> None:
    if (settings.index.dir / "CURRENT").is_file():
        return
    print("There is no index yet: building it ...", flush=True)
    build = with_parent([sys.executable, "-m", "index", "build"])
    done = subprocess.run(build, env=environment, check=False)
    if done.returncode:
        raise ConfigError("the index could not be built; the lines above say why")


def _parts(plan: Plan) -> list[Part]:
    python = sys.executable
    web = (python, *WEB)
    front = Part("longconn", (python, "-m", "bot", "longconn")) if plan.longconn else Part("web", web)
    return [
        front,
        Part("worker", (python, "-m", "worker")),
        Part("indexer", (python, "-m", "worker", "--queue", "index")),
    ]


def _explain_tunnel(settings: Settings, address: str) -> None:
    feishu = settings.feishu
    print(f"Tunnel: {address} leads to port {settings.web.port} here.")
    print(f"Paste this request URL: {address}{EVENT_PATH}")
    print(f"  on {feishu.domain}/app/{feishu.app_id}/event, for events and for callbacks", flush=True)


class _Watch:
    """Prints lines, and says what a newcomer waits for: challenge, first message, first answer."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        self.plan = plan
        self.page = f"{settings.feishu.domain}/app/{settings.feishu.app_id}"
        self.begun = time.monotonic()
        self._said: set[str] = set()
        self._up: set[str] = set()

    def line(self, line: LogLine) -> None:
        print(readable(line), flush=True)
        if line.event == "challenge_answered":
            self._once("challenge", "Feishu's challenge came through: the request URL is right.")
        elif line.event in ("long_connection_starts", "worker_started"):
            self._up.add(line.process)
            if self.plan.invite and {"longconn", "worker"} <= self._up:
                self._once("ready", _INVITATION)
        elif line.event == "message_taken":
            self._once("message", "The first message arrived.")
        elif line.event == "answered":
            self._once("answer", f"The first answer went out {self._seconds():.0f} s after the start.")

    def _seconds(self) -> float:
        return time.monotonic() - self.begun

    def ended(self, ended: Ended) -> None:
        if ended.gave_up:
            print(
                f">> {ended.process} ended {ended.status} again and again; its lines above say why. Stopping."
            )
        else:
            print(
                f">> {ended.process} ended ({ended.status}); it starts again in {ended.pause:.0f} s",
                flush=True,
            )

    def _once(self, what: str, words: str) -> None:
        if words and what not in self._said:
            self._said.add(what)
            print(f">> {words}", flush=True)
