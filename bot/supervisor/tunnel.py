"""A public address for a webhook on this machine, through ngrok: its Python SDK, or the program on PATH.

The SDK (package `ngrok`) reads NGROK_AUTHTOKEN. The program tells its address on its local API,
GET /api/tunnels (ngrok's agent API: {"tunnels": [{"proto": "https", "public_url": ...}]}).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

import requests

from bot.config.ending import with_parent
from bot.config.extras import command, is_here
from bot.errors import ConfigError
from bot.http_session import new_session

START_TIMEOUT = 30.0
"""Seconds ngrok may take to give an address."""
AGENT_API = "http://127.0.0.1:4040/api/tunnels"
ACCOUNT_PAGE = "https://dashboard.ngrok.com/get-started/your-authtoken"
_INSTALL = (
    f"ngrok is not there: run `{command('ngrok')}` and export NGROK_AUTHTOKEN, or install the program "
    "(https://ngrok.com/download); without a tunnel use `python -m bot up --longconn`"
)


@contextmanager
def open_tunnel(port: int, *, agent_api: str = AGENT_API) -> Iterator[str]:
    """The public https address that leads to `port` on this machine, for as long as the context is open.

    Raises ConfigError that says what is missing.
    """
    with ExitStack() as stack:
        if os.environ.get("NGROK_AUTHTOKEN") and is_here("ngrok"):
            yield stack.enter_context(_by_sdk(port))
        elif program := shutil.which("ngrok"):
            yield stack.enter_context(_by_program(program, port, agent_api))
        elif is_here("ngrok"):
            raise ConfigError(f"NGROK_AUTHTOKEN is not set; copy it from {ACCOUNT_PAGE} and export it")
        else:
            raise ConfigError(_INSTALL)


@contextmanager
def _by_sdk(port: int) -> Iterator[str]:
    import ngrok

    try:
        listener: Any = ngrok.forward(port, authtoken_from_env=True)
    except Exception as error:  # the SDK raises ValueError and RuntimeError with ngrok's own words
        raise ConfigError(
            f"ngrok refuses: {_first_line(error)}; check NGROK_AUTHTOKEN ({ACCOUNT_PAGE})"
        ) from None
    try:
        yield str(listener.url())
    finally:
        ngrok.disconnect(listener.url())


@contextmanager
def _by_program(program: str, port: int, agent_api: str) -> Iterator[str]:
    command = [program, "http", str(port), "--log", "stdout", "--log-format", "json", "--log-level", "warn"]
    with (
        tempfile.TemporaryFile() as log,  # a pipe that nobody reads is full one day, and ngrok stands still
        subprocess.Popen(
            with_parent(command), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield _address(process, log, agent_api, port)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[bytes], log: IO[bytes], agent_api: str, port: int) -> str:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            said = log.read().decode("utf-8", "replace")
            raise ConfigError(
                f"ngrok ended: {_reason(said)}; log in with `ngrok config add-authtoken` ({ACCOUNT_PAGE})"
            )
        if found := _ask(agent_api, port):
            return found
        time.sleep(0.2)
    raise ConfigError(
        f"ngrok gave no address within {START_TIMEOUT:.0f} s; see {agent_api.rsplit('/api', 1)[0]}"
    )


def _ask(agent_api: str, port: int) -> str:
    """The https address of the tunnel to `port`; empty while there is none."""
    try:
        with new_session() as session:
            tunnels = session.get(agent_api, timeout=2).json().get("tunnels", [])
        return next(
            str(one["public_url"])
            for one in tunnels
            if one["proto"] == "https" and str(one.get("config", {}).get("addr", "")).endswith(f":{port}")
        )
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return ""


def _reason(said: str) -> str:
    """ngrok's own error in the last JSON line of its log."""
    for line in reversed(said.splitlines()):
        try:
            return str(json.loads(line)["err"])
        except (ValueError, KeyError, TypeError):
            continue
    return said.strip().rsplit("\n", 1)[-1][-400:] or "without a word"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
