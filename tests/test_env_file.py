"""`.env`: part of the environment, closed to others, never in the way of what the environment says."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.config.env_file import read_env_file, write_env_file
from bot.config.settings import load_settings
from bot.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    named = tmp_path / "secrets" / ".env"
    monkeypatch.setenv("FENNEL_ENV_FILE", str(named))
    monkeypatch.delenv("FEISHU_APP_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    return named


def test_what_is_written_is_read_and_only_the_owner_may_read_it(file: Path) -> None:
    write_env_file(file, {"FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "a'b\\c #$d"})
    assert read_env_file(file) == {"FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "a'b\\c #$d"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_other_lines_stay_and_a_name_stands_once(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("# mine\nHTTPS_PROXY=http://proxy:3128\nFEISHU_APP_ID=cli_old\n")
    file.chmod(0o644)
    write_env_file(file, {"FEISHU_APP_ID": "cli_new"})
    assert file.read_text().startswith("# mine\nHTTPS_PROXY=http://proxy:3128\n")
    assert file.read_text().count("FEISHU_APP_ID") == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_settings_come_from_it_unless_the_environment_says_otherwise(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_env_file(file, {"FENNEL_FEISHU__APP_ID": "cli_file", "FENNEL_WEB__PORT": "8123"})
    monkeypatch.setenv("FENNEL_WEB__PORT", "9000")
    monkeypatch.setenv("FENNEL_FEISHU__APP_ID", "")
    monkeypatch.delenv("FENNEL_FEISHU__APP_ID")
    settings = load_settings()
    monkeypatch.delenv("FENNEL_FEISHU__APP_ID")
    assert (settings.feishu.app_id, settings.web.port) == ("cli_file", 9000)


def test_a_file_that_others_can_read_is_refused_with_the_command_that_closes_it(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("FEISHU_APP_SECRET=x\n")
    file.chmod(0o644)
    for folder in (file.parent, *file.parent.parents[:1]):
        folder.chmod(0o755)
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in file.resolve().parents):
        with pytest.raises(ConfigError, match="chmod 600"):
            read_env_file(file)


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_env_file(tmp_path / "file" / ".env", {"A": "b"})


def test_a_file_from_windows_is_read_as_it_was_meant(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes("\ufeffFEISHU_APP_ID=cli_1\r\n# 密钥\r\nFEISHU_APP_SECRET='a b'\r\n".encode())
    file.chmod(0o600)
    assert read_env_file(file) == {"FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "a b"}


@pytest.mark.parametrize(
    "line", ["FEISHU_APP_ID cli_1", "FEISHU_APP_ID: cli_1", "FEISHU_APP_ID='cli_1", "=x"]
)
def test_a_line_that_gives_nothing_is_named_without_its_words(file: Path, line: str) -> None:
    file.parent.mkdir()
    file.write_text(f"A=1\n{line}\n", "utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"line 2 must be NAME=value") as raised:
        read_env_file(file)
    assert "cli_1" not in str(raised.value)
