"""`/settings`: what holds in this group, and an admin's changes to it, from chat and without a restart."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any, get_args

from pydantic import ValidationError

from bot import audit
from bot.cards.answer import notice_card
from bot.cards.parts import Card
from bot.config.settings import GroupSettings, OperatingPoint, WorkTime
from bot.events.events import Message
from bot.messages import say
from bot.talk.chosen import NAMES, QUIET, Chosen
from worker.process.process import Process

_CALLED = {
    "reply_to": ("reply_to", "mention", "提及", "回复", "何时回答"),
    "language": ("language", "语言"),
    "point": ("point", "档位", "积极程度"),
    "work_time": ("work_time", "hours", "时间", "答疑时间"),
    "experts": ("experts", "expert", "专家"),
    QUIET: ("quiet", "安静", "静音"),
}
_BY_WORD = {word: name for name, words in _CALLED.items() for word in words}
_RESET = frozenset({"reset", "恢复", "重置"})
_OFF = frozenset({"off", "none", "end", "all", "关", "无", "结束", "全天", "取消"})
_WORDS: dict[str, dict[str, str]] = {
    "reply_to": {
        **dict.fromkeys(("mention", "on", "需要", "开"), "mention"),
        **dict.fromkeys(("all", "off", "不需要", "所有", "关"), "all"),
    },
    "language": {
        **dict.fromkeys(("auto", "自动"), "auto"),
        **dict.fromkeys(("zh", "中文", "chinese"), "zh"),
        **dict.fromkeys(("en", "英文", "english"), "en"),
    },
    "point": {
        **{one: one for one in get_args(OperatingPoint)},
        **{"安静": "quiet", "平衡": "balanced", "积极": "eager"},
    },
}
_HOURS = re.compile(
    r"(\d{1,2}):(\d{2})\s*+[-–~到至]\s*+(\d{1,2}):(\d{2})(?:\s++([1-7])(?:\s*+[-–~到至]\s*+([1-7]))?)?"
)
_SPAN = re.compile(r"(\d{1,3})\s*+(m|min|h|分钟|小时)?")
_LONGEST_QUIET = 24 * 3600
_OPEN_ID = re.compile(r"ou_\w{1,64}", re.ASCII)


class Unreadable(Exception):
    """What was written is no value of that setting."""


def settings_command(
    process: Process, message: Message, argument: str, language: str, *, admin: bool
) -> Card:
    """Shows what holds, or changes it. Raises redis.RedisError."""
    chosen = Chosen(process.redis)
    words = argument.split(None, 1)
    if not words:
        return _shown(process, chosen, message.chat_id, language)
    if not admin:
        return _notice("admins_only", language)
    first, rest = words[0].lower(), words[1].strip() if len(words) > 1 else ""
    try:
        if first in _RESET:
            return _reset(process, chosen, message, rest, language)
        name = _BY_WORD.get(first)
        if name is None:
            raise Unreadable
        value = _READ[name](rest, message, process)
        GroupSettings(**{name: value} if name in NAMES else {})
    except (Unreadable, ValidationError):
        return _notice("settings_usage", language)
    by, chat = message.sender_id, message.chat_id
    with audit.recorded(process.redis, "settings", by=by, chat_id=chat, subject=f"{name}:{_short(value)}"):
        chosen.choose(chat, name, value)
    return _shown(process, chosen, chat, language)


def _reset(process: Process, chosen: Chosen, message: Message, rest: str, language: str) -> Card:
    name = _BY_WORD.get(rest.lower(), "") if rest else ""
    if rest and not name:
        raise Unreadable
    by, chat = message.sender_id, message.chat_id
    with audit.recorded(process.redis, "settings", by=by, chat_id=chat, subject=f"reset:{name or 'all'}"):
        chosen.reset(chat, name)
    return _shown(process, chosen, chat, language)


def _word(name: str, text: str, message: Message, process: Process) -> str:
    value = _WORDS[name].get(text.lower())
    if value is None:
        raise Unreadable
    return value


def _work_time(text: str, message: Message, process: Process) -> dict[str, Any] | None:
    if text.lower() in _OFF:
        return None
    found = _HOURS.fullmatch(text)
    if not found:
        raise Unreadable
    start, end = f"{int(found[1]):02}:{found[2]}", f"{int(found[3]):02}:{found[4]}"
    own = process.settings.group(message.chat_id).work_time or WorkTime()
    first, last = int(found[5] or 1), int(found[6] or found[5] or 7)
    if last < first:
        raise Unreadable
    days = list(range(first, last + 1)) if found[5] else list(own.weekdays)
    made = WorkTime(start=start, end=end, weekdays=tuple(days), timezone=own.timezone)
    return made.model_dump(mode="json")


def _experts(text: str, message: Message, process: Process) -> list[str]:
    if text.lower() in _OFF:
        return []
    bot = process.bot_open_id() or ""
    named = [one.open_id for one in message.mentions if one.open_id and one.open_id != bot]
    found = list(dict.fromkeys([*named, *_OPEN_ID.findall(text)]))
    if not found:
        raise Unreadable
    return found


def _quiet(text: str, message: Message, process: Process) -> float:
    """Until when, in Unix seconds."""
    if text.lower() in _OFF:
        return 0.0
    found = _SPAN.fullmatch(text.lower() or "1h")
    if not found:
        raise Unreadable
    seconds = int(found[1]) * (60 if found[2] in ("m", "min", "分钟") else 3600)
    return process.clock.now() + min(max(seconds, 60), _LONGEST_QUIET)


_READ: dict[str, Callable[[str, Message, Process], Any]] = {
    **{name: partial(_word, name) for name in _WORDS},
    "work_time": _work_time,
    "experts": _experts,
    QUIET: _quiet,
}


def _shown(process: Process, chosen: Chosen, chat_id: str, language: str) -> Card:
    group = chosen.over(chat_id, process.settings.from_file(chat_id))
    own = chosen.of(chat_id)
    point = group.point or process.settings.index.gate.point
    values = {
        "reply_to": say(f"settings_{group.reply_to}", language),
        "language": group.language,
        "point": point,
        "work_time": _hours(group.work_time, language),
        "experts": " ".join(f"`{one}`" for one in group.experts) or "-",
    }
    lines = [
        f"- **{say(f'settings_{name}', language)}** {value}"
        + (f" · {say('settings_chosen', language)}" if name in own else "")
        for name, value in values.items()
    ]
    until = chosen.quiet_until(chat_id)
    if until > process.clock.now():
        clock = time.strftime("%H:%M", time.localtime(until))
        lines.append(f"- **{say('settings_quiet', language, until=clock)}**")
    text = "\n".join([*lines, "", say("settings_usage", language)])
    return notice_card(say("title_settings", language), text, language)


def _hours(hours: WorkTime | None, language: str) -> str:
    if hours is None:
        return say("settings_always", language)
    return f"{hours.start}–{hours.end} ({', '.join(map(str, hours.weekdays))}, {hours.timezone})"


def _short(value: Any) -> str:
    """A value as the audit log takes it."""
    if isinstance(value, dict):
        return f"{value['start']}-{value['end']}"
    if isinstance(value, list):
        return str(len(value))
    return "none" if value is None else f"{value:.0f}" if isinstance(value, float) else str(value)


def _notice(sentence: str, language: str) -> Card:
    return notice_card(say("title_settings", language), say(sentence, language), language, "grey")
