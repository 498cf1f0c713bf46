"""What every section of config.yaml is built on, and the words that several of them share.

Which file and which variables the values come from is bot/config/settings.py's part; import them from there.
A value that would only fail later, when a question is asked, is refused in its section with a sentence that
says what it must be.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

Language = Literal["zh", "en"]
OperatingPoint = Literal["quiet", "balanced", "eager"]


_TEXTS: tuple[Any, ...] = (str, SecretStr, Path, Path | None, str | None)
"""What a setting is that is written as a text and need not be there."""


class SettingsSection(BaseModel):
    """Never changes; an unknown key is an error, and so is an infinite number; what was given is not
    quoted in errors: it may be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    MAY_BE_EMPTY: ClassVar[frozenset[str]] = frozenset()
    """Texts that mean something when they are empty although their default is not."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_left_out(cls, data: Any) -> Any:
        """A text, an address or a path that is empty, or null as YAML reads `base_url:`, has its default."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if not cls.is_left_out(name, value)}

    @classmethod
    def is_left_out(cls, name: str, value: Any) -> bool:
        """Whether a value stands for none: the setting must be something, and this is nothing."""
        field = cls.model_fields.get(name)
        if field is None or field.annotation not in _TEXTS:
            return False
        blank = isinstance(value, str) and not value.strip()
        return value is None or (blank and name not in cls.MAY_BE_EMPTY and field.annotation is not SecretStr)

    @field_validator("*", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        return no_empty_entry(value)

    @field_validator("*")
    @classmethod
    def _from_home(cls, value: Any) -> Any:
        """A path that begins with `~`, as a shell would read it."""
        if not isinstance(value, Path) or not value.parts or not value.parts[0].startswith("~"):
            return value
        try:
            return value.expanduser()
        except RuntimeError as error:
            raise ValueError(f"{value.parts[0]} is nobody's folder here; write the path out") from error


def no_empty_entry(value: Any) -> Any:
    """A list as it is: an empty path in one would be the folder the command runs in. Raises ValueError."""
    if isinstance(value, list | tuple) and any(isinstance(one, str) and not one.strip() for one in value):
        raise ValueError("has an empty entry: write what is meant, or take it out of the list")
    return value


def said(data: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """What variables say: without empty ones, where what is empty is not set, so that the file's value holds.

    An empty variable of a text whose default is empty takes the file's value away.
    """
    kept = {}
    for name, value in data.items():
        field = model.model_fields.get(name)
        kind = field.annotation if field else None
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, SettingsSection):
            value = said(value, kind)
        must_be = field and field.default != ""
        if not (must_be and issubclass(model, SettingsSection) and model.is_left_out(name, value)):
            kept[name] = value
    return kept


def web_address(value: str) -> str:
    """An address that a browser opens and paths are added to, or empty. Raises ValueError that says what it
    must be."""
    address = value.strip()
    if address and not _is_web(address):
        raise ValueError("must be a web address such as https://docs.example.com/guide")
    parts = urlsplit(address)
    routed = parts.fragment.startswith(("/", "!/"))  # pages of one script: https://docs.example.com/#/
    if (parts.query or parts.fragment) and not routed:
        raise ValueError(
            f"must end before {'?' if parts.query else '#'}, as the paths of pages are added to it"
        )
    return address


def _is_web(address: str) -> bool:
    """Whether it is one address with a scheme of the web, a host and, if any, a port that can be."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and parts.scheme in ("http", "https") and len(address.split()) == 1


ADDED = ("/chat/completions", "/completions", "/embeddings", "/rerank")
"""Ends of the addresses that are called, which people copy along with the server's."""


def server_address(value: str) -> str:
    """The address of a server with an OpenAI-like API, or empty. Raises ValueError that says why not."""
    address = value.strip().rstrip("/")
    if not address:
        return ""
    if not _is_web(address):
        raise ValueError("must be an address such as http://127.0.0.1:23333/v1")
    parts = urlsplit(address)
    if end := next((one for one in ADDED if parts.path.endswith(one)), ""):
        raise ValueError(f"must end before {end}, which is added to it")
    if "/v1/v1" in parts.path:
        raise ValueError("has /v1 twice")
    return address
