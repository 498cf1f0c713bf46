"""May this message be answered here? Pure: settings and message in, verdict out.

The order is from what can never be answered (other bots, barred groups and people) to what depends on the
words. Rates and room in the queue are not decided here: they need Redis and are part of `bot.queue`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.config.faults import has_words
from bot.events.chat_commands import Command, is_mistyped, parse
from bot.events.content import READABLE
from bot.events.events import Message

if TYPE_CHECKING:
    from bot.config.settings import AccessSettings, GroupSettings, Settings, WorkTime


class Handling(StrEnum):
    """What to do with a message."""

    ANSWER = "answer"
    COMMAND = "command"
    IGNORE = "ignore"
    UNKNOWN_BOT = "unknown_bot"
    """Whether the bot is mentioned cannot be told: no worker has yet learned the bot's own open_id."""


@dataclass(frozen=True)
class Verdict:
    """What to do with a message, and why, for the log and the counters."""

    action: Handling
    reason: str
    """One word: mentioned, private, all_messages, follow_up, continues, quoted, command, or why it is
    ignored."""
    mentioned: bool = False
    """The bot was asked in person: by mention, or in a private chat."""
    command: Command | None = None
    text: str = ""
    """The words that were judged: what is left without the mention of the bot."""


Follows = Callable[[Message], str]
"""Why a message without a mention is meant for the bot: "follow_up", "continues", or "" where it is not."""


def follows_nothing(_: Message) -> str:
    """For callers that do not know what was said before."""
    return ""


def decide(
    message: Message, settings: Settings, bot_open_id: str | None, follows: Follows = follows_nothing
) -> Verdict:
    """The verdict on one message. `bot_open_id` None: not known yet. `follows` is asked only where the
    group lets follow-ups do without a mention."""
    group = settings.group(message.chat_id)
    barred = _barred(message, settings.access, group, bot_open_id)
    if barred:
        return Verdict(Handling.IGNORE, barred)
    private = message.chat_type == "p2p"
    if not private and bot_open_id is None and _depends_on_mention(message, group):
        return Verdict(Handling.UNKNOWN_BOT, "bot_open_id_unknown")
    mentioned = private or _is_mentioned(message, group, bot_open_id)
    follow = "" if mentioned or message.mentions or not group.follow_ups else follows(message)
    if not follow and not private and message.message_type not in READABLE:
        return Verdict(Handling.IGNORE, "unreadable_type")
    if not mentioned and not follow and group.reply_to != "all":
        return Verdict(Handling.IGNORE, "mentions_all" if message.mention_all else "not_mentioned")
    quiet = settings.quiet_until(message.chat_id) * 1000 > message.create_time > 0
    return _judge_words(message, group, bot_open_id, mentioned or bool(follow), follow, quiet=quiet)


def _judge_words(
    message: Message,
    group: GroupSettings,
    bot_open_id: str | None,
    mentioned: bool,
    follow: str,
    *,
    quiet: bool,
) -> Verdict:
    text = message.text_without(bot_open_id or "")
    quotes = mentioned and not follow and bool(message.parent_id)
    command = parse(text, reply=mentioned and bool(message.parent_id or message.root_id))
    text = text if has_words(text) else ""
    if not text and not command and not quotes and not (mentioned and message.attachments):
        return Verdict(Handling.IGNORE, "empty", mentioned)
    if command is None and mentioned and not follow and is_mistyped(text):
        command = Command("help", "")
    if command:
        return Verdict(Handling.COMMAND, "command", mentioned, command)
    if not mentioned and message.mentions:
        return Verdict(Handling.IGNORE, "meant_for_others")
    if quiet:
        return Verdict(Handling.IGNORE, "quiet", mentioned)
    if group.work_time and not is_open(group.work_time, message.create_time):
        return Verdict(Handling.IGNORE, "outside_hours", mentioned)
    if follow:
        return Verdict(Handling.ANSWER, follow, mentioned, text=text)
    asked = "mentioned" if text else "quoted"
    reason = "private" if message.chat_type == "p2p" else asked if mentioned else "all_messages"
    return Verdict(Handling.ANSWER, reason, mentioned, text=text)


def _barred(message: Message, access: AccessSettings, group: GroupSettings, bot_open_id: str | None) -> str:
    """Why this sender or chat is never answered; empty when it may be."""
    sender, private = message.sender_id, message.chat_type == "p2p"
    rules = (
        ("from_bot", message.sender_type in ("bot", "app") or sender == bot_open_id),
        ("no_sender", not sender),
        ("private_chats_off", private and not access.allow_p2p),
        ("group_denied", message.chat_id in access.deny_groups),
        (
            "group_not_allowed",
            not private and bool(access.allow_groups) and message.chat_id not in access.allow_groups,
        ),
        ("user_denied", sender in access.deny_users or sender in group.deny_users),
    )
    return next((reason for reason, applies in rules if applies), "")


def _depends_on_mention(message: Message, group: GroupSettings) -> bool:
    return bool(message.mentions) and not (message.mention_all and group.answer_mention_all)


def _is_mentioned(message: Message, group: GroupSettings, bot_open_id: str | None) -> bool:
    in_person = bot_open_id is not None and message.mentions_open_id(bot_open_id)
    return in_person or (message.mention_all and group.answer_mention_all)


def is_open(hours: WorkTime, at: int) -> bool:
    """Whether `at` (Unix milliseconds) lies in the hours, which may run over midnight."""
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(hours.timezone))
    start, end, now = _minutes(hours.start), _minutes(hours.end), local.hour * 60 + local.minute
    if start < end:
        return local.isoweekday() in hours.weekdays and start <= now < end
    yesterday = local.isoweekday() - 1 or 7
    return (now >= start and local.isoweekday() in hours.weekdays) or (
        now < end and yesterday in hours.weekdays
    )


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
