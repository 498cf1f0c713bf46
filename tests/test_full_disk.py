"""A full disk, a read-only one and files of somebody else: each is a sentence with the place and the fix.

The disk is a small file system of memory that only the command sees, in a mount namespace of its own. Rights
count here for root, too: the command runs without the two capabilities that overrule them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from redis import Redis

from bot.config import disk
from bot.errors import ConfigError
from bot.supervisor.redis_server import RedisServer, free_port
from tests.test_broken_setups import FINE, machine
from tests.warm_start import warm_start

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
FILLED = """#!/bin/sh
dd if=/dev/zero of=filled bs=4k 2>/dev/null
exit 0
"""
READ_ONLY = """#!/bin/sh
mount -o remount,bind,ro "$PWD"
"""
KEYS = {"FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "s"}
COMMANDS = {
    "the index in idx cannot be written": ("index", "build"),
    "kept cannot be written": ("bot", "backup", "kept"),
    ".env cannot be written": ("bot", "connect"),
    "/old cannot be written": ("bot", "migrate", "old"),
    "data/redis cannot be written": ("bot", "up"),
    "cannot be written": ("bot", "demo", "--docs", "guide", "--once"),
    "page.html cannot be written": ("bot", "report", "--html", "page.html"),
}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@cache
def disks_can_be_made() -> bool:
    command = ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(command, capture_output=True).returncode == 0


def typed(folder: Path, redis: str, words: tuple[str, ...], before: str, *given: str) -> str:
    """What a command, typed in `folder` after this process did what is named, says; it must fail."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FENNEL_", "FEISHU_"))}
    away = f"redis://127.0.0.1:{free_port()}/0"
    environment = {
        **own,
        **(KEYS if words == ("bot", "up") else {}),
        "FENNEL_REDIS__URL": away if words[:2] in (("bot", "up"), ("bot", "demo")) else redis,
        "PYTHONPATH": str(ROOT),
    }
    done = warm_start().run(words, folder, environment, before=("tests.own_disk", before, *given))
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert done.returncode == 1, said
    [error] = [line for line in said.splitlines() if line.startswith("error: ")]
    return error


@pytest.mark.parametrize("said", COMMANDS)
@pytest.mark.parametrize(("made", "fix"), [(FILLED, "free some space"), (READ_ONLY, "mount it for writing")])
def test_a_disk_that_takes_nothing_is_told_with_the_fix(
    made: str, fix: str, said: str, tmp_path: Path, redis: str
) -> None:
    if not disks_can_be_made():
        pytest.skip("this machine lets nobody mount a file system of their own")
    place = tmp_path / "machine"
    place.mkdir()
    machine(place, FINE)
    (place / "old").mkdir()
    (place / "old" / "config.ini").write_text("[web_search]\nengine = 'ddgs'\n", "utf-8")
    (tmp_path / "disk").mkdir()
    (tmp_path / "spoil").write_text(made, "utf-8")
    (tmp_path / "spoil").chmod(0o755)
    error = typed(tmp_path / "disk", redis, COMMANDS[said], "onto_small_disk", str(tmp_path))
    assert said in error
    assert fix in error


UNREADABLE = {
    ("config.yaml", ("index", "build")): "config.yaml cannot be read (Permission denied): give it to the",
    ("config.yaml", ("bot", "connect")): "config.yaml cannot be read (Permission denied): give it to the",
    (".env", ("bot", "up")): ".env cannot be read (Permission denied): give it to the user",
    ("old/config.ini", ("bot", "migrate", "old")): "config.ini cannot be read (Permission denied): give it",
    ("rows.jsonl", ("bot", "backup", "kept")): "rows.jsonl cannot be read (Permission denied): give it",
    ("guide", ("bot", "demo", "--docs", "guide", "--once")): "DOCS=guide cannot be read: give it to the user",
    ("idx", ("index", "search", "port")): "idx/CURRENT: Permission denied: give it to the user",
    ("idx", ("index", "build")): "idx/.lock: Permission denied): give it to the user",
}


@pytest.mark.parametrize(("name", "words"), UNREADABLE)
def test_a_file_of_somebody_else_is_told_with_the_fix(
    name: str, words: tuple[str, ...], tmp_path: Path, redis: str
) -> None:
    machine(tmp_path, FINE.replace("questions: []", "questions: [rows.jsonl]"))
    (tmp_path / "old").mkdir()
    (tmp_path / "idx").mkdir()
    for file in (".env", "rows.jsonl", "old/config.ini"):
        (tmp_path / file).touch(0o600)
    place = tmp_path / name
    rights = place.stat().st_mode
    place.chmod(0)
    try:
        error = typed(tmp_path, redis, words, "as_anybody")
    finally:
        place.chmod(rights)
    assert UNREADABLE[name, words] in error


def test_a_backup_that_fails_leaves_nothing_half_done(tmp_path: Path, redis: str) -> None:
    machine(tmp_path, FINE.replace("questions: []", "questions: [rows.jsonl]"))
    (tmp_path / "rows.jsonl").touch(0o000)
    typed(tmp_path, redis, ("bot", "backup", "kept"), "as_anybody")
    assert not (tmp_path / "kept").exists()


def fault(number: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (28, "a/b cannot be written (No space left on device): free some space there, or go elsewhere"),
        (30, "a/b cannot be written (Read-only file system): mount it for writing, or go elsewhere"),
        (20, "a/b cannot be written (Not a directory): go elsewhere"),
    ],
)
def test_the_sentence_names_place_reason_and_fix(number: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught, disk.writing(Path("a/b"), "go elsewhere"):
        fault(number)()
    assert str(caught.value) == said


def test_a_redis_that_answers_is_not_blamed_on_the_disk(redis: str, tmp_path: Path) -> None:
    with Redis.from_url(redis) as client:
        assert client.ping()
    assert disk.why_nothing_starts(tmp_path) == ""
