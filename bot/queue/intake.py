"""What happens to a proven event, whichever way it came: webhook or long connection.

Every event ends here as one of: a job, a counted refusal, or nothing. What it returns is the body Feishu
gets with HTTP 200; what must make Feishu push again is raised as QueueUnavailable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.cards.presses import PressSigner, ProvenPress, may_press
from bot.errors import QueueFull, QueueUnavailable, UnprovenEvent
from bot.events.events import BotAdded, CardPress, Challenge, Event, Message, Reaction, Recall, Unknown
from bot.events.policy import Handling, Verdict, decide
from bot.messages import say
from bot.queue.queue import Queue, Submission
from bot.redis_keys import BOT_OPEN_ID
from bot.stored import decoded
from bot.talk.chosen import Chosen
from bot.talk.heard import note_heard
from bot.talk.helping import question_helped
from bot.talk.said import FOLLOWS, Said, noted

if TYPE_CHECKING:
    from bot.config.settings import Settings

log = structlog.get_logger(__name__)


class BotIdentity:
    """The bot's own open_id, which the worker learns from Feishu and keeps in Redis."""

    _KNOWN_SECONDS, _UNKNOWN_SECONDS = 60.0, 1.0

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._open_id: str | None = None
        self._read_again = 0.0

    def open_id(self) -> str | None:
        """None while no worker has told. Raises QueueUnavailable within a second when Redis is away.

        It is not asked twice for one push: nothing could be queued anyway, and Feishu waits 3 s.
        """
        now = time.monotonic()
        if now < self._read_again:
            return self._open_id
        try:
            found = self._connection.get(BOT_OPEN_ID.name)
        except RedisError as error:
            raise QueueUnavailable("Redis does not say who the bot is") from error
        self._open_id = decoded(found) or self._open_id
        self._read_again = now + (self._KNOWN_SECONDS if self._open_id else self._UNKNOWN_SECONDS)
        return self._open_id


class Intake:
    """Takes events. One for each process; safe to share between threads."""

    def __init__(self, queue: Queue, settings: Settings) -> None:
        self.queue = queue
        self.settings = settings
        settings.lay_over(Chosen(queue.connection, strict=True))
        self.identity = BotIdentity(queue.connection)
        self.said = Said(queue.connection)
        secret = settings.feishu.app_secret.get_secret_value()
        self._signer = PressSigner(secret) if secret else None

    def take(self, event: Event) -> dict[str, Any]:
        """The body of the answer to Feishu. Raises QueueUnavailable when Feishu should push again."""
        metrics.EVENTS.labels(type(event).__name__).inc()
        return HANDLERS[type(event)](self, event) or {}

    def _take_challenge(self, event: Challenge) -> dict[str, Any]:
        log.info("challenge_answered")
        return {"challenge": event.challenge}

    def _take_recall(self, event: Recall) -> None:
        self.queue.submit_recall(event)

    def _take_bot_added(self, event: BotAdded) -> None:
        try:
            self.queue.submit_greeting(event.chat_id)
        except QueueFull:
            log.warning("greeting_refused", chat_id=event.chat_id)

    def _only_count(self, event: Event) -> None:
        """Nothing is done about it."""

    def _note_unknown(self, event: Unknown) -> None:
        log.info("event_not_handled", event_type=event.event_type[:64], event_id=event.event_id[:64])

    def _take_message(self, message: Message) -> None:
        verdict = decide(message, self.settings, self.identity.open_id(), self.said.follows)
        metrics.VERDICTS.labels(verdict.action.value, verdict.reason).inc()
        log.debug(
            "verdict", message_id=message.message_id, action=verdict.action.value, reason=verdict.reason
        )
        if verdict.action is Handling.UNKNOWN_BOT:
            raise QueueUnavailable("no worker has told the bot's own open_id yet")
        if message.chat_type != "p2p" and self.settings.group(message.chat_id).reply_to == "all":
            note_heard(self.queue.connection, message)
        helps = not verdict.mentioned and not verdict.command and self._helps(message)
        try:
            if helps:
                submission = self.queue.submit_learn(message)
            elif verdict.command:
                command = verdict.command
                submission = self.queue.submit_command(message, command.name, command.argument)
            elif verdict.action is Handling.ANSWER:
                submission = self._submit(message, verdict)
            else:
                self.said.note_ignored(message, verdict.reason)
                if verdict.reason == "outside_hours" and verdict.mentioned:
                    self.queue.submit_hours(message)
                return
        except QueueFull as full:
            self.said.note_ignored(message, str(full))
            metrics.SUBMISSIONS.labels(str(full)).inc()
            log.warning("message_refused", message_id=message.message_id, reason=str(full))
            return
        metrics.SUBMISSIONS.labels("duplicate" if submission.duplicate else "queued").inc()
        log.info(
            "message_repeated" if submission.duplicate else "message_taken",
            message_id=message.message_id,
            chat_id=message.chat_id,
            ahead=submission.position,
        )

    def _submit(self, message: Message, verdict: Verdict) -> Submission:
        kept = None
        if verdict.mentioned:
            kept = noted(message, verdict.text, named=verdict.reason in ("mentioned", "quoted"))
        if verdict.reason in FOLLOWS:
            message = replace(message, meant=verdict.reason)
        return self.queue.submit(message, mentioned=verdict.mentioned, noted=kept)

    def _helps(self, message: Message) -> bool:
        """Whether it is an expert's or admin's word in a thread that experts were called into."""
        sender, chat = message.sender_id, message.chat_id
        knows = sender in self.settings.group(chat).experts or self.settings.is_admin(sender, chat)
        return knows and bool(message.text) and bool(question_helped(self.queue.connection, message))

    def _take_press(self, action: CardPress) -> dict[str, Any]:
        """A press must be answered within 3 s and is never pushed again: failures are toasts, not errors."""
        try:
            press = self._read_press(action)
            if not self._may_press(press, action):
                return toast("warning", "toast_not_allowed")
            self.queue.submit_press(action, press.kind.job)
        except UnprovenEvent:
            metrics.REFUSED.labels("button").inc()
            return toast("error", "toast_old_button")
        except (QueueUnavailable, QueueFull):
            metrics.REFUSED.labels("button_unavailable").inc()
            return toast("error", "toast_try_again")
        return toast("success", press.kind.toast)

    def _read_press(self, action: CardPress) -> ProvenPress:
        if self._signer is None:
            raise UnprovenEvent("buttons are not signed without feishu.app_secret")
        return self._signer.read(action.value)

    def _may_press(self, press: ProvenPress, action: CardPress) -> bool:
        return may_press(
            press.kind,
            action.operator_id,
            press.asker,
            is_admin=self.settings.is_admin(action.operator_id, action.chat_id),
            is_expert=action.operator_id in self.settings.group(action.chat_id).experts,
        )


def toast(kind: str, sentence: str) -> dict[str, Any]:
    """The answer to a press: a line at the top of the reader's screen, in the language of their client."""
    chinese, english = say(sentence, "zh"), say(sentence, "en")
    return {
        "toast": {"type": kind, "content": chinese, "i18n": {"zh_cn": chinese, "en_us": english}},
    }


HANDLERS: Mapping[type[Event], Callable[[Intake, Any], dict[str, Any] | None]] = {
    Message: Intake._take_message,
    CardPress: Intake._take_press,
    Recall: Intake._take_recall,
    BotAdded: Intake._take_bot_added,
    Reaction: Intake._only_count,
    Challenge: Intake._take_challenge,
    Unknown: Intake._note_unknown,
}
"""What is done about each kind of event; bot/events/reader.py reads it. What a handler returns
is the body Feishu gets, {} for None."""
