"""config.yaml as read from disk: what it may refer to, and who else may read it.

`${NAME}` reads the environment, `${NAME:-text}` has a default, and `${file:PATH}` reads a file, which is how
containers hand out secrets. A file that holds a secret must be closed to the other users of the machine: one
that they can read, or anybody but its owner can change, is refused with the command that closes it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bot.config.yaml_file import read_yaml
from bot.errors import ConfigError

_REFERENCE = re.compile(r"\$\{(?:file:([^}]+)|([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?)\}")
_MOST_BYTES = 65_536
"""A secret is never longer; a file that is was named by mistake."""


def read_settings_file(file: Path, model: type[BaseModel]) -> dict[str, Any]:
    """The sections of a settings file, references replaced. `model` says which settings are secret.

    Raises ConfigError that names the setting and what is wrong with it.
    """
    data = read_yaml(file)
    held = [name for name in secret_names(model) if any(map(_is_literal, _values_of(data, name)))]
    held += [
        name for name in ("redis.url", "network.proxy") if _is_literal(_password_in(_value_of(data, name)))
    ]
    if held and (problem := exposure(file)):
        raise ConfigError(
            f"{file} holds {', '.join(held)} and {problem}; run `chmod 600 {file}`, or keep the secret in "
            "the environment (${NAME}) or in a file of its own (${file:PATH})"
        )
    expanded = _expand(data, "")
    return {key: {} if value is None else value for key, value in expanded.items()}


def exposure(file: Path) -> str:
    """How people other than its owner can get at a file; empty when they cannot.

    Its group may read it, which is how containers share secrets with a service. Raises OSError.
    """
    if os.name != "posix":
        return ""
    mode = stat.S_IMODE(file.stat().st_mode)
    by_group, by_others = mode & stat.S_IWGRP, mode & (stat.S_IROTH | stat.S_IWOTH)
    if by_others and not all(parent.stat().st_mode & stat.S_IXOTH for parent in file.resolve().parents):
        by_others = 0
    if not by_group and not by_others:
        return ""
    what = "can be read by every user of this machine" if by_others else "can be changed by its group"
    return f"{what} (mode {mode:04o})"


def no_file(file: Path, *, must_be_there: bool = False) -> str:
    """Why nothing can be read at a path, as "x is a folder ..."; empty where a file, or nothing, is there."""
    if file.is_dir():
        return f"{file} is a folder (Docker makes one where the file that it mounts is missing)"
    if file.is_symlink() and not file.exists():
        return f"{file} is a link to {file.readlink()}, which does not exist"
    return f"{file} does not exist" if must_be_there and not file.is_file() else ""


def secret_names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The dotted names of all secret settings of a model."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if kind is SecretStr:
            yield prefix + name
        elif get_origin(kind) is dict and SecretStr in get_args(kind):
            yield f"{prefix}{name}.*"
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from secret_names(kind, f"{prefix}{name}.")


def _values_of(data: Any, name: str) -> list[str]:
    """The texts at a dotted name; `.*` at its end stands for all entries of a section."""
    if not name.endswith(".*"):
        return [_value_of(data, name)]
    for part in name.removesuffix(".*").split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return [value for value in data.values() if isinstance(value, str)] if isinstance(data, dict) else []


def _value_of(data: Any, name: str) -> str:
    for part in name.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data if isinstance(data, str) else ""


def _password_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def _is_literal(value: str) -> bool:
    """Whether a value says something by itself, beside what it refers to."""
    return bool(_REFERENCE.sub(lambda match: match.group(3) or "", value))


def _expand(value: Any, field: str) -> Any:
    """Replaces references in every string of a YAML tree; `field` is the dotted path, for errors."""
    if isinstance(value, dict):
        return {key: _expand(item, f"{field}.{key}".lstrip(".")) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, f"{field}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _referred(match, field), value)
    return value


def _referred(match: re.Match[str], field: str) -> str:
    file, name, default = match.groups()
    if file is not None:
        return _read_secret(Path(file), field)
    found = os.environ.get(name, default)
    if found is None:
        raise ConfigError(
            f"{field}: environment variable {name} is not set; export it or write ${{{name}:-}}"
        )
    return found


def _read_secret(file: Path, field: str) -> str:
    try:
        problem = exposure(file)
        text = "" if problem else file.read_bytes()[: _MOST_BYTES + 1].decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{field}: cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{field}: {file} is not text") from error
    if problem:
        raise ConfigError(f"{field}: {file} {problem}; run `chmod 600 {file}`")
    if not text.strip() or len(text) > _MOST_BYTES:
        raise ConfigError(f"{field}: {file} holds no secret: it is empty or too large")
    return text.rstrip("\r\n")
