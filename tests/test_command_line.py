"""How commands end: an expected failure is one line that says what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from redis import exceptions

from bot.config.command_line import run
from bot.errors import ConfigError, QueueUnavailable
from tests.warm_start import warm_start

ROOT = Path(__file__).resolve().parents[1]


def program(failure: BaseException) -> typer.Typer:
    """A program whose only command fails so."""
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise failure

    return app


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ConfigError("llm.engin: no such setting"), "error: llm.engin: no such setting"),
        (exceptions.ConnectionError("Error 111"), "error: Redis does not answer; start one with"),
        (exceptions.TimeoutError("Timeout"), "error: Redis does not answer; start one with"),
        (
            exceptions.ConnectionError("Error 111 connecting to 10.0.0.9:6379. Connection refused."),
            "error: Redis does not answer; start one with `appendonly yes`, or set redis.url: "
            "nothing listens at 10.0.0.9:6379\n",
        ),
        (
            exceptions.ConnectionError("Error -2 connecting to reddis:6379. Name or service not known."),
            "error: Redis does not answer; start one with `appendonly yes`, or set redis.url: "
            "nobody knows the host of reddis:6379\n",
        ),
        (exceptions.AuthenticationError("WRONGPASS"), "error: redis.url: Redis refuses the user or the pass"),
        (exceptions.ResponseError("MISCONF"), "error: Redis refuses a command: MISCONF"),
        (caused(QueueUnavailable("no"), exceptions.ConnectionError("x")), "error: Redis does not answer"),
        (FileNotFoundError(2, "No such file or directory", "/a/b"), "error: /a/b: No such file or directory"),
        (
            PermissionError(13, "Permission denied", "data"),
            "error: data: Permission denied: give it to the user",
        ),
        (OSError(28, "No space left on device"), "error: No space left on device: free some space"),
        (ModuleNotFoundError("no", name="ddgs.exceptions"), "error: web_search.engine: ddgs needs the pack"),
        (ModuleNotFoundError("no", name="flask"), "error: the package flask is not installed: run `make set"),
        (typer.Abort(), "error: stopped; nothing was changed"),
    ],
)
def test_an_expected_failure_is_one_line(
    failure: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bot"])
    with pytest.raises(SystemExit, match="1"):
        run(program(failure))
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert shown.count("\n") == 1


@pytest.mark.parametrize("failure", [ZeroDivisionError(), ModuleNotFoundError("no", name="worker.nowhere")])
def test_what_nobody_expected_keeps_its_traceback(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bot"])
    with pytest.raises(type(failure)):
        run(program(failure))


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    return warm_start().run(words, ROOT, os.environ)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bot", "nonsense"], "No such command 'nonsense'"),
        (["bot", "--nonsense"], "No such option: --nonsense"),
        (["bot", "ask"], "give either a question or --batch FILE"),
        (["bot", "ask", "x", "--batch", "y"], "give either a question or --batch FILE"),
        (["bot", "audit", "--count", "many"], "Invalid value for '--count'"),
        (["bot", "completion", "powershell"], "powershell is not known here"),
        (["index", "nonsense"], "No such command 'nonsense'"),
        (["index", "--config", "x.yaml", "build"], "as in `python -m index build --config`"),
        (["index", "eval", "--questions", "x", "gate"], "as in `python -m index eval gate --questions`"),
        (["bot", "--json", "explain", "hi"], "as in `python -m bot explain --json`"),
        (["bot", "--config", "explain"], "as in `python -m bot explain --config`"),
        (["index", "--config", "x.yaml"], "No such option: --config; see `python -m index --help`"),
        (["index", "search"], "Missing argument 'query'"),
        (["index", "search", "x", "-k", "0"], "Invalid value for '-k'"),
        (["index", "eval", "gate"], "Missing option '--questions'"),
        (["worker", "--queue", "other"], "'other' is neither answer nor index"),
        (["worker.engines", "--config", "/nowhere.yaml"], "settings file /nowhere.yaml does not exist"),
    ],
)
def test_a_word_that_is_wrong_is_one_line_and_status_1(words: list[str], said: str) -> None:
    done = typed(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"), [(["bot"], "doctor"), (["index"], "build"), (["index", "eval"], "gate")]
)
def test_a_program_without_a_word_shows_its_help(words: list[str], said: str) -> None:
    done = typed(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("module", ["bot", "bot.ask", "bot.doctor", "index", "index.eval", "worker"])
def test_help_loads_nothing_heavy(module: str) -> None:
    program, _, command = module.partition(".")
    looked = (
        f"import sys, runpy; sys.argv = ['{program}', *'{command}'.split(), '--help']\n"
        f"try: runpy.run_module('{program}', run_name='__main__', alter_sys=False)\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'sklearn', 'faiss', 'lark_oapi', 'bm25s', 'torch', 'flask', 'rq'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", looked], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "loaded: []"


@pytest.mark.slow
@pytest.mark.parametrize("module", ["bot", "index", "worker"])
def test_every_program_says_the_release_that_pyproject_names(module: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == f"Fennel {project['version']}\n"


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_told_to_stop_dies_of_it(told: signal.Signals) -> None:
    """systemd and Docker take a death by SIGTERM for a clean stop, and exit status 130 for a failure."""
    code = (
        "import time, typer; from bot.config.command_line import run; app = typer.Typer()\n"
        "@app.command()\n"
        "def wait() -> None:\n"
        "    print('up', flush=True); time.sleep(600)\n"
        "run(app)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(told)
        assert process.wait() == (130 if told is signal.SIGINT else -told)


def test_a_command_that_ends_does_not_look_through_what_it_holds() -> None:
    code = (
        "import atexit, gc, typer; from bot.config.command_line import run; app = typer.Typer()\n"
        "atexit.register(lambda: print('held:', len(gc.get_objects())))\n"
        "app.command()(lambda: None); run(app)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(done.stdout.removeprefix("held:")) < 1000
