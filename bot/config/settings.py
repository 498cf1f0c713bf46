"""Settings: config.yaml plus the environment become one frozen, typed object.

Precedence: FENNEL_<SECTION>__<KEY> in the environment, of which `.env` is part, then the file named by
--config or FENNEL_CONFIG, then variables such as FEISHU_APP_ID, then the defaults in bot/config/sections.
What the file may refer to, and how secrets in it are kept: bot/config/file.py. Unknown keys are errors that
name the key: a misspelt setting must never be silently ignored. Relative paths are relative to the folder the
command runs in.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import PrivateAttr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from bot.config import proxies
from bot.config.env_file import take_env_file, with_named
from bot.config.faults import explained
from bot.config.file import no_file, read_settings_file
from bot.config.sections.index import (
    EmbedderSettings,
    GateSettings,
    IndexSettings,
    MilvusSettings,
    RerankerSettings,
    SourceSettings,
)
from bot.config.sections.people import (
    AccessSettings,
    DigestSettings,
    GroupSettings,
    LimitSettings,
    PrivacySettings,
    WorkTime,
)
from bot.config.sections.section import Language, OperatingPoint, no_empty_entry, said
from bot.config.sections.services import (
    CardSettings,
    FeishuSettings,
    LLMSettings,
    NetworkSettings,
    RedisSettings,
    TracingSettings,
    WebSearchSettings,
    WebSettings,
    WorkerSettings,
)
from bot.errors import ConfigError

__all__ = [
    "AccessSettings",
    "CardSettings",
    "DigestSettings",
    "EmbedderSettings",
    "FeishuSettings",
    "GateSettings",
    "GroupSettings",
    "IndexSettings",
    "LLMSettings",
    "Language",
    "LimitSettings",
    "MilvusSettings",
    "NetworkSettings",
    "OperatingPoint",
    "PrivacySettings",
    "RedisSettings",
    "RerankerSettings",
    "Settings",
    "SourceSettings",
    "TracingSettings",
    "WebSearchSettings",
    "WebSettings",
    "WorkTime",
    "WorkerSettings",
    "load_settings",
]


_NO_GROUP = GroupSettings()
"""For a chat of which nothing is said: asked for at every push, so not made anew each time."""


class Choices(Protocol):
    """What admins chose from chat; bot/talk/chosen.py reads it from Redis."""

    def over(self, chat_id: str, group: GroupSettings) -> GroupSettings:
        """The group's settings with what was chosen over them."""

    def quiet_until(self, chat_id: str) -> float:
        """Unix seconds until which the chat wants to hear nothing; 0 for none."""


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
    network: NetworkSettings = NetworkSettings()
    web: WebSettings = WebSettings()
    cards: CardSettings = CardSettings()
    limits: LimitSettings = LimitSettings()
    access: AccessSettings = AccessSettings()
    tracing: TracingSettings = TracingSettings()
    privacy: PrivacySettings = PrivacySettings()
    digest: DigestSettings = DigestSettings()
    groups: dict[str, GroupSettings] = {}
    admins: tuple[str, ...] = ()
    _choices: Choices | None = PrivateAttr(default=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        def environment() -> dict[str, Any]:
            return said(env_settings(), settings_cls)

        return cast(PydanticBaseSettingsSource, environment), init_settings

    @field_validator("admins", mode="before")
    @classmethod
    def _entries(cls, value: Any) -> Any:
        return no_empty_entry(value)

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

    @model_validator(mode="after")
    def _groups_name_collections(self) -> Settings:
        for name, group in self.groups.items():
            if unknown := [one for one in group.collections if one not in self.index.collections]:
                raise ValueError(
                    f"groups.{name}.collections: {', '.join(unknown)} is not in index.collections"
                )
        return self

    def group(self, chat_id: str) -> GroupSettings:
        """The settings of one chat: what was chosen in it, over those of the file."""
        group, choices = self.from_file(chat_id), self._choices
        return choices.over(chat_id, group) if choices else group

    def from_file(self, chat_id: str) -> GroupSettings:
        """The same by the file alone; `groups.default` where it names none of the chat's own."""
        return self.groups.get(chat_id) or self.groups.get("default") or _NO_GROUP

    def quiet_until(self, chat_id: str) -> float:
        """Unix seconds until which a chat asked the bot to be quiet; 0 for none."""
        choices = self._choices
        return choices.quiet_until(chat_id) if choices else 0.0

    def lay_over(self, choices: Choices) -> None:
        """From now on what was chosen from chat lies over the file (bot/talk/chosen.py)."""
        self._choices = choices

    def is_admin(self, open_id: str, chat_id: str = "") -> bool:
        """Whether this person may give admin commands, everywhere or in this chat."""
        return open_id in self.admins or (bool(chat_id) and open_id in self.group(chat_id).admins)


def load_settings(path: Path | None = None) -> Settings:
    """Reads the settings; `path` None means FENNEL_CONFIG, else ./config.yaml, else defaults alone.

    Raises ConfigError that names the setting and what is wrong with it.
    """
    take_env_file(path)
    named = path or (Path(os.environ["FENNEL_CONFIG"]) if os.environ.get("FENNEL_CONFIG") else None)
    file = named or Path("config.yaml")
    if problem := no_file(file, must_be_there=named is not None):
        raise ConfigError(f"settings file {problem}; give --config or FENNEL_CONFIG a YAML file")
    data = with_named(read_settings_file(file, Settings) if file.is_file() else {})
    _refuse_unknown_variables()
    try:
        settings = Settings(**data)
        proxies.use(settings.network.proxy, settings.network.no_proxy)
        return settings
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = f"FENNEL_{field.group(1).upper()}" if field else "a variable of FENNEL_"
        raise ConfigError(
            f"environment: {name}: is no JSON; lists and groups are JSON there, such as "
            "FENNEL_ADMINS='[\"ou_xxx\"]'"
        ) from error
    except ValidationError as error:
        raise ConfigError(_explain(error, file)) from error


def _refuse_unknown_variables() -> None:
    """A misspelt section in the environment is an error as it is in the file."""
    for name in os.environ:
        section = name.removeprefix("FENNEL_").partition("__")[0].lower()
        if name.startswith("FENNEL_") and "__" in name and section not in Settings.model_fields:
            raise ConfigError(
                f"environment variable {name}: there is no section {section!r}; see docs/en/all-settings.md"
            )


def _explain(error: ValidationError, file: Path) -> str:
    """Every fault of a settings file, each with the name of its setting and what is wanted instead."""
    lines = [f"{_where(item['loc'])}: {explained(item, Settings)}" for item in error.errors()]
    return f"{file}: " + "; ".join(lines)


def _where(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) or '""' for part in place)
