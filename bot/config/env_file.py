"""The file `.env`: secrets of one machine, which only its owner may read, as part of the environment.

`python -m bot connect` writes it; Docker Compose, systemd and honcho read the same form. What the environment
itself says wins. FENNEL_ENV_FILE names another file; empty, none is read. A file that others can read is
refused: what it holds would no longer be secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import set_key
from dotenv.parser import parse_stream

from bot.config import disk
from bot.config.file import exposure, no_file
from bot.errors import ConfigError

NAMED = {
    "feishu.app_id": "FEISHU_APP_ID",
    "feishu.app_secret": "FEISHU_APP_SECRET",
    "feishu.encrypt_key": "FEISHU_ENCRYPT_KEY",
    "feishu.verification_token": "FEISHU_VERIFICATION_TOKEN",
    "feishu.webhook_url": "FEISHU_WEBHOOK_URL",
    "feishu.webhook_secret": "FEISHU_WEBHOOK_SECRET",
    "llm.api_key": "LLM_API_KEY",
    "index.embedder.api_key": "EMBEDDER_API_KEY",
    "index.reranker.api_key": "RERANKER_API_KEY",
    "web_search.api_key": "WEB_SEARCH_API_KEY",
    "web.operator_token": "FENNEL_OPERATOR_TOKEN",
    "web.dashboard_token": "FENNEL_DASHBOARD_TOKEN",
}
"""Settings that a variable with a short name gives where the settings file leaves them out."""
_ELSEWHERE = "give FENNEL_ENV_FILE a path"
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def env_file(config: Path | None = None) -> Path | None:
    """The file to read and write: beside the settings file; None when FENNEL_ENV_FILE is empty."""
    beside = config or Path(os.environ.get("FENNEL_CONFIG") or "config.yaml")
    named = os.environ.get("FENNEL_ENV_FILE", str(beside.parent / ".env"))
    return Path(named) if named else None


def read_env_file(file: Path | None) -> dict[str, str]:
    """Its variables; empty where there is no such file.

    Raises ConfigError when others can read it, and for a line that gives no variable.
    """
    if file is not None and (problem := no_file(file)):
        raise ConfigError(f"{problem}; give FENNEL_ENV_FILE a path, or an empty text for none")
    if file is None or not file.is_file():
        return {}
    try:
        problem = exposure(file)
        text = "" if problem else file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): {disk.OWNER}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} must be saved as UTF-8") from error
    if problem:
        raise ConfigError(f"{file} holds secrets and {problem}; run `chmod 600 {file}`")
    lines = list(parse_stream(StringIO(text)))
    if wrong := next((one.original.line for one in lines if one.error), 0):
        raise ConfigError(f"{file}: line {wrong} must be NAME=value, and a quote that is opened be closed")
    found = ((one.key or "", one.value) for one in lines)
    return {name: value for name, value in found if value is not None and _NAME.match(name)}


def take_env_file(config: Path | None) -> None:
    """Puts its variables into the environment where the environment does not say otherwise."""
    for name, value in read_env_file(env_file(config)).items():
        os.environ.setdefault(name, value)


def with_named(data: dict[str, Any]) -> dict[str, Any]:
    """The sections of a settings file with what variables of NAMED say of settings that it leaves out."""
    for setting, name in NAMED.items():
        *sections, key = setting.split(".")
        value = os.environ.get(name)
        place: Any = data if value else None
        for section in sections:
            place = place.setdefault(section, {}) if isinstance(place, dict) else None
        if isinstance(place, dict) and place.get(key) is None:
            place[key] = value
    return data


def write_env_file(file: Path, values: Mapping[str, str]) -> None:
    """Sets variables in the file, leaving its other lines as they are; only its owner can read it.

    Raises ConfigError when it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
        file.chmod(0o600)
        for name, value in values.items():
            set_key(file, name, value, quote_mode="auto")
        file.chmod(0o600)
    except OSError as error:
        raise _unwritten(file, error) from error


def try_env_file(file: Path) -> None:
    """Tries whether keys could be kept in it, before anybody makes some. Raises ConfigError."""
    disk.try_writing(file.parent, _ELSEWHERE, file)
    try:
        if file.exists():
            file.open("ab").close()
    except OSError as error:
        raise _unwritten(file, error) from error


def _unwritten(file: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{file} cannot be written ({disk.reason(error)}): {disk.to_do(error, _ELSEWHERE)}")
