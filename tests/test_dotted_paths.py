"""Commands and jobs are named in one table: every name leads somewhere, and listing them costs nothing."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.dotted_paths import COMMANDS, JobName, look_up
from tests.warm_start import warm_start

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("job", list(JobName))
def test_every_job_is_there(job: JobName) -> None:
    assert callable(look_up(job))


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_is_there_and_says_what_it_does(name: str) -> None:
    function = look_up(COMMANDS[name].function)
    assert (inspect.getdoc(function) or "").split("\n")[0] == COMMANDS[name].summary
    shown = bot(name, "--help")
    assert f"python -m bot {name}" in shown
    assert COMMANDS[name].summary.split(" ", 1)[0] in shown


def test_the_list_of_commands_imports_none_of_them() -> None:
    shown = bot("--help")
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", shown)
    code = (
        "import sys; from bot.__main__ import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'worker', 'index', 'demo', 'simulator', 'numpy', 'flask', 'rq', 'requests', 'lark_oapi'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_unknown_command_is_told_with_what_was_meant() -> None:
    done = subprocess.run([sys.executable, "-m", "bot", "explian", "x"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "explain" in done.stderr


def bot(*arguments: str) -> str:
    """What `python -m bot` prints. Fails where it ends badly."""
    done = warm_start().run(["bot", *arguments], Path.cwd(), os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout
