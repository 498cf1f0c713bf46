"""The sections about what runs and what it talks to: Feishu, Redis, the model server, the network."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.config.sections.section import SettingsSection, server_address
from bot.errors import ConfigError


class FeishuSettings(SettingsSection):
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    encrypt_key: SecretStr = SecretStr("")
    verification_token: SecretStr = SecretStr("")
    previous_encrypt_key: SecretStr = SecretStr("")
    """Accepted too while keys are rotated; empty it afterwards."""
    previous_verification_token: SecretStr = SecretStr("")
    domain: str = "https://open.feishu.cn"
    allow_unproven_events: bool = False
    """Start the webhook without any secret. Only for a closed test network."""
    max_event_age: int = Field(default=600, ge=1)
    """Seconds a push's timestamp may lie in the past before it is refused as a replay."""
    keep_trying: int = Field(default=172_800, ge=3600)
    """Seconds an answer waits at most for Feishu to take it; then it is given up and listed."""
    webhook_url: SecretStr = SecretStr("")
    """A custom bot's webhook, for `python -m bot notify`; it is a secret and never logged."""
    webhook_secret: SecretStr = SecretStr("")

    @property
    def encrypt_keys(self) -> tuple[str, ...]:
        """The Encrypt Keys that are accepted: the present one and, while rotating, the previous one."""
        both = (self.encrypt_key.get_secret_value(), self.previous_encrypt_key.get_secret_value())
        return tuple(key for key in both if key)

    @property
    def verification_tokens(self) -> tuple[str, ...]:
        """The Verification Tokens that are accepted, as the Encrypt Keys are."""
        both = (
            self.verification_token.get_secret_value(),
            self.previous_verification_token.get_secret_value(),
        )
        return tuple(token for token in both if token)

    def check_secrets(self) -> None:
        """Raises ConfigError when nothing could prove a push and nobody said by name that this is wanted."""
        if self.encrypt_keys or self.verification_tokens or self.allow_unproven_events:
            return
        raise ConfigError(
            "feishu.encrypt_key and feishu.verification_token are empty, so anybody could push events; "
            "copy them from the app's Events page, or set feishu.allow_unproven_events: true in a "
            "closed network"
        )

    @field_validator("domain")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// (http:// only for a local Feishu)")
        return value.rstrip("/")


class RedisSettings(SettingsSection):
    url: str = "redis://127.0.0.1:6379/0"

    @field_validator("url")
    @classmethod
    def _scheme(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018
        except ValueError:
            raise ValueError("has no port; write / ? # in a password as %2F %3F %23") from None
        if "@" in parts.path + parts.query + parts.fragment and parts.scheme != "unix":
            raise ValueError("has an @ behind its host; write @ / ? # in a password as %40 %2F %3F %23")
        number = parts.path.strip("/")
        if parts.scheme != "unix" and number and not (number.isascii() and number.isdigit()):
            raise ValueError("must end in the number of a database, such as redis://127.0.0.1:6379/0")
        return value

    @property
    def shown(self) -> str:
        """The address without user and password, for people and logs."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


class LLMSettings(SettingsSection):
    MAY_BE_EMPTY = frozenset({"model"})

    engine: Literal["auto", "turbomind", "openai", "extractive"] = "auto"
    model: str = "internlm/internlm2-chat-7b"
    """Empty: the first that the server lists."""
    base_url: str = ""
    """An OpenAI-compatible server, with its /v1; several, separated by commas, share the load."""
    api_key: SecretStr = SecretStr("")
    tokenizer: str = ""
    """Folder or tokenizer.model file; empty: the model's own."""
    context_tokens: int = Field(default=8192, ge=1)
    max_answer_tokens: int = Field(default=1024, ge=1)
    reasoning_tokens: int = Field(default=2048, ge=0)
    """What a model that thinks may think, on top of its answer."""
    thinking: Literal["auto", "off"] = "auto"
    """Whether answers are thought about: as the server does, or not where it can be switched off."""
    trace_reasoning: bool = False
    """Whether the Trace keeps what the model thought."""
    temperature: float = Field(default=0.0, ge=0)
    extra_body: dict[str, Any] = Field(default={})
    """Laid over every request to the model server; null takes a field away."""
    extra_headers: dict[str, SecretStr] = Field(default={})
    max_connections: int = Field(default=64, ge=1)
    startup_timeout: int = Field(default=1800, ge=1)
    """Seconds the model server may take to load before it counts as failed."""
    port: int = Field(default=23333, ge=1, le=65535)
    session_len: int = Field(default=0, ge=0)
    """0: computed for the card, like the three below."""
    cache_max_entry_count: float = Field(default=0.0, ge=0, lt=1)
    quant_policy: Literal[-1, 0, 4, 8] = -1
    max_batch_size: int = Field(default=0, ge=0)
    hf_endpoint: str = ""
    use_modelscope: bool = False

    @field_validator("base_url")
    @classmethod
    def _servers(cls, value: str) -> str:
        return ",".join(server_address(one) for one in value.split(",") if one.strip())

    @field_validator("extra_headers")
    @classmethod
    def _headers_can_be_sent(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
                raise ValueError(f"{name!r} is no name of an HTTP header")
            if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", secret.get_secret_value()):
                raise ValueError(f"the value of {name} has a line break or another control character")
        return value


class WebSearchSettings(SettingsSection):
    engine: Literal["none", "serper", "searxng", "ddgs"] = "none"
    api_key: SecretStr = SecretStr("")
    base_url: str = ""
    results: int = Field(default=4, ge=1)
    domains: tuple[str, ...] = ()
    """Where given, only pages of these domains and their subdomains are read."""
    timeout: float = Field(default=8.0, gt=0)


class WorkerSettings(SettingsSection):
    concurrency: int = Field(default=16, ge=1, le=256)
    answer_timeout: int = Field(default=120, ge=1)
    """Seconds one answer may take before it ends with what it has."""
    stop_timeout: int = Field(default=30, ge=0)
    """Seconds SIGTERM leaves running answers before they are handed back."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """0: no metrics port of the worker's own."""


class NetworkSettings(SettingsSection):
    proxy: str = ""
    """For outbound calls: empty takes the environment's, `none` no proxy; http, https and socks5 work."""
    no_proxy: tuple[str, ...] = ()
    """Hosts, domains and networks (10.0.0.0/8) that are called straight; this machine always is."""

    @field_validator("proxy")
    @classmethod
    def _can_be_used(cls, value: str) -> str:
        if value in ("", "none"):
            return value
        scheme = value.partition("://")[0].lower() if "://" in value else "http"
        if scheme not in ("http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"):
            raise ValueError("must begin with http://, https:// or socks5://, or be none")
        return value


class WebSettings(SettingsSection):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    operator_host: str = "127.0.0.1"
    """Address of the operator pages: metrics, the details of /readyz, the dashboard."""
    operator_port: int = Field(default=8001, ge=0, le=65535)
    """0: there are none."""
    operator_token: SecretStr = SecretStr("")
    """Set, the operator pages ask for it; needed where operator_host is not this machine's own."""
    max_body_bytes: int = Field(default=1_000_000, ge=1)
    dashboard_token: SecretStr = SecretStr("")
    """Set, RQ's dashboard is served at /rq of the operator pages behind this token."""

    @model_validator(mode="after")
    def _operator_pages_are_closed(self) -> WebSettings:
        own = self.operator_host in ("127.0.0.1", "::1", "localhost")
        if self.operator_port and not own and not self.operator_token.get_secret_value():
            raise ValueError("operator_host is open to other machines: set operator_token, or 127.0.0.1")
        if self.operator_port and self.operator_port == self.port:
            raise ValueError("operator_port is the webhook's own port: take another, or 0 for no pages")
        return self


class TracingSettings(SettingsSection):
    endpoint: str = ""
    """An OpenTelemetry collector (OTLP over HTTP) that gets a trace of each question; empty: none is made."""

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("must be an address such as http://127.0.0.1:4318")
        return value.rstrip("/")


class CardSettings(SettingsSection):
    tables: int = Field(default=3, ge=0, le=5)
    """Tables drawn on one card; Feishu refuses a card for one too many, further ones become text."""
    late_after: int = Field(default=600, ge=1)
    """Seconds after the question from which on an answer says that it is late."""
