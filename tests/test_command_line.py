"""How commands end: an expected failure is one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from redis import exceptions

from bot.command_line import run
from bot.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ConfigError("llm.engin: no such setting"), "error: llm.engin: no such setting"),
        (exceptions.ConnectionError("Error 111"), "error: Redis does not answer; start one with"),
        (exceptions.TimeoutError("Timeout"), "error: Redis does not answer; start one with"),
        (exceptions.AuthenticationError("WRONGPASS"), "error: redis.url: Redis refuses the user or the pass"),
        (exceptions.ResponseError("MISCONF"), "error: Redis refuses a command: MISCONF"),
    ],
)
def test_an_expected_failure_is_one_line(
    failure: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def app() -> None:
        raise failure

    with pytest.raises(SystemExit, match="1"):
        run(app)
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert shown.count("\n") == 1


def test_what_nobody_expected_keeps_its_traceback() -> None:
    def app() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(app)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["bot", "index", "worker"])
def test_every_program_says_the_release_that_pyproject_names(module: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == f"Fennel {project['version']}\n"
