"""What deploy/, the Dockerfile and compose.yaml name exists, and systemd accepts the units."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
TEMPLATES = ".github/ISSUE_TEMPLATE"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def modules(command: list[str]) -> list[str]:
    return [name for flag, name in pairwise(command) if flag == "-m"]


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_services_start_what_there_is_from_volumes_that_are_declared(name: str) -> None:
    service = COMPOSE["services"][name]
    for module in modules([str(word) for word in service["command"]]):
        assert find_spec(module), module
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
    for other in service.get("depends_on", {}):
        assert other in COMPOSE["services"]
    if "build" in service:
        targets = re.findall(r"^FROM \S+ AS (\w+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.M)
        assert service["build"]["target"] in targets


def test_secrets_and_data_stay_out_of_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".env", "data", ".git", ".venv*"} <= set(ignored)
    assert re.search(r"^USER 10001$", (ROOT / "Dockerfile").read_text("utf-8"), re.M)


def test_the_dockerfile_is_as_it_should_be() -> None:
    """By hadolint, and by Docker itself where it is on this machine."""
    lint = [str(Path(sys.executable).with_name("hadolint")), "--no-color", "Dockerfile"]
    build = ["docker", "build", "--check", "--target"]
    there = (
        subprocess.run(["docker", "buildx", "ls"], capture_output=True) if shutil.which("docker") else None
    )
    checks = [lint] + ([[*build, "cpu", "."], [*build, "gpu", "."]] if there and not there.returncode else [])
    for check in checks:
        done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("compose-spec", ("compose.yaml",)),
        ("github-issue-forms", (f"{TEMPLATES}/bug.yml", f"{TEMPLATES}/feature.yml")),
        ("github-issue-config", (f"{TEMPLATES}/config.yml",)),
    ],
)
def test_files_are_of_the_form_that_their_readers_publish(schema: str, files: tuple[str, ...]) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_start_what_there_is(unit: Path) -> None:
    started = re.findall(r"^ExecStart=/srv/fennel/.venv/bin/python (.*)$", unit.read_text("utf-8"), re.M)
    assert len(started) == 1
    assert all(find_spec(module) for module in modules(started[0].split()))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in (ROOT / "deploy" / "systemd").iterdir():
        python = "/srv/fennel/.venv/bin/python"  # verify asks whether the program is there
        text = unit.read_text("utf-8").replace(python, shutil.which("true") or "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(str(unit) for unit in tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "fennel" in line]
    assert complaints == []


@pytest.mark.parametrize(
    ("extras", "installed"),
    [
        ("", ""),
        ("ddgs", "-c requirements-dev.txt ddgs\n"),
        ("rq-dashboard six", "-c requirements-dev.txt rq-dashboard six\n"),
    ],
)
def test_make_setup_installs_extras_where_some_are_named_and_ends_well(extras: str, installed: str) -> None:
    command = ["make", "-s", "setup", "-o", ".venv/runtime", "INSTALL=true; printf '%s ' -c >/dev/null; echo"]
    done = subprocess.run(
        [*command, f"EXTRAS={extras}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == installed
