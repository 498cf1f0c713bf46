"""The doctor does what the program does: with Redis a write and its script, with a model server an answer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis

from bot.config.settings import LLMSettings, RedisSettings, Settings, load_settings
from bot.errors import ConfigError
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from tests.test_engine_check import rows_of, sensible
from worker.doctor.doctor import Finding, verdict
from worker.doctor.redis import _kind, redis_rows
from worker.doctor.rows import FAILED, GOOD, WARNING


def states(url: str) -> dict[str, tuple[str, str]]:
    found = redis_rows(Settings(redis=RedisSettings(url=url), llm=LLMSettings(engine="extractive")))
    return {check: (state, detail) for check, state, detail, _ in found}


def test_a_write_and_the_bots_own_script_leave_nothing_behind(redis_url: str, redis: Redis) -> None:
    assert states(redis_url)["redis write"] == ("good", "writes, and runs the bot's own script")
    assert redis.keys("*") == []


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (("+@read", "+info", "+ping", "+config|get", "~*"), "nothing can be written: NoPermissionError"),
        (
            ("+@all", "-eval", "-evalsha", "-script", "~*"),
            "the bot's own script does not run: NoPermissionError",
        ),
        (("+@all", "~other:*"), "nothing can be written: NoPermissionError"),
    ],
)
def test_a_user_who_may_not_do_all_is_named(
    redis_url: str, redis: Redis, rights: tuple[str, ...], said: str
) -> None:
    redis.execute_command("ACL", "SETUSER", "half", "reset", "on", ">word", *rights)
    place = urlsplit(redis_url)
    try:
        state, detail = states(f"redis://half:word@{place.hostname}:{place.port}/0")["redis write"]
    finally:
        redis.execute_command("ACL", "DELUSER", "half")
    assert state == "failed"
    assert detail.startswith(said)


def test_a_replica_and_a_cluster_are_named() -> None:
    assert "replica" in _kind({"role": "slave"})[0][2]
    assert "cluster" in _kind({"role": "master", "cluster_enabled": 1})[0][2]
    assert _kind({"role": "master", "cluster_enabled": 0}) == []


@pytest.mark.parametrize("word", ["p@ss/w0rd", "p#ss@w0rd", "a?b@c", "x/y"])
def test_an_unescaped_password_is_refused_and_not_printed(word: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"redis: {{url: 'redis://:{word}@10.0.0.1:6379/0'}}", encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"redis\.url: .*in a password as") as refused:
        load_settings(file)
    assert word not in str(refused.value)


def test_a_good_model_server_is_asked_for_all_that_the_program_asks() -> None:
    def reply(messages: list[dict[str, object]]) -> str:
        return "Run `pip install fooserve` to install FooServe [1]. It listens on port 9090 by default [1]."

    with ModelServer(model=ScriptedModel(probabilities=sensible, reply=reply)) as server:
        rows = rows_of(server, context_tokens=4096)
    assert {check: state for check, (state, _, _) in rows.items() if check != "tokenizer"} == {
        check: "good" for check in rows if check != "tokenizer"
    }
    assert {"proxy", "server", "scale", "score", "answer", "four at once", "context"} <= set(rows)


def test_a_weak_model_is_told_of() -> None:
    model = ScriptedModel(probabilities=lambda _: {"0": 1.0}, reply="I like trains and 4711 boats.")
    with ModelServer(model=model) as server:
        rows = rows_of(server)
    assert rows["answer"][0] == "warning"
    assert "weak model" in rows["model"][1]
    assert "extractive" in rows["model"][2]


def test_a_context_shorter_than_the_settings_is_told_of() -> None:
    with ModelServer(model=ScriptedModel(probabilities=sensible), session_len=1024) as server:
        rows = rows_of(server, context_tokens=4096)
    state, detail, fix = rows["context"]
    assert state == "failed"
    assert "1024" in fix or "1024" in detail


def test_the_served_name_is_shown_and_not_the_configured_one() -> None:
    with ModelServer(model=ScriptedModel(name="/models/served", probabilities=sensible)) as server:
        rows = rows_of(server, model="configured")
    assert "/models/served" in rows["server"][1]
    assert rows["model name"][0] == "warning"


def test_the_last_line_is_a_verdict() -> None:
    good, warned, failed = Finding("a", GOOD, ""), Finding("b", WARNING, ""), Finding("c", FAILED, "")
    assert verdict([good]).detail == "ready"
    assert verdict([good, warned]).detail.startswith("ready; look at b")
    assert (verdict([failed, warned]).state, verdict([failed]).detail) == (FAILED, "not ready: c first")
