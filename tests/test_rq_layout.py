"""What this bot knows of RQ's layout is what the installed RQ does; a change is told before a job is lost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import rq
from redis import Redis
from rq.executions import Execution
from rq.job import Job
from rq.rate_limit import RateLimitRegistry

from bot.errors import ConfigError
from bot.queue import rq_layout

ROOT = Path(__file__).parent.parent


def test_the_installed_rq_is_as_it_is_known() -> None:
    assert rq_layout.differences() == []


@pytest.mark.parametrize(
    ("owner", "name", "value", "told"),
    [
        (Job, "redis_job_namespace_prefix", "rq:j:", "job prefix: 'rq:j:' instead of 'rq:job:'"),
        (Execution, "composite_key", property(lambda self: "J/E"), "run in a set: 'J/E'"),
        (Execution, "serialize", lambda self: {"worker": "W"}, "worker of a run: None"),
        (RateLimitRegistry, "allowed_key", property(lambda self: "rq:limit"), "jobs let through"),
        (rq_layout, "ACQUIRE_SCRIPT", "return {}", "script: "),
    ],
)
def test_a_change_in_rq_is_told_with_its_version(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, value: object, told: str
) -> None:
    monkeypatch.setattr(owner, name, value)
    with pytest.raises(ConfigError) as raised:
        rq_layout.check()
    assert told in str(raised.value)
    assert f"rq {rq.__version__}" in str(raised.value)
    assert "requirements.txt" in str(raised.value)


def test_what_rq_has_no_more_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Execution, "worker_executions_key")
    with pytest.raises(ConfigError, match="worker_executions_key"):
        rq_layout.check()


@pytest.mark.slow
def test_another_rq_stops_the_bot_at_its_start(tmp_path: Path) -> None:
    code = "from rq.queue import Queue; Queue.redis_queues_keys = 'rq:all'; import bot.queue.queue"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode != 0
    assert "ConfigError: rq" in done.stderr
    assert "queues: 'rq:all' instead of 'rq:queues'" in done.stderr


def test_the_time_is_as_rq_writes_it(redis: Redis) -> None:
    job = Job.create("f", connection=redis, serializer=rq_layout.SERIALIZER)
    assert re.sub(r"\d", "0", job.to_dict()["created_at"]) == re.sub(r"\d", "0", rq_layout.now())


def test_no_other_module_spells_rqs_keys() -> None:
    for package in ("bot", "worker", "demo"):
        for file in (ROOT / package).rglob("*.*"):
            if file.suffix in (".py", ".lua") and file.name != "rq_layout.py":
                assert not re.search(r"[\"']rq:", file.read_text("utf-8")), file
