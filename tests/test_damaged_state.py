"""What stands in Redis, in a backup or behind an option is never trusted in shape: one line, no traceback."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

import bot.__main__
import index.__main__
from bot.config.command_line import run
from bot.errors import ConfigError
from bot.keeping.erasing import forget
from bot.queue import dead_letters
from bot.talk.history import History
from index.training.labels import learned

DEEP = "[" * 100_000
ODD = (
    "",
    "not json",
    "[1,2]",
    "null",
    "5",
    '"x"',
    '{"x":1}',
    DEEP,
    '{"at":"yesterday","action":5,"id":[]}',
    "\x00",
)
INFINITE = (
    '{"at":1e400,"started_at":-1e400,"why":5,"code":"x","events":7,"seconds":[],"usage":"many","cited":3}'
)


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """A command sets its own; the tests' stay."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def damaged(redis: Redis) -> Redis:
    """A Redis where nothing of what this bot keeps is as it wrote it."""
    for number, value in enumerate((*ODD, INFINITE)):
        redis.lpush("fennel:audit", value)
        redis.set(f"fennel:trace:om_{number}", value)
        redis.set(f"fennel:answer:om_{number}", value)
        redis.set(f"fennel:ignored:om_{number}", value)
        redis.rpush("fennel:talk:t", value)
        redis.rpush("fennel:parts:oc_1:ou_1", value)
        redis.hset("fennel:examples", f"om_{number}", value)
        redis.hset(f"fennel:feedback:om_{number}", "ou_1", value)
        redis.hset("fennel:dead_letters", f"1-om_{number}", value)
        redis.hset(f"rq:job:1-om_{number}", "status", "failed")
        redis.zadd("rq:failed:answer", {f"1-om_{number}": 9e12})
    return redis


def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    """What a command ends with and prints."""
    monkeypatch.setattr(sys, "argv", list(words))
    with pytest.raises(SystemExit) as ended:
        run(index.__main__.app if words[0] == "index" else bot.__main__.app)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


READING = (
    ("failed",),
    ("failed", "--json"),
    ("failed", "--retry"),
    ("audit",),
    ("audit", "--json"),
    ("report",),
    ("report", "--json"),
    *(("explain", f"om_{number}") for number in range(len(ODD) + 1)),
    ("explain", "om_0", "--json"),
    ("forget", "ou_1"),
)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_command_reads_over_what_is_damaged(
    damaged: Redis,
    redis_url: str,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FENNEL_REDIS__URL", redis_url)
    status, out, err = typed(monkeypatch, capsys, "bot", *words)
    assert (status, err) == (0, "")
    assert out.strip()


def test_conversation_and_labels_skip_what_is_damaged(damaged: Redis) -> None:
    assert History(damaged)._turns("t") == []
    assert learned(damaged) == []
    assert {letter.at for letter in dead_letters.listed(damaged)} == {0.0}


@pytest.mark.parametrize(
    "open_id", ["", "*", "ou_*", "ou_", "[a-z]", "ou_1\n", "everybody", "ou_" + "x" * 200]
)
def test_nobody_is_forgotten_by_a_pattern(redis: Redis, redis_url: str, open_id: str) -> None:
    redis.rpush("fennel:parts:oc_1:ou_2", json.dumps({"id": "om_1"}))
    with pytest.raises(ConfigError, match="give a person's open_id"):
        forget(redis_url, open_id)
    assert redis.exists("fennel:parts:oc_1:ou_2")


BACKUPS = {
    "no rows": {"manifest.json": b'{"format":1}'},
    "not text": {"manifest.json": b'{"format":1}', "redis.jsonl": b"\xff\xfe\x00"},
    "manifest is a list": {"manifest.json": b"[]"},
    "manifest is deep": {"manifest.json": DEEP.encode()},
    "manifest is infinite": {"manifest.json": b'{"format":1e999}'},
    "a later release's": {"manifest.json": b'{"format":99}'},
    "a dump that is none": {
        "manifest.json": b'{"format":1}',
        "redis.jsonl": b'{"key":"Zm9v","dump":"Zm9v","ttl":0}',
    },
    "deep rows": {"manifest.json": b'{"format":1}', "redis.jsonl": DEEP.encode()},
    "an infinite lifetime": {
        "manifest.json": b'{"format":1}',
        "redis.jsonl": b'{"key":"Zm9v","dump":"Zm9v","ttl":1e999}',
    },
}


@pytest.mark.parametrize("files", BACKUPS.values(), ids=BACKUPS.keys())
def test_a_backup_that_is_none_is_one_line(
    redis_url: str,
    tmp_path: Path,
    files: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("FENNEL_REDIS__URL", redis_url)
    status, _, err = typed(monkeypatch, capsys, "bot", "restore", "--over", str(tmp_path))
    assert status == 1
    assert err.startswith("error: ")
    assert err.count("\n") == 1


MISUSED = (
    ("bot", "backup", "/dev/null/x"),
    ("bot", "backup", "x" * 300),
    ("bot", "restore", ""),
    ("bot", "audit", "--count", "9" * 30),
    ("bot", "failed", "x", "y"),
    ("bot", "explain", "\udcff"),
    ("bot", "report", "--since", "9" * 40 + "d"),
    ("bot", "forget", "*"),
    ("bot", "doctor", "--config", "/"),
    ("index", "build", "--source", "nope"),
    ("index", "build", "x"),
    ("index", "search", "a", "-k", "-1"),
    ("index", "check", "--questions", "/nope"),
    ("index", "eval", "gate", "--questions", "DEEP"),
    ("index", "eval", "retrieval", "--queries", "DEEP"),
    ("index", "build", "--config", "DEEP"),
    ("index", "build", "--config", "NUL"),
)


@pytest.mark.parametrize(
    "words", MISUSED, ids=lambda words: " ".join(words)[:60].encode("ascii", "replace").decode()
)
def test_a_command_that_is_misused_says_one_line(
    redis_url: str,
    tmp_path: Path,
    words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "DEEP").write_text(DEEP + "\n")
    (tmp_path / "NUL").write_text('index: {sources: [{path: "a\\0b"}]}')
    given = [str(tmp_path / word) if word in ("DEEP", "NUL") else word for word in words]
    monkeypatch.setenv("FENNEL_REDIS__URL", redis_url)
    monkeypatch.setenv("FENNEL_INDEX__DIR", str(tmp_path / "index"))
    status, _, err = typed(monkeypatch, capsys, *given)
    assert status == 1
    assert err.startswith("error: ")
    assert err.count("\n") == 1
