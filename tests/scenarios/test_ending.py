"""Whatever a command started is gone when it is: after a kill, a closed terminal, or its own sudden death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.supervisor.redis_server import free_port
from tests.house import write_documents
from tests.waiting import START_LIMIT, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells who is whose child"),
]
ROOT = Path(__file__).parents[2]
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)


def of_family(folder: Path) -> dict[int, str]:
    """The processes that live in a folder: a command and all that it started, whoever owns them."""
    found = {}
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if (one / "cwd").readlink().is_relative_to(folder):
                found[int(one.name)] = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return {pid: command for pid, command in found.items() if command}


@contextmanager
def family(folder: Path, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command with a session of its own; what is left of it is killed in the end."""
    with (folder / "out.log").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        for pid in of_family(folder):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def ends(process: subprocess.Popen[bytes], folder: Path, number: int) -> None:
    """Sends the signal and waits until nobody of the family is left."""
    os.kill(process.pid, number)
    assert process.wait(START_LIMIT) in (-number, 0, 130)
    wait_for(lambda: not of_family(folder), "all to end")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: signal.Signals(number).name)
def test_a_replay_leaves_no_process(tmp_path: Path, index: Path, number: int, forked_python: None) -> None:
    rows = [{"id": str(one), "text": f"How do I revoke token {one}?"} for one in range(200)]
    (tmp_path / "chat.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for name in ("gunicorn.conf.py", "wsgi.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    settings = {"FENNEL_INDEX__DIR": str(index), "FENNEL_LLM__ENGINE": "extractive"}
    with family(tmp_path, "-m", "bot", "replay", "chat.jsonl", **settings) as process:
        wait_for(lambda: "worker_started" in log(tmp_path / "data/replay/worker.log"), limit=START_LIMIT)
        wait_for(
            lambda: len(of_family(tmp_path)) >= 5, "Redis, the webhook, the worker and the indexer to run"
        )
        ends(process, tmp_path, number)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: signal.Signals(number).name)
def test_up_leaves_no_process(tmp_path: Path, index: Path, number: int, forked_python: None) -> None:
    for name in ("gunicorn.conf.py", "wsgi.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    settings = {
        "FENNEL_INDEX__DIR": str(index),
        "FENNEL_LLM__ENGINE": "extractive",
        "FENNEL_REDIS__URL": f"redis://127.0.0.1:{free_port()}/0",
        "FENNEL_WEB__PORT": str(free_port()),
        "FENNEL_WEB__OPERATOR_PORT": "0",
        "FENNEL_FEISHU__APP_ID": "cli_1",
        "FENNEL_FEISHU__APP_SECRET": "s",
        "FENNEL_FEISHU__ENCRYPT_KEY": "k",
        "FENNEL_FEISHU__DOMAIN": f"http://127.0.0.1:{free_port()}",
    }
    with family(tmp_path, "-m", "bot", "up", **settings) as process:
        wait_for(lambda: log(tmp_path / "out.log").count("worker_started") >= 2, limit=START_LIMIT)
        wait_for(
            lambda: len(of_family(tmp_path)) >= 5, "Redis, the webhook, the worker and the indexer to run"
        )
        ends(process, tmp_path, number)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: signal.Signals(number).name)
def test_an_index_build_leaves_neither_git_nor_its_reader(
    tmp_path: Path, number: int, forked_python: None
) -> None:
    documents = write_documents(tmp_path / "documents")
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho begun >> begun\nexec sleep 600\n")
    program.chmod(0o755)
    sources = [{"path": str(documents)}, {"git": "https://git.example.com/docs.git"}]
    settings = {
        "FENNEL_INDEX__DIR": str(tmp_path / "index"),
        "FENNEL_INDEX__SOURCES": json.dumps(sources),
        "PATH": f"{program.parent}:{os.environ['PATH']}",
    }
    with family(tmp_path, "-m", "index", "build", **settings) as process:
        wait_for(lambda: list(tmp_path.rglob("begun")), limit=START_LIMIT)
        wait_for(lambda: any("sleep 600" in command for command in children(process.pid).values()))
        running = children(process.pid)
        os.kill(process.pid, number)
        assert process.wait(START_LIMIT) in (-number, 130)
        wait_for(lambda: not any(map(command_of, running)))


def children(parent: int) -> dict[int, str]:
    """The children of a process, whatever their environment is."""
    pids = [
        int(pid)
        for task in Path(f"/proc/{parent}/task").glob("*/children")
        for pid in task.read_text().split()
    ]
    return {pid: command_of(pid) for pid in pids}


def command_of(pid: int) -> str:
    """Its command line; empty for one that has ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def log(file: Path) -> str:
    return file.read_text("utf-8", "replace") if file.exists() else ""


def test_what_is_ignored_stays_ignored() -> None:
    """Under nohup a closed terminal ends nothing."""
    code = (
        "import signal, typer\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from bot.config.ending import end_as_by_keyboard\n"
        "end_as_by_keyboard()\n"
        "import os; os.kill(os.getpid(), signal.SIGHUP); print('still here')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "still here\n"
