"""Settings: what overrides what, and errors that name the field and the fix."""

from __future__ import annotations

import re
import tempfile
import traceback
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from bot.config.env_file import NAMED
from bot.config.file import secret_names
from bot.config.settings import GroupSettings, Settings, SourceSettings, load_settings
from bot.errors import ConfigError

ROOT = Path(__file__).resolve().parents[1]


def write(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENNEL_LLM__ENGINE", "openai")
    monkeypatch.setenv("FENNEL_ADMINS", '["ou_1"]')
    settings = load_settings(write(tmp_path, "llm: {engine: extractive, model: m}\nadmins: [ou_2]"))
    assert (settings.llm.engine, settings.llm.model, settings.admins) == ("openai", "m", ("ou_1",))


def test_fennel_config_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENNEL_CONFIG", str(write(tmp_path, "redis: {url: redis://127.0.0.1:9/1}")))
    assert load_settings().redis.url == "redis://127.0.0.1:9/1"


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.yaml does not exist"):
        load_settings(tmp_path / "nothing.yaml")


def test_a_file_of_another_user_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    file = write(tmp_path, "{}")
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigError, match=r"config\.yaml cannot be read \(Permission denied\): give it to"):
        load_settings(file)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("llm: {engin: openai}", r"llm\.engin: no such setting"),
        ("nonsense: 1", "nonsense: no such setting"),
        ('"": 1', ': "": no such setting'),
        ("llm: {engine: gpt}", r"llm\.engine: .*turbomind"),
        ("worker: {concurrency: 0}", r"worker\.concurrency"),
        ("index: {sources: [{path: a, git: b}]}", "exactly one of path, git"),
        ("feishu: {domain: open.feishu.cn}", r"feishu\.domain: .*https://"),
        ("feishu: {app_secret: '${NOT_SET_ANYWHERE}'}", r"feishu\.app_secret: .*NOT_SET_ANYWHERE"),
        ("- a list", "must hold sections"),
        ("a: [", "not valid YAML"),
        ("groups: {oc_1: {answers: all}}", r"groups\.oc_1\.answers: no such setting"),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load_settings(write(tmp_path, text))


def _dotted(settings: Settings, name: str) -> Any:
    return reduce(getattr, name.split("."), settings)


LEFT_EMPTY = (
    "index.dir",
    "index.milvus.url",
    "feishu.domain",
    "redis.url",
    "web.host",
    "web.operator_host",
    "limits.day_timezone",
)
"""Paths, addresses and names that nothing can be without."""


@pytest.mark.parametrize("empty", ["", "''", "'  '"], ids=["null", "empty", "blank"])
@pytest.mark.parametrize("name", LEFT_EMPTY)
def test_a_path_or_an_address_left_empty_in_the_file_has_its_default(
    tmp_path: Path, name: str, empty: str
) -> None:
    *sections, key = name.split(".")
    text = "".join(f"{'  ' * depth}{part}:\n" for depth, part in enumerate(sections))
    settings = load_settings(write(tmp_path, f"{text}{'  ' * len(sections)}{key}: {empty}"))
    assert _dotted(settings, name) == _dotted(Settings(), name)


@pytest.mark.parametrize("name", LEFT_EMPTY)
def test_an_empty_variable_leaves_the_value_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Compose files hand `${DIR:-}` on; it must not become the folder the command runs in."""
    given = {"index.dir": "/srv/index", "redis.url": "unix:///run/redis"}.get(name, "https://10.0.0.1")
    if name == "limits.day_timezone":
        given = "Europe/Berlin"
    *sections, key = name.split(".")
    text = "".join(f"{'  ' * depth}{part}:\n" for depth, part in enumerate(sections))
    file = write(tmp_path, f"{text}{'  ' * len(sections)}{key}: {given}\nweb: {{operator_token: t}}")
    if name.startswith("web."):
        file = write(tmp_path, f"web: {{operator_token: t, {key}: '{given}'}}")
    monkeypatch.setenv(f"FENNEL_{name.upper().replace('.', '__')}", " ")
    assert str(_dotted(load_settings(file), name)) == given


def test_an_empty_variable_takes_away_a_text_that_need_not_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENNEL_LLM__BASE_URL", "")
    monkeypatch.setenv("FENNEL_LLM__MODEL", "")
    settings = load_settings(write(tmp_path, "llm: {base_url: 'http://127.0.0.1:1/v1', model: m}"))
    assert (settings.llm.base_url, settings.llm.model) == ("", "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("index: {sources: [{path: ''}]}", r"index\.sources\.0: give exactly one of path, git.* empty one"),
        ("index: {sources: [{site: ' '}]}", r"index\.sources\.0: give exactly one of path, git.* empty one"),
        ("index: {gate: {questions: ['']}}", r"index\.gate\.questions: has an empty entry"),
        ("index: {sources: [{path: a, include: ['']}]}", r"index\.sources\.0\.include: has an empty entry"),
        ("web_search: {domains: ['']}", r"web_search\.domains: has an empty entry"),
        ("access: {allow_groups: ['']}", r"access\.allow_groups: has an empty entry"),
        ("admins: ['']", r"admins: has an empty entry"),
        ("web: {port: ''}", r"web\.port: needs a whole number"),
    ],
)
def test_what_may_not_be_empty_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load_settings(write(tmp_path, text))


def test_of_two_places_an_empty_one_does_not_count(tmp_path: Path) -> None:
    [source] = load_settings(write(tmp_path, "index: {sources: [{path: docs, git: ''}]}")).index.sources
    assert (source.path, source.git) == (Path("docs"), None)


def test_a_path_may_begin_at_ones_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    settings = load_settings(write(tmp_path, "index: {dir: ~/index, sources: [{path: ~/docs, name: '~'}]}"))
    assert settings.index.dir == tmp_path / "home/index"
    assert settings.index.sources[0].path == tmp_path / "home/docs"
    assert settings.index.sources[0].name == "~"
    with pytest.raises(ConfigError, match=r"index\.dir: ~no-such-user is nobody's folder here"):
        load_settings(write(tmp_path, "index: {dir: ~no-such-user/index}"))


def test_a_misspelt_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENNEL_LLM__ENGIN", "openai")
    with pytest.raises(ConfigError, match=r"llm\.engin: no such setting"):
        load_settings(write(tmp_path, "{}"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FENNEL_INDX__DIR", "x", r"FENNEL_INDX__DIR: there is no section 'indx'"),
        ("FENNEL_ADMINS", "ou_x", r"FENNEL_ADMINS: is no JSON; lists and groups are JSON"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said):
        load_settings(write(tmp_path, "{}"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("redis: {url: 'http://x'}", r"redis\.url: must start with redis://"),
        ("redis: {url: 'redis://:pass/word@10.0.0.1:6379/0'}", r"redis\.url: has no port; write / \? # in"),
        ("groups: {oc_x: {work_time: {start: '25:00'}}}", r"groups\.oc_x\.work_time\.start: "),
        ("groups: {oc_x: {work_time: {timezone: Moon}}}", r"work_time\.timezone: must be a name such as"),
        ("groups: {oc_x: {work_time: {weekdays: [0]}}}", r"work_time\.weekdays\.0: "),
    ],
)
def test_a_value_that_would_fail_later_is_refused_at_once(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_settings(write(tmp_path, text))


def test_variables_in_the_file_are_read_and_may_have_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_APP", "cli_1")
    monkeypatch.delenv("MY_SECRET", raising=False)
    settings = load_settings(
        write(tmp_path, "feishu: {app_id: '${MY_APP}', app_secret: '${MY_SECRET:-none}'}")
    )
    assert settings.feishu.app_id == "cli_1"
    assert settings.feishu.app_secret.get_secret_value() == "none"


def test_a_secret_may_be_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    secret = tmp_path / "app_secret"
    secret.write_text("hunter2\n", encoding="utf-8")
    settings = write(tmp_path, f"feishu: {{app_secret: '${{file:{secret}}}'}}")
    secret.chmod(0o440)
    assert load_settings(settings).feishu.app_secret.get_secret_value() == "hunter2"
    secret.chmod(0o460)
    with pytest.raises(
        ConfigError, match=r"feishu\.app_secret: .*changed by its group \(mode 0460\); run `ch"
    ):
        load_settings(settings)
    secret.chmod(0o600)
    secret.write_bytes(b"\n")
    with pytest.raises(ConfigError, match=r"feishu\.app_secret: .*holds no secret"):
        load_settings(settings)
    secret.unlink()
    with pytest.raises(ConfigError, match=r"feishu\.app_secret: cannot read .*No such file"):
        load_settings(settings)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user of this machine may enter; pytest's own are closed."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    "text",
    [
        "feishu: {app_secret: hunter2}",
        "index: {embedder: {api_key: hunter2}}",
        "llm: {api_key: '${NOT_SET_ANYWHERE:-hunter2}'}",
        "redis: {url: 'redis://:hunter2@127.0.0.1:6379/0'}",
    ],
)
def test_a_secret_in_a_settings_file_that_others_can_read_is_refused(open_folder: Path, text: str) -> None:
    file = write(open_folder, text)
    file.chmod(0o644)
    with pytest.raises(
        ConfigError, match=r"read by every user of this machine \(mode 0644\); run `chmod 600"
    ):
        load_settings(file)
    file.chmod(0o640)
    load_settings(file)
    file.chmod(0o644)
    open_folder.chmod(0o700)
    load_settings(file)


def test_a_settings_file_without_secrets_may_be_read_by_all(open_folder: Path) -> None:
    file = write(open_folder, "feishu: {app_secret: '${NOT_SET_ANYWHERE:-}', app_id: cli_1}")
    file.chmod(0o644)
    assert load_settings(file).feishu.app_id == "cli_1"


def test_every_secret_setting_is_known_by_name() -> None:
    names = set(secret_names(Settings))
    assert {"feishu.app_secret", "index.embedder.api_key", "web.dashboard_token"} <= names
    assert len(names) >= 12


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "feishu: {app_secret: hunter2, encrypt_key: hunter2}"))
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        'feishu: {app_secret: "hunter2}',
        "feishu: {app_secret: *hunter2}",
        "feishu: {app_secret: !hunter2 x}",
        "llm: {api_key: {hunter2: 1}}",
        "redis: {url: 'http://:hunter2@x'}",
    ],
)
def test_an_error_quotes_no_secret_not_even_in_its_traceback(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_bad_yaml_is_found_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml is not valid YAML at line 2, column 10: check"):
        load_settings(write(tmp_path, "llm:\n  model: @internlm\n"))


def test_the_address_of_redis_is_shown_without_its_password() -> None:
    for url in ("redis://me:hunter2@10.0.0.1:6380/2", "redis://10.0.0.1:6380/2?password=hunter2"):
        assert Settings(redis={"url": url}).redis.shown == "redis://10.0.0.1:6380/2"  # type: ignore[arg-type]


def test_a_group_inherits_from_default(tmp_path: Path) -> None:
    settings = load_settings(
        write(tmp_path, "groups: {default: {reply_to: all, language: zh}, oc_1: {language: en}, oc_2: }")
    )
    assert (settings.group("oc_1").reply_to, settings.group("oc_1").language) == ("all", "en")
    assert settings.group("oc_2").language == "zh"
    assert settings.group("oc_unknown").reply_to == "all"


def test_admins_are_everywhere_or_of_one_group(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "admins: [ou_a]\ngroups: {oc_1: {admins: [ou_b]}}"))
    assert settings.is_admin("ou_a")
    assert settings.is_admin("ou_a", "oc_1")
    assert settings.is_admin("ou_b", "oc_1")
    assert not settings.is_admin("ou_b", "oc_2")
    assert not settings.is_admin("ou_b")


def test_the_bundled_file_is_short_and_says_what_the_defaults_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMED.values():
        monkeypatch.delenv(name, raising=False)
    file = ROOT / "config.yaml"
    written = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert len(written) < 40
    settings, defaults = load_settings(file), Settings()
    assert settings.model_copy(update={"index": defaults.index, "groups": {}}) == defaults
    assert settings.group("any") == defaults.group("any")
    sources = (SourceSettings(path=Path("docs"), include=("en/**/*.md", "zh/**/*.md")),)
    assert settings.index == defaults.index.model_copy(update={"sources": sources})


def test_what_is_commented_out_in_the_bundled_file_can_be_taken_as_it_stands(tmp_path: Path) -> None:
    """Each example is one that works when its # is taken away."""
    lines = (ROOT / "config.yaml").read_text("utf-8").splitlines()
    taken = [re.sub(r"^( *)# (?=( *include|- |[a-z_]+:))", r"\1", line) for line in lines[3:]]
    assert sum(one != other for one, other in zip(taken, lines[3:], strict=True)) >= 8
    settings = load_settings(write(tmp_path, "\n".join(taken)))
    assert len(settings.index.sources) == 6
    assert settings.llm.model == "deepseek-chat"
    assert settings.feishu.domain == "https://open.larksuite.com"


def test_a_chat_of_which_nothing_is_said_costs_a_push_nothing(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "groups: {oc_1: {reply_to: all}}"))
    assert settings.group("oc_2") is settings.group("oc_3"), "its settings are not made anew at each push"
    assert (settings.group("oc_1").reply_to, settings.group("oc_2").reply_to) == ("all", "mention")


def test_named_variables_give_what_the_file_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(NAMED.values()):
        monkeypatch.setenv(name, f"value-{number}")
    settings = load_settings(
        write(tmp_path, "feishu: {app_id: cli_file}\nllm:\nweb_search: {engine: serper}")
    )
    values = {}
    for setting in NAMED:
        value: Any = settings
        for part in setting.split("."):
            value = getattr(value, part)
        values[setting] = value.get_secret_value() if isinstance(value, SecretStr) else value
    wanted = {setting: f"value-{number}" for number, setting in enumerate(NAMED)}
    assert values == {**wanted, "feishu.app_id": "cli_file"}
    empty = load_settings(write(tmp_path, "feishu: {app_id: cli_file}\nllm: {api_key: , base_url: }"))
    assert (empty.llm.api_key.get_secret_value(), empty.llm.base_url) == (wanted["llm.api_key"], "")
    monkeypatch.setenv("FENNEL_LLM__API_KEY", "longer")
    assert load_settings(write(tmp_path, "{}")).llm.api_key.get_secret_value() == "longer"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("feishu: {app_idd: x}", "feishu.app_idd: no such setting; did you mean app_id?"),
        ("lmm: {engine: auto}", "lmm: no such setting; did you mean llm?"),
        ("index: {sources: [{path: docs, inclde: [a]}]}", "sources.0.inclde: no such setting; did you mean"),
        ("groups: {oc_1: {replyto: all}}", "groups.oc_1.replyto: no such setting; did you mean reply_to?"),
        (
            "groups: {oc_1: {work_time: {strat: '09:00'}}}",
            "work_time.strat: no such setting; did you mean st",
        ),
        ("admins: alice", 'admins: needs a list, such as ["a", "b"]'),
        ("worker: {concurrency: many}", "worker.concurrency: needs a whole number"),
        ("access: {allow_p2p: maybe}", "access.allow_p2p: needs true or false"),
        ("llm: {engine: vllm}", "llm.engine: needs one of 'auto', 'turbomind', 'openai' or 'extractive'"),
        ("access: yes", "access: needs keys below it"),
        ("index: {sources: [docs]}", "index.sources.0: needs keys and values, such as {path: docs}"),
        ("index: {sources: docs}", "index.sources: needs a list, such as [{path: docs}]"),
        ("index: {sources: }", "index.sources: needs a list, such as [{path: docs}]"),
        ("worker:\n\tconcurrency: 3", "line 2: it is indented with a tab; YAML wants spaces"),
        ("qqqqqqq: 1", "qqqqqqq: no such setting; see docs/en/all-settings.md"),
    ],
)
def test_a_fault_is_said_in_words_for_yaml(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as fault:
        load_settings(file)
    assert said in str(fault.value)


NOTHING = {
    "cards.tables", "groups.gather_seconds", "index.max_removed", "limits.questions_per_day",
    "limits.questions_per_group_per_day", "limits.questions_per_group_per_minute",
    "limits.questions_per_user_per_day", "limits.questions_per_user_per_minute", "limits.tokens_per_day",
    "limits.tokens_per_group_per_day", "limits.tokens_per_user_per_day", "llm.cache_max_entry_count",
    "llm.max_batch_size", "llm.reasoning_tokens", "llm.session_len", "llm.temperature", "web.operator_port",
    "web.port", "worker.metrics_port", "worker.stop_timeout",
}  # fmt: skip
"""Numbers of which 0 is one that makes sense."""


def _numbers(model: type[BaseModel], name: str = "") -> Iterator[tuple[str, type[BaseModel], str]]:
    """(name, section, field) of every number that can be set."""
    for field, facts in model.model_fields.items():
        kind = GroupSettings if field == "groups" else facts.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _numbers(kind, f"{name}{field}.")
        elif kind in (int, float):
            yield f"{name}{field}", model, field


@pytest.mark.parametrize(("name", "section", "field"), [*_numbers(Settings)])
def test_no_number_may_be_below_what_makes_sense(name: str, section: type[BaseModel], field: str) -> None:
    for value in (-1, float("inf"), float("nan"), *(() if name in NOTHING else (0,))):
        with pytest.raises(ValidationError, match=field):
            section.model_validate({field: value})
    if name in NOTHING:
        assert getattr(section.model_validate({field: 0}), field) == 0


def test_keeping_no_version_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"index\.keep_versions: must be greater than or equal to 1"):
        load_settings(write(tmp_path, "index: {keep_versions: 0}"))
