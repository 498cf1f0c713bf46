"""The doctor: every failure is named with what to do; one broken part does not hide the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis

from bot.config.settings import (
    FeishuSettings,
    IndexSettings,
    LLMSettings,
    RedisSettings,
    Settings,
    SourceSettings,
    WebSettings,
)
from bot.supervisor.redis_server import free_port
from simulator import LocalFeishu
from worker.doctor import doctor
from worker.doctor.doctor import Finding, examine
from worker.doctor.rows import FAILED, GOOD, WARNING


def settings(feishu: LocalFeishu, redis_url: str, folder: Path) -> Settings:
    return Settings(
        feishu=FeishuSettings(
            app_id=feishu.app.app_id,
            app_secret=SecretStr(feishu.app.app_secret),
            encrypt_key=SecretStr("key"),
            verification_token=SecretStr("token"),
            domain=feishu.url,
        ),
        redis=RedisSettings(url=redis_url),
        index=IndexSettings(dir=folder),
        llm=LLMSettings(engine="extractive"),
        web=WebSettings(port=free_port()),
    )


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def test_good_parts_are_good_and_missing_ones_say_what_to_do(redis_url: str, tmp_path: Path) -> None:
    with LocalFeishu() as feishu:
        found = by_check(examine(settings(feishu, redis_url, tmp_path)))
    assert {found[name].state for name in ("feishu.app_id", "redis", "feishu", "scopes", "engine")} == {GOOD}
    assert feishu.bot_open_id in found["feishu"].detail
    assert found["index"].state == FAILED
    assert "python -m index build" in found["index"].fix
    assert found["callback"].state == FAILED
    assert "honcho start web" in found["callback"].fix


def test_an_empty_key_names_its_variable_and_page(redis_url: str, tmp_path: Path) -> None:
    with LocalFeishu() as feishu:
        given = settings(feishu, redis_url, tmp_path)
        half = FeishuSettings(domain=feishu.url, app_id=feishu.app.app_id)
        found = by_check(examine(given.model_copy(update={"feishu": half})))
    assert found["feishu.encrypt_key"].state == FAILED
    assert "FEISHU_ENCRYPT_KEY" in found["feishu.encrypt_key"].fix
    assert "Encryption Strategy" in found["feishu.encrypt_key"].fix
    assert found["feishu"].state == FAILED


def test_a_missing_scope_is_named_with_the_page_that_grants_it(redis_url: str, tmp_path: Path) -> None:
    with LocalFeishu() as feishu:
        feishu.tenant.scopes.remove("cardkit:card:write")
        found = by_check(examine(settings(feishu, redis_url, tmp_path)))
    assert found["scopes"].state == FAILED
    assert "cardkit:card:write" in found["scopes"].detail
    assert "/auth" in found["scopes"].fix


def test_a_feishu_source_needs_scopes_of_its_own(redis_url: str, tmp_path: Path) -> None:
    wiki = IndexSettings(dir=tmp_path, sources=(SourceSettings(feishu_wiki="7034502641455497244"),))
    with LocalFeishu() as feishu:
        given = settings(feishu, redis_url, tmp_path)
        for scope in ("wiki:wiki:readonly", "docx:document:readonly"):
            feishu.tenant.scopes.remove(scope)
        feishu.tenant.scopes.append("docx:document")  # which covers docx:document:readonly
        assert by_check(examine(given))["scopes"].state == GOOD
        found = by_check(examine(given.model_copy(update={"index": wiki})))
    assert found["scopes"].state == FAILED
    assert found["scopes"].detail == "missing: wiki:wiki:readonly"


def test_a_wrong_secret_is_feishus_word(redis_url: str, tmp_path: Path) -> None:
    with LocalFeishu() as feishu:
        given = settings(feishu, redis_url, tmp_path)
        wrong = given.feishu.model_copy(update={"app_secret": SecretStr("wrong")})
        found = by_check(examine(given.model_copy(update={"feishu": wrong})))
    assert found["feishu"].state == FAILED
    assert "10014" in found["feishu"].detail


def test_a_redis_that_may_forget_is_a_warning(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    redis.config_set("appendonly", "no")
    try:
        with LocalFeishu() as feishu:
            found = by_check(examine(settings(feishu, redis_url, tmp_path)))
    finally:
        redis.config_set("appendonly", "yes")
    assert found["redis persistence"].state == WARNING
    assert "appendonly yes" in found["redis persistence"].fix


def test_a_redis_that_is_away_hides_nothing_else(tmp_path: Path) -> None:
    with LocalFeishu() as feishu:
        found = by_check(examine(settings(feishu, f"redis://127.0.0.1:{free_port()}/0", tmp_path)))
    assert found["redis"].state == FAILED
    assert found["redis"].detail.endswith("cannot be reached")
    assert found["callback"].detail.endswith("/feishu/event does not answer: nothing listens there")
    assert found["index"].state == FAILED
    assert found["engine"].state == GOOD


def test_the_exit_status_and_json_say_whether_something_failed(
    redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LocalFeishu() as feishu:
        assert doctor.run(settings(feishu, redis_url, tmp_path), as_json=True) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {"check", "state", "detail", "fix"} == set(rows[0])
