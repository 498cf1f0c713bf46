"""The sections of config.yaml: every setting, its default and the values it may have.

Which file and which variables they come from is bot/config/settings.py's part; import them from there. A
value that would only fail later, when a question is asked, is refused here with a sentence that says what it
must be.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.config.timetable import read_timetable

Language = Literal["zh", "en"]
OperatingPoint = Literal["quiet", "balanced", "eager"]
_CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class SettingsSection(BaseModel):
    """Never changes; an unknown key is an error; what was given is not quoted in errors: it may be secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


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
    max_event_age: int = 600
    """Seconds a push's timestamp may lie in the past before it is refused as a replay."""
    keep_trying: int = Field(default=172_800, ge=3600)
    """Seconds an answer waits at most for Feishu to take it; then it is given up and listed."""
    webhook_url: SecretStr = SecretStr("")
    """A custom bot's webhook, for `python -m bot notify`; it is a secret and never logged."""
    webhook_secret: SecretStr = SecretStr("")

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
        return value

    @property
    def shown(self) -> str:
        """The address without user and password, for people and logs."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


class SourceSettings(SettingsSection):
    """One of PLACES says where the documents are."""

    PLACES: ClassVar = ("path", "git", "qa", "feishu_wiki", "feishu_folder", "feishu_doc", "site", "issues")

    path: Path | None = None
    git: str | None = None
    qa: Path | None = None
    feishu_wiki: str | None = None
    """A wiki space's id, or the link of a wiki page, which is read with all below it."""
    feishu_folder: str | None = None
    """A folder of the drive, by its link or token, with its subfolders."""
    feishu_doc: str | None = None
    """One document, sheet, base or wiki page, by its link; a document also by its token."""
    site: str | None = None
    """A web site: the address of its sitemap, or of a page below whose folder all pages are read."""
    issues: str | None = None
    """Answered issues and discussions: a repository's address at GitHub or GitLab, or an exported file."""
    token: SecretStr = SecretStr("")
    """For `issues`: a token that may read them."""
    branch: str = ""
    code: bool = False
    """Read the source code of `path` or `git` instead: its docstrings and comments."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    url: str = ""
    """Web address the source's root is published at; a document's link is this plus its path."""
    name: str = ""
    version: str = ""
    """Version of the product it documents, such as 2.1; a question that names it is answered from it."""
    every: str = ""
    """When the indexer reads it by itself: `30m`, `1h`, `2d`, or a cron line such as `0 3 * * *`."""

    @field_validator("every")
    @classmethod
    def _can_be_kept(cls, value: str) -> str:
        read_timetable(value)
        return value

    @model_validator(mode="after")
    def _one_place(self) -> SourceSettings:
        if sum(getattr(self, place) is not None for place in self.PLACES) != 1:
            raise ValueError(f"give exactly one of {', '.join(self.PLACES)}")
        return self


class EmbedderSettings(SettingsSection):
    engine: Literal["auto", "embedded", "sentence-transformers", "openai"] = "auto"
    model: str = ""
    """A local path or hub name; HF_ENDPOINT chooses a mirror."""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    batch_size: int = 64


class RerankerSettings(SettingsSection):
    engine: Literal["auto", "none", "sentence-transformers", "openai"] = "auto"
    model: str = ""
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    top: int = 20
    """How many fused passages are reranked."""


class GateSettings(SettingsSection):
    questions: tuple[Path, ...] = (Path("docs/questions.jsonl"),)
    """Labelled examples, rows {"id", "text", "label"}."""
    point: OperatingPoint = "balanced"


class IndexSettings(SettingsSection):
    dir: Path = Path("data/index")
    sources: tuple[SourceSettings, ...] = (SourceSettings(path=Path("docs")),)
    collections: dict[str, tuple[str, ...]] = {}
    """Name of a collection -> names of the sources in it; `groups.<id>.collections` chooses among them."""
    loaded_collections: int = Field(default=4, ge=1)
    """How many selections of sources one worker keeps in memory beside the whole index."""
    embedder: EmbedderSettings = EmbedderSettings()
    reranker: RerankerSettings = RerankerSettings()
    gate: GateSettings = GateSettings()
    keep_versions: int = 5
    max_removed: float = Field(default=0.3, ge=0, le=1)
    """Share of all documents that one build may remove without being asked to (`--yes`)."""
    document_chunks: int = Field(default=4_000, ge=1)
    """Passages of one document that are indexed; the rest of a longer one is left out, and told."""
    document_seconds: float = Field(default=60.0, ge=1)
    """Processor seconds that the largest document may take to read; small ones get less."""

    @model_validator(mode="after")
    def _collections_name_sources(self) -> IndexSettings:
        names = {source.name for source in self.sources if source.name}
        for collection, sources in self.collections.items():
            if unknown := [name for name in sources if name not in names]:
                raise ValueError(
                    f"collections.{collection} names {', '.join(unknown)}, which is the `name` of no source"
                )
        return self


class LLMSettings(SettingsSection):
    engine: Literal["auto", "turbomind", "openai", "extractive"] = "auto"
    model: str = "internlm/internlm2-chat-7b"
    base_url: str = ""
    """An OpenAI-compatible server, with its /v1; several, separated by commas, share the load."""
    api_key: SecretStr = SecretStr("")
    tokenizer: str = ""
    """Folder or tokenizer.model file; empty: the model's own."""
    context_tokens: int = 8192
    max_answer_tokens: int = 1024
    reasoning_tokens: int = Field(default=2048, ge=0)
    """What a model that thinks may think, on top of its answer."""
    thinking: Literal["auto", "off"] = "auto"
    """Whether answers are thought about: as the server does, or not where it can be switched off."""
    trace_reasoning: bool = False
    """Whether the Trace keeps what the model thought."""
    temperature: float = 0.0
    extra_body: dict[str, Any] = {}
    """Laid over every request to the model server; null takes a field away."""
    extra_headers: dict[str, SecretStr] = {}
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
    results: int = 4
    domains: tuple[str, ...] = ()
    """Where given, only pages of these domains and their subdomains are read."""
    timeout: float = 8.0


class WorkerSettings(SettingsSection):
    concurrency: int = Field(default=16, ge=1, le=256)
    answer_timeout: int = Field(default=120, ge=1)
    """Seconds one answer may take before it ends with what it has."""
    stop_timeout: int = 30
    """Seconds SIGTERM leaves running answers before they are handed back."""
    metrics_port: int = 0
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
    port: int = 8000
    operator_host: str = "127.0.0.1"
    """Address of the operator pages: metrics, the details of /readyz, the dashboard."""
    operator_port: int = Field(default=8001, ge=0, le=65535)
    """0: there are none."""
    operator_token: SecretStr = SecretStr("")
    """Set, the operator pages ask for it; needed where operator_host is not this machine's own."""
    max_body_bytes: int = 1_000_000
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


class CardSettings(SettingsSection):
    tables: int = Field(default=3, ge=0, le=5)
    """Tables drawn on one card; Feishu refuses a card for one too many, further ones become text."""
    late_after: int = Field(default=600, ge=1)
    """Seconds after the question from which on an answer says that it is late."""


class LimitSettings(SettingsSection):
    queue_total: int = 500
    queue_per_group: int = 50
    running_per_group: int = Field(default=8, ge=1, le=64)
    """Answers of one group that may run or stand in the shared queue at once: others get their turn."""
    tell_position_from: int = Field(default=16, ge=1)
    """An asker who mentioned the bot is told at once how many questions are ahead when it is this many."""
    questions_per_user_per_minute: int = 10
    questions_per_group_per_minute: int = 60
    questions_per_user_per_day: int = Field(default=0, ge=0)
    """0: no limit, here and below. One card says that a day's budget is used up."""
    questions_per_group_per_day: int = Field(default=0, ge=0)
    questions_per_day: int = Field(default=0, ge=0)
    tokens_per_user_per_day: int = Field(default=0, ge=0)
    tokens_per_group_per_day: int = Field(default=0, ge=0)
    tokens_per_day: int = Field(default=0, ge=0)
    day_timezone: str = "Asia/Shanghai"
    """Where a day begins at midnight."""

    @field_validator("day_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("must be a name such as Asia/Shanghai") from error
        return value


class PrivacySettings(SettingsSection):
    keep_days: int = Field(default=30, ge=1, le=365)
    """Days that questions, answers and Traces are kept; cards can be changed for 14."""
    keep_feedback_days: int = Field(default=180, ge=1, le=3650)
    """Days that opinions on answers are kept."""


class WorkTime(SettingsSection):
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


class GroupSettings(SettingsSection):
    reply_to: Literal["mention", "all"] = "mention"
    language: Literal["auto", "zh", "en"] = "auto"
    collections: tuple[str, ...] = ()
    """What this group is answered from, by name in `index.collections`; empty: from everything."""
    point: OperatingPoint | None = None
    """None: index.gate.point."""
    answer_mention_all: bool = False
    follow_ups: bool = True
    """In a thread, who asked the bot there needs no new mention; Feishu must push such messages."""
    gather_seconds: float = Field(default=1.5, ge=0, le=10)
    """How long a message that is no whole question waits for the asker's next one; 0: not at all."""
    say_when_declined: bool = True
    """A mention that is declined gets one short card instead of silence."""
    web_search: bool = True
    deny_users: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    experts: tuple[str, ...] = ()
    """open_ids that "ask a human" mentions."""
    work_time: WorkTime | None = None


class AccessSettings(SettingsSection):
    allow_groups: tuple[str, ...] = ()
    """Empty: every group the bot is in."""
    deny_groups: tuple[str, ...] = ()
    deny_users: tuple[str, ...] = ()
    allow_p2p: bool = True
