"""What the bot says unasked, each once: hello in a group it was put into and in a first private chat, and its
work time to who asks outside of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.cards.answer import notice_card
from bot.cards.parts import Card
from bot.config.settings import WorkTime
from bot.errors import FeishuError
from bot.events.events import Message
from bot.events.policy import is_open
from bot.messages import say
from bot.redis_keys import GREETED, TOLD_HOURS
from worker.language import chat_language
from worker.manners.introduction import introduction
from worker.process.process import Process

log = structlog.get_logger(__name__)

DAYS_AHEAD = 8


def greet(process: Process, chat_id: str) -> str:
    """Sends the greeting into a group, once. Raises FeishuError."""
    language = chat_language(process.redis, chat_id, process.settings.group(chat_id).language)
    process.feishu.send(chat_id, greeting_card(process, "greeting", language), key="greeting")
    return "greeted"


def greet_in_private(process: Process, message: Message, language: str) -> None:
    """Greets whoever writes for the first time; that it cannot be sent is no reason to leave the question."""
    if not process.redis.set(GREETED.of(message.sender_id), "1", nx=True, ex=GREETED.seconds):
        return
    try:
        card = greeting_card(process, "greeting_private", language)
        process.feishu.send(message.chat_id, card, key="greeting")
    except FeishuError as error:
        log.warning("greeting_not_sent", chat_id=message.chat_id, code=error.code)


def greeting_card(process: Process, sentence: str, language: str) -> Card:
    """What it does, what it knows, three questions to try."""
    lines = [say(sentence, language), *introduction(process, language)]
    return notice_card(say("title_hello", language), "\n\n".join(lines), language)


def tell_hours(process: Process, message: Message) -> str:
    """Says once a day to a person when the bot answers again. Raises FeishuError."""
    hours = process.settings.group(message.chat_id).work_time
    told = TOLD_HOURS.of(f"{message.chat_id}:{message.sender_id}")
    if hours is None or not process.redis.set(told, "1", nx=True, ex=TOLD_HOURS.seconds):
        return "told_before"
    text = message.text_without(process.bot_open_id() or "")
    wish = process.settings.group(message.chat_id).language
    language = chat_language(process.redis, message.chat_id, wish, text)
    opens = next_opening(hours, message.create_time)
    sentence = say("outside_hours", language, start=hours.start, end=hours.end, next=opens)
    card = notice_card(say("title_hours", language), sentence, language, "grey")
    process.feishu.reply(message.message_id, card, key="hours", chat_id=message.chat_id)
    return "told"


def next_opening(hours: WorkTime, at: int) -> str:
    """The next moment after `at` (Unix milliseconds) at which the hours begin, as "11-24 09:00"."""
    zone = ZoneInfo(hours.timezone)
    now = datetime.fromtimestamp(at / 1000, zone)
    hour, minute = (int(part) for part in hours.start.split(":"))
    for days in range(DAYS_AHEAD):
        opening = (now + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        if opening > now and is_open(hours, int(opening.timestamp() * 1000)):
            return opening.strftime("%m-%d %H:%M")
    return hours.start
