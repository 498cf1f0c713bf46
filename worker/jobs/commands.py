"""Commands from chat: what each does and what card it replies with.

Admin commands are refused politely to others; /why and /recall belong to whoever asked the question and to
admins. Every admin action leaves an audit line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from bot import audit, trace
from bot.cards.answer import help_card, notice_card, status_card
from bot.cards.parts import Card
from bot.cards.why import why_card as drawn_why
from bot.errors import ConfigError, IndexMismatch, IndexMissing, MessageGone
from bot.events.chat_commands import ADMIN_COMMANDS, SHARED_COMMANDS
from bot.events.events import Message
from bot.messages import because_ignored, say
from bot.queue import dead_letters
from bot.queue.failed import line_of
from bot.redis_keys import CANCELLED, EXAMPLES
from bot.talk.history import History, Turn
from bot.talk.said import Said
from index.search.versions import Versions, publish
from worker.jobs import kept_answers, operating
from worker.jobs.choosing import settings_command
from worker.jobs.failures import is_passed_on
from worker.jobs.recalling import recall_all
from worker.jobs.status import facts_of
from worker.jobs.understanding import words_of
from worker.language import chat_language
from worker.learning import colleagues
from worker.learning.digest import digest
from worker.process.process import Process
from worker.unforeseen import note

MOST_FAILED = 20
"""Lines that /failed shows, the newest; the command line shows all."""


class Commands:
    """One command in one message."""

    def __init__(self, process: Process, message: Message) -> None:
        self.process = process
        self.message = message
        self.text = message.text_without(process.bot_open_id() or "")
        wish = process.settings.group(message.chat_id).language
        self.language = chat_language(process.redis, message.chat_id, wish, self.text)
        self.is_admin = process.settings.is_admin(message.sender_id, message.chat_id)

    def run(self, name: str, argument: str) -> str:
        """Carries it out and replies, or replies that it failed. Raises FeishuError, redis.RedisError."""
        try:
            return self._carry_out(name, argument)
        except Exception as error:
            if is_passed_on(error):
                raise
            note("command", error)
            self._reply(self._notice("command_failed", color="red", why=type(error).__name__))
            return "failed"

    def _carry_out(self, name: str, argument: str) -> str:
        if name in ADMIN_COMMANDS and not self.is_admin:
            self._reply(self._notice("admins_only", color="grey"))
            return "refused"
        if name in SHARED_COMMANDS and not self.process.settings.is_admin(self.message.sender_id):
            self._reply(self._notice("admins_of_all_only", color="grey"))
            return "refused"
        if name not in ADMIN_COMMANDS:
            return self._act(name, argument)
        with self._audited(name, argument):
            return self._act(name, argument)

    def _act(self, name: str, argument: str) -> str:
        actions: dict[str, Callable[[str], Card | None]] = {
            "help": lambda _: help_card(self.language, self.is_admin),
            "status": lambda _: self._status(),
            "reindex": self._reindex,
            "sources": lambda _: operating.sources(self.process, self.language),
            "versions": self._versions,
            "rollback": self._rollback,
            "why": self._why,
            "recall": self._recall,
            "stop": lambda _: self._stop(),
            "failed": self._failed,
            "good": lambda _: self._mark(1),
            "bad": lambda _: self._mark(0),
            "answer": self._answer,
            "digest": self._digest,
            "settings": self._settings,
        }
        card = actions[name](argument)
        if card is not None:
            self._reply(card)
        return name

    def _audited(self, what: str, subject: str) -> AbstractContextManager[None]:
        """Around an action: a line before it, and one that says how it ended."""
        return audit.recorded(
            self.process.redis,
            what,
            by=self.message.sender_id,
            chat_id=self.message.chat_id,
            subject=subject,
        )

    def _reply(self, card: Card) -> str:
        sent = self.process.feishu.reply(
            self.message.message_id, card, key="command", chat_id=self.message.chat_id
        )
        return sent.message_id

    def _notice(self, sentence: str, color: str = "blue", **values: object) -> Card:
        text = say(sentence, self.language, **values)
        return notice_card(say("title_command", self.language), text, self.language, color)

    def _status(self) -> Card:
        """How things stand, and the two ids that config.yaml names people and groups by."""
        facts = facts_of(self.process, self.language) | {
            say("status_asker", self.language): self.message.sender_id,
            say("status_chat", self.language): self.message.chat_id,
        }
        return status_card(facts, self.language)

    def _reindex(self, argument: str) -> Card | None:
        return operating.start(self.process, self.message, argument, self.language)

    def _versions(self, argument: str) -> Card:
        asker = self.message.sender_id
        may_switch = self.process.settings.is_admin(asker)
        question = self.message.message_id
        return operating.versions(self.process, question, asker, self.language, may_switch=may_switch)

    def _rollback(self, argument: str) -> Card:
        versions = Versions(self.process.settings.index.dir)
        wanted = argument.strip()
        try:
            name = wanted or versions.before(versions.current())
            publish(name, versions, self.process.redis, self.process.settings.index)
        except IndexMissing:
            return self._notice("no_such_version", color="grey", version=wanted or "-")
        except IndexMismatch:
            return self._notice("version_of_other_format", color="grey", version=wanted)
        return self._notice("rolled_back", color="green", version=name)

    def _failed(self, argument: str) -> Card:
        """What was given up on; with "retry", all of it is tried again."""
        redis = self.process.redis
        letters = dead_letters.listed(redis)
        if argument.strip().lower() in ("retry", "重试", "重发"):
            count = sum(dead_letters.retry(redis, letter.job_id) for letter in letters)
            return self._notice("failed_retried", color="green", count=count)
        if not letters:
            return self._notice("failed_none", color="green")
        lines = [f"- {line_of(letter)}" for letter in letters[-MOST_FAILED:]]
        text = "\n".join([*lines, "", say("failed_hint", self.language)])
        return notice_card(say("title_failed_list", self.language), text, self.language, "orange")

    def _why(self, argument: str) -> Card:
        question = self._question_replied_to()
        if not question:
            return self._why_ignored() or self._notice("reply_to_answer", color="grey")
        if not self._may_act_on(question):
            return self._notice("not_yours", color="grey")
        with self._audited("why", question):
            return why_card(self.process, question, self.language)

    def _why_ignored(self) -> Card | None:
        """Why the message that this one replies to was not taken at all; None where nothing is known."""
        for replied in (self.message.parent_id, self.message.root_id):
            reason = trace.reason_ignored(self.process.redis, replied) if replied else ""
            if reason:
                return notice_card(
                    say("title_why_silent", self.language),
                    because_ignored(reason, self.language),
                    self.language,
                    "grey",
                )
        return None

    def _recall(self, argument: str) -> Card | None:
        question = self._question_replied_to()
        if not question:
            return self._notice("reply_to_answer", color="grey")
        if not self._may_act_on(question):
            return self._notice("not_yours", color="grey")
        with self._audited("recall", question):
            recall_all(self.process, question)
        return None

    def _stop(self) -> Card:
        """Stops what is being answered to this person here: its card goes."""
        said = Said(self.process.redis).parts(self.message)
        turns = [turn for turn in History(self.process.redis).before(self.message) if self._is_own(turn)]
        running = [
            one
            for one in dict.fromkeys([part.id for part in said] + [turn.id for turn in turns])
            if one != self.message.message_id and self._is_running(one)
        ]
        for question in running:
            self.process.redis.set(CANCELLED.of(question), "1", ex=CANCELLED.seconds)
        return self._notice("stopped" if running else "manners_stop", color="grey")

    def _is_own(self, turn: Turn) -> bool:
        return self.is_admin or turn.by == self.message.sender_id

    def _is_running(self, question: str) -> bool:
        facts = trace.read(self.process.redis, question)
        return facts is None and kept_answers.find(self.process.redis, question) is None

    def _mark(self, label: int) -> Card:
        """Keeps the message that was replied to as an example for the gate."""
        replied = self.message.parent_id or self.message.root_id
        if not replied:
            return self._notice("reply_to_message", color="grey")
        question = self._question_replied_to() or replied
        facts = trace.read(self.process.redis, question)
        text = str(facts["question"]) if facts is not None else self._words_of_ignored(question)
        if not text:
            return self._notice("no_trace", color="grey")
        row = {"text": text, "label": label, "group": self.message.chat_id}
        self.process.redis.hset(EXAMPLES.name, question, json.dumps(row, ensure_ascii=False))
        return self._notice("marked_good" if label else "marked_bad", color="green")

    def _answer(self, text: str) -> Card | None:
        """Keeps what a colleague knows about the message that this one replies to."""
        question = self._question_replied_to() or self.message.parent_id or self.message.root_id
        facts = trace.read(self.process.redis, question) if question else None
        asked = str((facts or {}).get("standalone") or (facts or {}).get("question") or "")
        if question and not asked:
            asked = self._words_of(question)
        return colleagues.answer(self.process, self.message, question, asked, text, self.language)

    def _settings(self, argument: str) -> Card:
        return settings_command(self.process, self.message, argument, self.language, admin=self.is_admin)

    def _digest(self, since: str) -> Card:
        """Of this group; in a private chat of all, for an admin of all."""
        private = self.message.chat_type == "p2p"
        if private and not self.process.settings.is_admin(self.message.sender_id):
            return self._notice("admins_of_all_only", color="grey")
        try:
            return digest(self.process, since, self.language, "" if private else self.message.chat_id)
        except ConfigError:
            return self._notice("digest_since", color="grey")

    def _words_of(self, message_id: str) -> str:
        """The words of a message, from Feishu; empty where it is gone."""
        try:
            return words_of(self.process.feishu.fetch_message(message_id), self.process.bot_open_id() or "")
        except MessageGone:
            return ""

    def _words_of_ignored(self, message_id: str) -> str:
        """The words of a message that the bot ignored, from Feishu; empty where it knows of none."""
        if not trace.reason_ignored(self.process.redis, message_id):
            return ""
        return self._words_of(message_id)

    def _question_replied_to(self) -> str:
        """The question whose answer, or which itself, this message replies to; empty when there is none."""
        for replied in (self.message.parent_id, self.message.root_id):
            if not replied:
                continue
            if question := self.process.feishu.records.question_of(replied):
                return question
            if trace.read(self.process.redis, replied) is not None:
                return replied
        return ""

    def _may_act_on(self, question: str) -> bool:
        kept = kept_answers.find(self.process.redis, question)
        return self.is_admin or (kept is not None and kept.answer.asker == self.message.sender_id)


def why_card(process: Process, question: str, language: str) -> Card:
    """The Trace of a question as a card."""
    facts = trace.read(process.redis, question)
    title = say("title_why", language)
    if facts is None:
        return notice_card(title, say("no_trace", language), language, "grey")
    if facts.get("erased_at"):
        return notice_card(title, trace.explain(facts), language, "grey")
    return drawn_why(facts, trace.explain(facts), language)
