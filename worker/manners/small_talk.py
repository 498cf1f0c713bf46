"""First words and thanks: a short, right reply, or a reaction; never "outside my documents"."""

from __future__ import annotations

from bot.cards.answer import notice_card
from bot.events.events import Message
from bot.markdown.dialect import escape
from bot.messages import say
from bot.redis_keys import GREETED
from worker.conversation.small_words import Small
from worker.manners.introduction import introduction
from worker.process.process import Process

THANKS_EMOJI = "THUMBSUP"
"""im-v1/message-reaction/emojis-introduce."""


class Manners:
    """Of the bot to one message."""

    def __init__(self, process: Process, message: Message, language: str, *, asked: bool) -> None:
        self.process = process
        self.message = message
        self.language = language
        self.asked = asked

    def reply(self, small: Small) -> str:
        """Reacts or replies; returns the outcome for the Trace. Raises FeishuError, MessageGone."""
        if small is Small.THANKS:
            return self._thank()
        if not self.asked:
            return "silent"
        lines = [say(f"manners_{small.value}", self.language)]
        if small is not Small.STOP:
            lines += introduction(self.process, self.language)
            if self.message.chat_type == "p2p":
                self.process.redis.set(GREETED.of(self.message.sender_id), "1", ex=GREETED.seconds)
        card = notice_card(say("title_hello", self.language), "\n\n".join(lines), self.language)
        self.process.feishu.reply(self.message.message_id, card, key="manners", chat_id=self.message.chat_id)
        return "greeted"

    def say_once(self, sentence: str) -> str:
        """One sentence instead of an answer; returns the outcome for the Trace. Raises FeishuError."""
        if not self.asked:
            return "silent"
        card = notice_card(say("title_posted", self.language), escape(sentence), self.language, "grey")
        self.process.feishu.reply(self.message.message_id, card, key="manners", chat_id=self.message.chat_id)
        return "told"

    def _thank(self) -> str:
        """A reaction to thanks that are meant for the bot."""
        self.process.feishu.react(self.message.message_id, THANKS_EMOJI)
        return "thanked"
