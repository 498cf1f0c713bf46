"""The sections about people: who may ask, where, when and how much, and what is kept of it."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from bot.config.sections.section import OperatingPoint, SettingsSection
from bot.config.timetable import read_timetable

_CLOCK = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class LimitSettings(SettingsSection):
    queue_total: int = Field(default=500, ge=1)
    queue_per_group: int = Field(default=50, ge=1)
    running_per_group: int = Field(default=8, ge=1, le=64)
    """Answers of one group that may run or stand in the shared queue at once: others get their turn."""
    tell_position_from: int = Field(default=16, ge=1)
    """An asker who mentioned the bot is told at once how many questions are ahead when it is this many."""
    questions_per_user_per_minute: int = Field(default=10, ge=0)
    """0: no limit, here and below."""
    questions_per_group_per_minute: int = Field(default=60, ge=0)
    questions_per_user_per_day: int = Field(default=0, ge=0)
    """One card says that a day's budget is used up."""
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


class DigestSettings(SettingsSection):
    chats: tuple[str, ...] = ()
    """Chat ids that get a digest by itself, such as the admins' group; none: only /digest and `report`."""
    every: str = "0 9 * * 1"
    """When: a cron line in the machine's local time, or `7d`."""
    since: str = Field(default="7d", pattern=r"^\d{1,4}[hdw]$", examples=["7d"])
    own_chat_only: bool = False
    """Each chat gets its own figures; otherwise those of all chats."""

    @field_validator("every")
    @classmethod
    def _can_be_kept(cls, value: str) -> str:
        read_timetable(value)
        return value


class WorkTime(SettingsSection):
    """Hours the bot answers in a group, in local time of `timezone`."""

    start: str = Field(default="00:00", pattern=_CLOCK, examples=["09:00"])
    end: str = Field(default="24:00", pattern=_CLOCK, examples=["18:00"])
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
