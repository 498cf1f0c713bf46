"""Starts the servers a webhook benchmark puts under load, each as in production, and stops them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.webhook.events import BOT, ENCRYPT_KEY, TOKEN
from bot.redis_keys import BOT_OPEN_ID, connect
from bot.supervisor.redis_server import RedisServer, free_port

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "FENNEL_FEISHU__APP_SECRET": "bench app secret",
    "FENNEL_FEISHU__ENCRYPT_KEY": ENCRYPT_KEY,
    "FENNEL_FEISHU__VERIFICATION_TOKEN": TOKEN,
}
_MANY = str(10**9)
_START_TIMEOUT = 180.0


def hold_to_two_cores() -> int:
    """Keeps this process and its children on two cores, as the figures are stated for; returns how many."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores)
    return len(cores)


@contextmanager
def webhook(
    redis: RedisServer,
    folder: Path,
    *,
    secrets: bool = True,
    file: Path | None = None,
    operator_port: int = 0,
    redis_url: str = "",
) -> Iterator[int]:
    """gunicorn with gunicorn.conf.py, its limits checked but out of reach; yields its port.

    `file` is its settings file, to which `secrets` False leaves the secrets. The operator pages are at
    `operator_port`. It reaches `redis` by `redis_url` where that says more than its address.
    """
    port = free_port()
    with connect(redis.url) as client:
        client.set(BOT_OPEN_ID.name, BOT)
    environment = {
        "FENNEL_CONFIG": str(file or _empty_settings(folder)),
        **(SECRETS if secrets else {}),
        "FENNEL_REDIS__URL": redis_url or redis.url,
        "FENNEL_WEB__PORT": str(port),
        "FENNEL_WEB__OPERATOR_PORT": str(operator_port or free_port()),
        "FENNEL_LIMITS__QUEUE_TOTAL": _MANY,
        "FENNEL_LIMITS__QUEUE_PER_GROUP": _MANY,
        "FENNEL_LIMITS__QUESTIONS_PER_USER_PER_MINUTE": _MANY,
        "FENNEL_LIMITS__QUESTIONS_PER_GROUP_PER_MINUTE": _MANY,
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    with _running(command, environment, folder / "web.log", f"http://127.0.0.1:{port}/healthz"):
        yield port


@contextmanager
def peer(redis: RedisServer, folder: Path) -> Iterator[int]:
    """The listener of HuixiangDou's shape; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.webhook.peer", str(port), str(redis.port)]
    with _running(command, {}, folder / "peer.log", f"http://127.0.0.1:{port}/"):
        yield port


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], log: Path, address: str) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        try:
            _wait(process, address, log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{' '.join(process.args)} did not start; see {log}")  # type: ignore[arg-type]


def _empty_settings(folder: Path) -> Path:
    file = folder / "settings.yaml"
    file.write_text("{}\n", "utf-8")
    return file
