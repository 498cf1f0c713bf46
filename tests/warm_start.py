"""Commands in processes of their own that need not import everything anew.

Nearly all that a short command costs is importing NumPy, Redis's client and pydantic, the same each time.
Here one process has imported them and forks itself for each command, which then has an environment, a folder,
streams, signals and an exit status of its own, as after `python -m`. What a start from nothing does is tried
by real starts, in tests/test_command_line.py and tests/test_guide_commands.py among others.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from tests.embedded_once import load_models, remember

ROOT = Path(__file__).resolve().parents[1]
PRELOADED = (
    *("numpy", "faiss", "redis", "rq", "structlog", "typer.rich_utils", "pydantic_settings", "yaml"),
    *("requests", "flask", "markdown_it", "bs4", "cryptography.hazmat.primitives.ciphers"),
    *("bot.queue.queue", "index.build.build", "worker.process.process", "worker.doctor.checks"),
)
"""What commands import. None of it looks at an environment that a test gives."""
EMBEDDING = {"ask", "build", "search", "check", "calibrate", "eval"}
"""Commands that open the embedded model: the first of them has it opened here, for all that follow."""


def without_second_look() -> None:
    """As in the tests' own processes: see `_no_second_look` in tests/conftest.py."""
    from worker.finding.second_look import model

    model.can_run = lambda: False  # type: ignore[assignment]


class WarmStart:
    """The process that forks, which ends with this one; from one thread."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm_start"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """Ends it."""
        with self.process as process:
            assert process.stdin is not None
            process.stdin.close()

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: str = "",
        before: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        """What `python -m WORDS` prints in `folder`, and what it ends with.

        `before`: a module, a function of it and its arguments, which the process calls first.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with tempfile.TemporaryDirectory() as kept:
            streams = [Path(kept, name) for name in ("in", "out", "err")]
            streams[0].write_text(stdin, "utf-8")
            asked = {
                "words": list(words),
                "folder": str(folder),
                "environment": dict(environment),
                "streams": [str(file) for file in streams],
                "before": list(before),
            }
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
            out, err = (file.read_text("utf-8") for file in streams[1:])
        return subprocess.CompletedProcess(list(words), status, out, err)


@cache
def warm_start() -> WarmStart:
    """One for all tests of this process."""
    from tests.left_behind import lasts  # after pytest has made a plugin of it

    started = WarmStart()
    lasts(started.process.pid)
    atexit.register(started.close)
    return started


def serve() -> Any:
    """Forks for each line of stdin and writes what that ended with; returns in the fork what is asked."""
    for name in PRELOADED:
        importlib.import_module(name)
    without_second_look()
    remember()
    gc.collect()
    gc.freeze()  # collections in the forks need not go through it
    while line := sys.stdin.readline():
        asked = json.loads(line)
        if EMBEDDING & set(asked["words"][:2]):
            load_models()
        if not (child := os.fork()):
            return asked
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    sys.exit()


def become(asked: Mapping[str, Any]) -> NoReturn:
    """Goes on as the command that was asked for, and ends as Python does, but for taking all apart."""
    os.setsid()
    for number, file in enumerate(asked["streams"]):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    if asked["before"]:
        module, function, *given = asked["before"]
        getattr(importlib.import_module(module), function)(*given)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    added = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    sys.path[:] = [asked["folder"], *added, *(one for one in sys.path if one != str(ROOT))]
    sys.argv[1:] = asked["words"][1:]
    if Path("sitecustomize.py").is_file():  # Python imports it at its start
        runpy.run_path("sitecustomize.py")  # Debian's own, of that name, is imported already
    status: object = 0
    try:
        runpy.run_module(asked["words"][0], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        status = 1
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    become(serve())
