"""`python -m bot completion SHELL`: what Tab offers in a real shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.completion import script, tree
from bot.dotted_paths import COMMANDS, PROGRAMS, look_up
from bot.errors import ConfigError

WORDS = tree({name: look_up(path)() for name, path in PROGRAMS.items()})


def test_every_command_and_option_is_there() -> None:
    assert set(COMMANDS) < set(WORDS["bot"])
    assert {"build", "search", "eval"} < set(WORDS["index"])
    assert {"gate", "retrieval"} < set(WORDS["index eval"])
    assert {"--json", "--since", "--html", "--config", "--help"} <= set(WORDS["bot report"])
    assert {"--start", "--no-start"} <= set(WORDS["bot connect"])
    assert "--queue" in WORDS["worker"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["python", "-m", "index", "eval", "g"], {"gate"}),
        ([".venv/bin/python", "-m", "bot", "do"], {"doctor"}),
        (["python3", "-m", "bot", "report", "--config", "x.yaml", "--s"], {"--since"}),
        (["python", "-m", "bot", "nothing-of-ours", "--s"], set()),
        (["python", "-m", "http", "s"], set()),
        (["python", "s"], set()),
    ],
)
def test_bash_completes(typed: list[str], offered: set[str], tmp_path: Path) -> None:
    file = tmp_path / "fennel.bash"
    file.write_text(script("bash", WORDS), "utf-8")
    words = " ".join(f"'{word}'" for word in typed)
    ask = (
        f"source {file}; COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _fennel; "
        'printf "%s\\n" "${COMPREPLY[@]}"; complete -p python'
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == ""
    *found, registered = done.stdout.splitlines()
    assert set(filter(None, found)) == offered
    assert "-F _fennel python" in registered


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not on this machine")
def test_fish_completes(tmp_path: Path) -> None:
    file = tmp_path / "fennel.fish"
    file.write_text(script("fish", WORDS), "utf-8")
    for typed, offered in {
        "python -m index eval ": {"gate", "retrieval", "--help"},
        ".venv/bin/python -m bot do": {"doctor"},
    }.items():
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {file}; complete -C '{typed}'"],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        assert set(done.stdout.split()) == offered


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not on this machine")
def test_zsh_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "fennel.zsh"
    file.write_text(script("zsh", WORDS), "utf-8")
    ask = f"autoload -Uz compinit; compinit -u -D; source {file}; print $_comps[python] $_comps[python3]"
    done = subprocess.run(["zsh", "-f", "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["_fennel", "_fennel"]


def test_another_shell_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="bash, zsh, fish"):
        script("powershell", WORDS)
