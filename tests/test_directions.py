"""The house has one direction: an import that goes up makes `make lint` fail, wherever it hides."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "worker", "index", "simulator", "demo")


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `lint-imports` says of the packages in a folder."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    command += [str(ROOT / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, env={"PYTHONPATH": "."}, capture_output=True, text=True)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the product to do wrong in."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
def test_the_house_keeps_its_contracts() -> None:
    done = checked(ROOT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "line", "told"),
    [
        ("bot/audit.py", "def up():\n    from worker.jobs import entry", "bot.audit -> worker.jobs"),
        ("bot/feishu/token.py", "from bot.web import readiness", "bot.feishu.token -> bot.web.readiness"),
        ("index/text/terms.py", "def say():\n    from bot.messages import say", "terms -> bot.messages"),
        ("simulator/server.py", "from bot import errors", "simulator.server -> bot.errors"),
        ("worker/runner/lease.py", "import simulator", "worker.runner.lease -> simulator"),
        ("worker/llm.py", "def choose():\n    from worker.engines import choose", "llm -> worker.engines"),
        (
            "index/text/split.py",
            "def load():\n    import index.sources.load",
            "text.split -> index.sou",
        ),
        ("bot/config/file.py", "from bot.config import settings", ".file -> .settings"),
    ],
)
def test_an_import_that_goes_up_is_told(house: Path, place: str, line: str, told: str) -> None:
    file = house / place
    file.write_text(file.read_text("utf-8") + f"\n\n{line}\n", "utf-8")
    done = checked(house)
    assert done.returncode != 0
    assert told in done.stdout
