"""gunicorn's settings: two processes with a few threads each; every request is one Redis round trip.

The libraries are imported here, in the parent, so that a new process after HUP only loads Fennel's own
modules and is there in a blink; the application itself is not, so that HUP does load its new code. Before HUP
changes anything, the application is loaded once in a process of its own: a mistake in config.yaml would
otherwise end the processes that serve.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import flask  # noqa: F401
import redis  # noqa: F401
import rq  # noqa: F401
import structlog  # noqa: F401


def _read_settings() -> Any:
    """The settings on the disk, by the code on the disk: on HUP that may be a new release.

    Every process serves with these, whatever the file says by the time that it starts.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "bot"]:
        del sys.modules[name]
    import bot.web
    from bot.config.settings import load_settings
    from bot.errors import FennelError

    try:
        bot.web.SETTINGS = settings = load_settings()
        # Before any process is forked: two that fail at the same moment end in a traceback of gunicorn's own.
        settings.feishu.check_secrets()
    except FennelError as error:  # one sentence; gunicorn would print a traceback
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)
    return settings


_settings = _read_settings()
_OWN_METRICS = "_FENNEL_METRICS"
"""Holds gunicorn's parent and the folder that it made for its counts: on HUP this file is read anew."""
# Before any worker imports prometheus_client; a folder given from outside is shared with the workers.
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="fennel-metrics-")
    os.environ[_OWN_METRICS] = f"{os.getpid()} {os.environ['PROMETHEUS_MULTIPROC_DIR']}"
_metrics = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
_metrics_are_ours = os.environ.get(_OWN_METRICS) == f"{os.getpid()} {_metrics}"
_metrics.mkdir(parents=True, exist_ok=True)

_LOADING_SECONDS = 60
_BOUND = "_FENNEL_BOUND"
"""Holds the addresses of the first start: on HUP the old processes have them, and none is bound anew."""


def _addresses(web: Any) -> str:
    """The addresses of the settings, by which a change is seen."""
    return f"{web.host}:{web.port} {web.operator_host}:{web.operator_port}"


def _operator_address() -> list[str]:
    """The operator pages' address, nothing where they are off or somebody else has the port.

    A metrics page must not keep the webhook from starting; that it is not there is said.
    """
    web = _settings.web
    if not web.operator_port:
        return []
    address = f"{web.operator_host}:{web.operator_port}"
    with socket.socket(socket.AF_INET6 if ":" in web.operator_host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.operator_host, web.operator_port))
        except OSError as error:
            why = f"{address} cannot be had ({error.strerror}); set web.operator_port"
            sys.stderr.write(f"no operator pages: {why}\n")
            return []
    return [address]


def _bound() -> list[str]:
    """The first start's addresses, for as long as gunicorn's parent lives."""
    pid, _, kept = os.environ.get(_BOUND, "").partition(" ")
    if pid != str(os.getpid()):
        kept = " ".join([f"{_settings.web.host}:{_settings.web.port}", *_operator_address()])
        os.environ[_BOUND] = f"{os.getpid()} {kept}"
    return kept.split()


bind = _bound()
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "bot.web.gunicorn_worker.DeadlineWorker"
threads = 4
backlog = 512
keepalive = 5
timeout = 30
graceful_timeout = 30
limit_request_line = 2048
limit_request_fields = 50
limit_request_field_size = 4096
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (gunicorn's heartbeat file)
proc_name = "fennel-web"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def on_starting(server: Any) -> None:
    """Drops what processes that are gone have counted: Prometheus knows counters that start again."""
    for file in _metrics.glob("*.db"):
        pid = file.stem.rsplit("_", 1)[-1]
        if pid.isdigit() and not _is_alive(int(pid)):
            file.unlink(missing_ok=True)


def when_ready(server: Any) -> None:
    """From now on HUP changes nothing where what lies on the disk could not be served."""
    reload = server.reload

    def reload_what_can_be_served() -> None:
        why = _why_not()
        if why:
            server.log.error("Not reloaded, what runs goes on: %s", why)
        else:
            reload()

    server.reload = reload_what_can_be_served


_LOADED = "import wsgi; from bot.config.settings import load_settings as load; w = load().web; " + (
    "print(f'{w.host}:{w.port} {w.operator_host}:{w.operator_port}')"
)
"""Loads the application, and prints what `_addresses` says of its settings."""


def _why_not() -> str:
    """Why what lies on the disk cannot be served from these ports, in one line; empty where it can."""
    own = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    command = [sys.executable, "-c", _LOADED]
    try:
        compile(Path(__file__).read_bytes(), __file__, "exec")
        loaded = subprocess.run(
            command, env=own, capture_output=True, timeout=_LOADING_SECONDS, text=True, check=False
        )
    except (OSError, ValueError, SyntaxError, subprocess.TimeoutExpired) as error:
        return f"it could not be tried ({type(error).__name__}: {error})"
    if loaded.returncode:
        said = loaded.stderr.strip().splitlines() or ["it does not load"]
        return said[-1].removeprefix("error: ")
    if loaded.stdout.strip() != _addresses(_settings.web):
        return (
            f"web.host, web.port and the operator's are {loaded.stdout.strip()} now; restart to change them"
        )
    return ""


def child_exit(server: Any, worker: Any) -> None:
    """Takes a finished process out of the gauges of living ones."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Leaves no folder of our own making behind."""
    if _metrics_are_ours:
        shutil.rmtree(_metrics, ignore_errors=True)
