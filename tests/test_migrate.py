"""`python -m bot migrate`: HuixiangDou's files become settings that load; nothing is written over."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from bot.config.huixiangdou import migrate
from bot.config.settings import load_settings
from bot.errors import ConfigError

CONFIG = """
[feature_store]
reject_throttle = 0.227
embedding_model_path = "maidalun1020/bce-embedding-base_v1"
work_dir = "workdir"
[web_search]
engine = "serper"
serper_x_api_key = "serper-key-1"
domain_partial_order = ["pytorch.org"]
[llm]
enable_local = 0
enable_remote = 1
[llm.server]
local_llm_path = "internlm/internlm2-chat-7b"
remote_type = "deepseek"
remote_api_key = "sk-real-1"
remote_llm_max_text_length = 16000
remote_llm_model = "deepseek-chat"
[worker]
enable_web_search = 1
[worker.time]
enable = 1
start = "09:00:00"
end = "23:59:59"
has_weekday = 1
[sg_search]
binary_src_path = "/usr/local/bin/src"
[frontend]
type = "lark_group"
webhook_url = "http://203.0.113.9:6666/fetch"
[frontend.lark_group]
app_id = "cli_own"
app_secret = "secret-own"
encrypt_key = "key-own"
verification_token = "tok-own"
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "HuixiangDou"
    (folder / "resource").mkdir(parents=True)
    (folder / "repodir" / "harbor").mkdir(parents=True)
    (folder / "repodir" / "README.md").write_text("# Harbor")
    (folder / "config.ini").write_text(CONFIG, "utf-8")
    (folder / "resource" / "good_questions.json").write_text('["how to moor?", "怎么停泊", " "]', "utf-8")
    (folder / "resource" / "bad_questions.json").write_text('["lunch?", "how to moor?", 3]', "utf-8")
    monkeypatch.delenv("FENNEL_ENV_FILE")
    for name in ("FEISHU_APP_ID", "FEISHU_APP_SECRET", "FEISHU_ENCRYPT_KEY", "FEISHU_VERIFICATION_TOKEN"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return folder


def test_what_has_a_counterpart_is_carried_over(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = migrate(checkout)
    environment = ("LLM_API_KEY", "WEB_SEARCH_API_KEY", "FEISHU_WEBHOOK_URL")
    for name in environment:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    settings = load_settings(checkout / "config.yaml")
    feishu = settings.feishu
    assert (feishu.app_id, feishu.app_secret.get_secret_value()) == ("cli_own", "secret-own")
    assert feishu.encrypt_key.get_secret_value() == "key-own"
    assert (settings.llm.base_url, settings.llm.model) == ("https://api.deepseek.com/v1", "deepseek-chat")
    assert settings.llm.api_key.get_secret_value() == "sk-real-1"
    assert settings.web_search.engine == "serper"
    hours = settings.group("oc_1").work_time
    assert hours is not None
    assert (hours.start, hours.end, hours.weekdays) == ("09:00", "24:00", (1, 2, 3, 4, 5))
    assert [str(source.path) for source in settings.index.sources] == [
        str(checkout / "repodir" / "harbor"),
        str(checkout / "repodir"),
    ]
    for left in ("reject_throttle", "sg_search", "webhook_url", "embedding_model_path", "work_dir"):
        assert left in said
    for name in (*environment, "FEISHU_APP_ID", "FEISHU_APP_SECRET", "FEISHU_ENCRYPT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("FEISHU_VERIFICATION_TOKEN", raising=False)


def test_labelled_questions_become_rows_each_once(checkout: Path) -> None:
    migrate(checkout)
    rows = [json.loads(line) for line in (checkout / "questions.jsonl").read_text("utf-8").splitlines()]
    assert [(row["text"], row["label"]) for row in rows] == [
        ("how to moor?", 1),
        ("怎么停泊", 1),
        ("lunch?", 0),
    ]
    assert len({row["id"] for row in rows}) == 3


def test_secrets_are_in_a_file_of_their_owner_and_nowhere_else(checkout: Path) -> None:
    said = migrate(checkout)
    assert stat.S_IMODE((checkout / ".env").stat().st_mode) == 0o600
    for secret in ("secret-own", "key-own", "tok-own", "sk-real-1", "serper-key-1"):
        assert secret in (checkout / ".env").read_text()
        assert secret not in (checkout / "config.yaml").read_text("utf-8") + said


@pytest.mark.parametrize("name", ["config.yaml", "questions.jsonl", ".env"])
def test_nothing_is_written_over(checkout: Path, name: str) -> None:
    (checkout / name).write_text("mine")
    before = sorted(path.name for path in checkout.iterdir())
    with pytest.raises(ConfigError, match=r"not written over; give another --to"):
        migrate(checkout)
    assert (checkout / name).read_text() == "mine"
    assert sorted(path.name for path in checkout.iterdir()) == before
    migrate(checkout, checkout / "fennel")


def test_the_examples_keys_are_no_secrets(checkout: Path) -> None:
    text = CONFIG.replace("sk-real-1", "sk_XXXXXXXXXX").replace("serper-key-1", "YOUR-API-KEY-HERE")
    text = text.replace("cli_own", "cli_a53a34dcb778500e").replace("key-own", "abc").replace("tok-own", "def")
    (checkout / "config.ini").write_text(text.replace("secret-own", "${YOUR-SECRET}"), "utf-8")
    said = migrate(checkout)
    assert not (checkout / ".env").exists()
    assert "remote_api_key: only the example's" in said
    assert "no Serper key" in said


@pytest.mark.parametrize(
    ("text", "what"),
    [("not [toml", "is not the TOML"), ("feature_store_reject_throttle = 767.0;", "is not the TOML")],
)
def test_a_broken_file_is_named(checkout: Path, text: str, what: str) -> None:
    (checkout / "config.ini").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=what):
        migrate(checkout)
    with pytest.raises(ConfigError, match="does not exist"):
        migrate(checkout / "nowhere")


@pytest.mark.parametrize("text", ['llm = 3\nfrontend = "x"', "[frontend]\nlark_group = [1]", ""])
def test_sections_of_another_shape_are_passed_over(checkout: Path, text: str) -> None:
    (checkout / "config.ini").write_text(text, "utf-8")
    migrate(checkout)
    load_settings(checkout / "config.yaml")
