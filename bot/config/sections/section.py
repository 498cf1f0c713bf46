"""What every section of config.yaml is built on, and the words that several of them share.

Which file and which variables the values come from is bot/config/settings.py's part; import them from there.
A value that would only fail later, when a question is asked, is refused in its section with a sentence that
says what it must be.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

Language = Literal["zh", "en"]
OperatingPoint = Literal["quiet", "balanced", "eager"]


class SettingsSection(BaseModel):
    """Never changes; an unknown key is an error, and so is an infinite number; what was given is not
    quoted in errors: it may be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_left_out(cls, data: Any) -> Any:
        """A text with nothing after its colon (`base_url:`), which YAML reads as null, has its default."""
        if not isinstance(data, dict) or all(value is not None for value in data.values()):
            return data
        fields = cls.model_fields
        texts = {name for name, field in fields.items() if field.annotation in (str, SecretStr)}
        return {name: value for name, value in data.items() if value is not None or name not in texts}

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


def web_address(value: str) -> str:
    """An address that a browser opens, or empty. Raises ValueError that says what it must be."""
    address = value.strip()
    if address and not _is_web(address):
        raise ValueError("must be a web address such as https://docs.example.com/guide")
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
