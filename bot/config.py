"""Settings: config.yaml plus the environment become one frozen, typed object.

Precedence: FENNEL_<SECTION>__<KEY> in the environment, then the file named by --config or FENNEL_CONFIG,
then the defaults here. What the file may refer to, and how secrets in it are kept: bot/settings_file.py.
Unknown keys are errors that name the key: a misspelt setting must never be silently ignored.
Relative paths are relative to the folder the command runs in.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.errors import ConfigError
from bot.settings_file import read_settings_file

Language = Literal["zh", "en"]
OperatingPoint = Literal["quiet", "balanced", "eager"]
_CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FeishuSettings(_Section):
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
    max_event_age: int = 600
    """Seconds a push's timestamp may lie in the past before it is refused as a replay."""
    webhook_url: SecretStr = SecretStr("")
    """A custom bot's webhook, for `python -m bot notify`; it is a secret and never logged."""
    webhook_secret: SecretStr = SecretStr("")

    @field_validator("domain")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// (http:// only for a local Feishu)")
        return value.rstrip("/")


class RedisSettings(_Section):
    url: str = "redis://127.0.0.1:6379/0"

    @field_validator("url")
    @classmethod
    def _scheme(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        try:
            urlsplit(value).port  # noqa: B018
        except ValueError:
            raise ValueError("has no port; write / ? # in a password as %2F %3F %23") from None
        return value

    @property
    def shown(self) -> str:
        """The address without user and password, for people and logs."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


class SourceSettings(_Section):
    """One of path, git, qa, feishu_doc or feishu_wiki says where the documents are."""

    path: Path | None = None
    git: str | None = None
    qa: Path | None = None
    feishu_doc: str | None = None
    feishu_wiki: str | None = None
    branch: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    url: str = ""
    """Web address the source's root is published at; a document's link is this plus its path."""
    name: str = ""

    @model_validator(mode="after")
    def _one_place(self) -> SourceSettings:
        given = [
            k for k in ("path", "git", "qa", "feishu_doc", "feishu_wiki") if getattr(self, k) is not None
        ]
        if len(given) != 1:
            raise ValueError("give exactly one of path, git, qa, feishu_doc, feishu_wiki")
        return self


class EmbedderSettings(_Section):
    engine: Literal["embedded", "sentence-transformers", "openai"] = "embedded"
    model: str = ""
    """A local path or hub name; HF_ENDPOINT chooses a mirror."""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    batch_size: int = 64


class RerankerSettings(_Section):
    engine: Literal["none", "sentence-transformers", "openai"] = "none"
    model: str = ""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    top: int = 20
    """How many fused passages are reranked."""


class GateSettings(_Section):
    questions: tuple[Path, ...] = (Path("docs/questions.jsonl"),)
    """Labelled examples, rows {"id", "text", "label"}."""
    point: OperatingPoint = "balanced"


class IndexSettings(_Section):
    dir: Path = Path("data/index")
    sources: tuple[SourceSettings, ...] = (SourceSettings(path=Path("docs")),)
    embedder: EmbedderSettings = EmbedderSettings()
    reranker: RerankerSettings = RerankerSettings()
    gate: GateSettings = GateSettings()
    keep_versions: int = 5


class LLMSettings(_Section):
    engine: Literal["auto", "turbomind", "openai", "extractive"] = "auto"
    model: str = "internlm/internlm2-chat-7b"
    base_url: str = ""
    """An OpenAI-compatible server, with its /v1; several, separated by commas, share the load."""
    api_key: SecretStr = SecretStr("")
    tokenizer: str = ""
    """Folder or tokenizer.model file; empty: the model's own."""
    context_tokens: int = 8192
    max_answer_tokens: int = 1024
    temperature: float = 0.0
    max_connections: int = 64
    startup_timeout: int = 1800
    """Seconds the model server may take to load before it counts as failed."""
    port: int = 23333
    session_len: int = 0
    """0: computed for the card, like the three below."""
    cache_max_entry_count: float = 0.0
    quant_policy: Literal[-1, 0, 4, 8] = -1
    max_batch_size: int = 0
    hf_endpoint: str = ""
    use_modelscope: bool = False


class WebSearchSettings(_Section):
    engine: Literal["none", "serper", "searxng", "ddgs"] = "none"
    api_key: SecretStr = SecretStr("")
    base_url: str = ""
    results: int = 4
    domains: tuple[str, ...] = ()
    """Where given, only pages of these domains and their subdomains are read."""
    timeout: float = 8.0


class WorkerSettings(_Section):
    concurrency: int = Field(default=16, ge=1, le=256)
    answer_timeout: int = Field(default=120, ge=1)
    """Seconds one answer may take before it ends with what it has."""
    stop_timeout: int = 30
    """Seconds SIGTERM leaves running answers before they are handed back."""
    metrics_port: int = 0
    """0: no metrics port of the worker's own."""


class WebSettings(_Section):
    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 1_000_000
    dashboard_token: SecretStr = SecretStr("")
    """Set, RQ's dashboard is served at /rq behind this token."""


class CardSettings(_Section):
    tables: int = Field(default=3, ge=0, le=5)
    """Tables drawn on one card; Feishu refuses a card for one too many, further ones become text."""


class LimitSettings(_Section):
    queue_total: int = 500
    queue_per_group: int = 50
    running_per_group: int = Field(default=8, ge=1, le=64)
    """Answers of one group that may run or stand in the shared queue at once: others get their turn."""
    tell_position_from: int = Field(default=16, ge=1)
    """An asker who mentioned the bot is told at once how many questions are ahead when it is this many."""
    questions_per_user_per_minute: int = 10
    questions_per_group_per_minute: int = 60


class WorkTime(_Section):
    """Hours the bot answers in a group, in local time of `timezone`."""

    start: str = Field(default="00:00", pattern=_CLOCK)
    end: str = Field(default="24:00", pattern=_CLOCK)
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("must be a name such as Asia/Shanghai") from error
        return value


class GroupSettings(_Section):
    reply_to: Literal["mention", "all"] = "mention"
    language: Literal["auto", "zh", "en"] = "auto"
    point: OperatingPoint | None = None
    """None: index.gate.point."""
    answer_mention_all: bool = False
    say_when_declined: bool = True
    """A mention that is declined gets one short card instead of silence."""
    web_search: bool = True
    deny_users: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    experts: tuple[str, ...] = ()
    """open_ids that "ask a human" mentions."""
    work_time: WorkTime | None = None


class AccessSettings(_Section):
    allow_groups: tuple[str, ...] = ()
    """Empty: every group the bot is in."""
    deny_groups: tuple[str, ...] = ()
    deny_users: tuple[str, ...] = ()
    allow_p2p: bool = True


class Settings(BaseSettings):
    """Everything Fennel can be told. Built by `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix="FENNEL_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    feishu: FeishuSettings = FeishuSettings()
    redis: RedisSettings = RedisSettings()
    index: IndexSettings = IndexSettings()
    llm: LLMSettings = LLMSettings()
    web_search: WebSearchSettings = WebSearchSettings()
    worker: WorkerSettings = WorkerSettings()
    web: WebSettings = WebSettings()
    cards: CardSettings = CardSettings()
    limits: LimitSettings = LimitSettings()
    access: AccessSettings = AccessSettings()
    groups: dict[str, GroupSettings] = {}
    admins: tuple[str, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @field_validator("groups", mode="before")
    @classmethod
    def _groups_inherit_default(cls, value: Any) -> Any:
        """A group's own keys lie over those of `groups.default`."""
        if not isinstance(value, dict):
            return value
        default = value.get("default") or {}
        if not isinstance(default, dict):
            return value
        return {
            name: {**default, **(own or {})} if isinstance(own, dict | None) else own
            for name, own in value.items()
        }

    def group(self, chat_id: str) -> GroupSettings:
        """The settings of one chat; `groups.default` where it has none of its own."""
        return self.groups.get(chat_id) or self.groups.get("default") or GroupSettings()

    def is_admin(self, open_id: str, chat_id: str = "") -> bool:
        """Whether this person may give admin commands, everywhere or in this chat."""
        return open_id in self.admins or (bool(chat_id) and open_id in self.group(chat_id).admins)


def load_settings(path: Path | None = None) -> Settings:
    """Reads the settings; `path` None means FENNEL_CONFIG, else ./config.yaml, else defaults alone.

    Raises ConfigError that names the setting and what is wrong with it.
    """
    named = path or (Path(os.environ["FENNEL_CONFIG"]) if os.environ.get("FENNEL_CONFIG") else None)
    if named is not None and not named.is_file():
        raise ConfigError(f"settings file {named} does not exist; give --config or FENNEL_CONFIG a YAML file")
    file = named or Path("config.yaml")
    data = read_settings_file(file, Settings) if file.is_file() else {}
    _refuse_unknown_variables()
    try:
        return Settings(**data)
    except SettingsError as error:
        raise ConfigError(
            f"environment: {error}; lists and groups are JSON there, such as FENNEL_ADMINS='[\"ou_xxx\"]'"
        ) from error
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from error


def _refuse_unknown_variables() -> None:
    """A misspelt section in the environment is an error as it is in the file."""
    for name in os.environ:
        section = name.removeprefix("FENNEL_").partition("__")[0].lower()
        if name.startswith("FENNEL_") and "__" in name and section not in Settings.model_fields:
            raise ConfigError(
                f"environment variable {name}: there is no section {section!r}; see config.yaml"
            )


def _explain(error: ValidationError, file: Path) -> str:
    lines = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(f"{where}: no such setting; see config.yaml for the names")
        else:
            lines.append(f"{where}: {item['msg'].removeprefix('Value error, ')}")
    return f"{file}: " + "; ".join(lines)
