"""What can be read and yet cannot be meant, and what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import extras
from bot.config.settings import Settings, load_settings
from bot.supervisor.redis_server import free_port
from worker.doctor import meaning
from worker.doctor.doctor import Finding, examine, verdict
from worker.doctor.meaning import meaning_rows
from worker.doctor.rows import FAILED, GOOD, WARNING


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two handbooks side by side, and a file that is read by nobody."""
    for name in ("a/guide.md", "b/guide.md", "b/deep/more.md", "pictures/one.png"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("# Guide\n\nText.\n", "utf-8")
    return tmp_path


def given(folder: Path, yaml: str) -> Settings:
    file = folder / "config.yaml"
    file.write_text(yaml.replace("HERE", str(folder)), "utf-8")
    return load_settings(file)


def said(folder: Path, yaml: str) -> list[tuple[str, str, str]]:
    return [(check, state, detail) for check, state, detail, fix in meaning_rows(given(folder, yaml)) if fix]


GOOD_SOURCE = "index: {sources: [{path: HERE/a}], gate: {questions: []}}\n"


def test_settings_that_are_meant_say_nothing(folder: Path) -> None:
    assert said(folder, GOOD_SOURCE + "admins: [ou_1]\ngroups: {default: {}, oc_1: {experts: [ou_2]}}") == []


@pytest.mark.parametrize(
    ("yaml", "check", "words"),
    [
        ("admins: [alice]", "admins", "alice: no open_id, which begins with ou_"),
        ("admins: [ou_1, ou_]", "admins", "ou_: no open_id"),
        ("groups: {oc_1: {experts: [李雷]}}", "groups.oc_1.experts", "李雷: no open_id"),
        ("access: {deny_users: ['@bob']}", "access.deny_users", "@bob: no open_id"),
        ("groups: {support: {reply_to: all}}", "groups", "support: no chat id, which begins with oc_"),
        ("access: {allow_groups: [ou_1]}", "access.allow_groups", "ou_1: no chat id"),
    ],
)
def test_an_id_that_is_none_is_named(folder: Path, yaml: str, check: str, words: str) -> None:
    [(named, state, detail)] = said(folder, GOOD_SOURCE + yaml)
    assert (named, state) == (check, FAILED)
    assert words in detail


@pytest.mark.parametrize(
    ("sources", "state", "words"),
    [
        ("[{path: HERE/nowhere}]", FAILED, "HERE/nowhere: no such file or folder"),
        ("[{qa: HERE/faq.csv}]", FAILED, "HERE/faq.csv: no such file or folder"),
        ("[{qa: HERE/a}]", FAILED, "qa: HERE/a is a folder"),
        ("[{path: HERE/pictures}]", FAILED, "HERE/pictures: holds no file that is read"),
        ("[{path: HERE/a, include: ['*.pdf']}]", FAILED, "HERE/a: holds no file that is read"),
        ("[{path: HERE/b}, {path: HERE/b/deep}]", WARNING, "HERE/b and HERE/b/deep overlap: 1 files are"),
        ("[{path: HERE/b}, {path: HERE/a/../b, name: c}]", WARNING, "overlap: 2 files are indexed twice"),
        ("[{path: HERE/a, name: x}, {path: HERE/b, name: x}]", FAILED, "2 sources are called x"),
        ("[]", FAILED, "index.sources is empty"),
    ],
)
def test_a_source_that_cannot_be_meant_is_named(folder: Path, sources: str, state: str, words: str) -> None:
    rows = said(folder, f"index: {{sources: {sources}, gate: {{questions: []}}}}")
    assert ("sources", state) in [row[:2] for row in rows]
    assert any(words.replace("HERE", str(folder)) in detail for _, _, detail in rows)


def test_parted_folders_and_code_beside_its_documents_do_not_overlap(folder: Path) -> None:
    (folder / "b" / "tool.py").write_text('"""A tool."""\n', "utf-8")
    parted = (
        "[{path: HERE/b, exclude: ['deep/**']}, {path: HERE/b/deep}, {path: HERE/b, code: true, name: c}]"
    )
    assert said(folder, f"index: {{sources: {parted}, gate: {{questions: []}}}}") == []


def test_an_index_inside_its_own_source_is_named(folder: Path) -> None:
    yaml = "index: {dir: HERE/a/index, sources: [{path: HERE/a}], gate: {questions: []}}"
    [(_, state, detail)] = said(folder, yaml)
    assert state == WARNING
    assert "lies inside the source" in detail


def test_labelled_questions_that_are_not_there_are_named(folder: Path) -> None:
    yaml = "index: {sources: [{path: HERE/a}], gate: {questions: [HERE/none.jsonl]}}"
    [(check, state, _)] = said(folder, yaml)
    assert (check, state) == ("index.gate.questions", WARNING)


@pytest.mark.parametrize(
    ("yaml", "module", "command"),
    [
        ("web_search: {engine: ddgs}", "ddgs", "make setup EXTRAS=ddgs"),
        ("web: {dashboard_token: t}", "rq_dashboard", 'make setup EXTRAS="rq-dashboard six"'),
    ],
)
def test_a_package_that_a_setting_asks_for_is_named_with_its_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, yaml: str, module: str, command: str
) -> None:
    settings = given(folder, GOOD_SOURCE + yaml)
    assert meaning_rows(settings) == []
    monkeypatch.setattr(meaning, "is_here", lambda name: name != module)
    [(check, state, detail, fix)] = meaning_rows(settings)
    assert (check, state, fix) == ("packages", FAILED, command)
    assert command in detail


def test_every_extra_has_a_command_whose_packages_are_pinned() -> None:
    pinned = (Path(__file__).resolve().parents[1] / "requirements-dev.txt").read_text("utf-8")
    for module, extra in extras.EXTRAS.items():
        assert extras.is_here(module), f"make dev does not install {module}"
        for package in extra.packages.split():
            assert f"\n{package}==" in pinned


def test_an_app_without_webhook_keys_is_ready_for_the_long_connection(folder: Path, redis_url: str) -> None:
    settings = given(folder, GOOD_SOURCE + f"redis: {{url: '{redis_url}'}}")
    keys = settings.feishu.model_copy(update={"app_id": "cli_1", "app_secret": SecretStr("s")})
    found = {one.check: one for one in examine(settings.model_copy(update={"feishu": keys}))}
    assert found["webhook keys"].state == GOOD
    assert "callback" not in found


def test_a_machine_that_never_saw_feishu_lacks_one_thing(folder: Path) -> None:
    """No keys, no Redis, no web process: one line with the step that brings an app."""
    settings = given(folder, GOOD_SOURCE + f"redis: {{url: 'redis://127.0.0.1:{free_port()}/0'}}")
    found = examine(settings)
    failed = [one for one in found if one.state == FAILED and one.check != "index"]
    assert [one.check for one in failed] == ["feishu.app_id"]
    assert "python -m bot connect" in failed[0].fix
    redis = next(one for one in found if one.check == "redis")
    assert (redis.state, "python -m bot up" in redis.detail) == (GOOD, True)


def test_the_questions_that_come_with_the_bot_are_missed_only_where_they_were_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert said(folder, "index: {sources: [{path: HERE/a}]}") == []


@pytest.mark.parametrize(
    ("failed", "next_step"),
    [
        (["feishu.app_id", "redis", "callback"], "python -m bot connect"),
        (["redis", "callback", "index"], "python -m bot up"),
        (["callback"], "python -m bot up"),
        (["admins", "callback"], "do admins"),
    ],
)
def test_the_verdict_says_what_to_do_next(failed: list[str], next_step: str) -> None:
    last = verdict([Finding(name, FAILED, "x", f"do {name}") for name in failed])
    assert last.state == FAILED
    assert last.fix.startswith("next: ")
    assert next_step in last.fix
    assert verdict([Finding("a", GOOD, "x")]).fix.startswith("next: mention the bot")
