"""A group in which the bot also answers unasked: only when sure, not into people's talk, not twice.

Whoever did not ask the bot did not ask for its mistakes either. So such a message gets a card only where the
gate is sure, every sentence is supported and the place in the documents plainly answers; where people are
just talking to each other, or one of them was faster, or the matter was answered here a while ago, it stays
silent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from redis.client import Pipeline

from bot import trace
from bot.answer import Answer, Outcome
from bot.errors import IndexMissing
from bot.events.events import Message
from bot.redis_keys import MATTERS
from bot.stored import decoded
from bot.talk.heard import Heard, heard
from worker.conversation.follow_up import points_back
from worker.process.process import Process

CERTAIN = 0.85
"""What the gate's probability must be.

Of the 1,136 messages that bench.listening plays, 138 would be answered with the gate's own threshold, 115 of
them worth an answer; with 0.75 76 and 66, with 0.8 64 and 58, with this 52 and 49, alike in both halves of
them. How likely the quoted places answer told no more on top of it.
"""
TALK_SECONDS = 60.0
SAME = 0.8
"""Cosine from which on two questions are one matter."""
_TO_A_PERSON = re.compile(r"你们?的|你们?这(?!么)|(?<![a-z])your(?![a-z])", re.IGNORECASE)
"""Of what somebody else has only they can tell ("你的 CPU 支持 fp16 吗"); 1 of 11 was worth an answer."""
_MATTERS = 12
"""Answered questions of a chat that a new one is compared with."""


def is_sure(answer: Answer, facts: Mapping[str, Any]) -> bool:
    """Whether an answer may be said unasked; `facts` are those of its Trace.

    A message that points back ("它这是...") is about something that was said among people, and one about
    what is "yours" is for whoever it is said to.
    """
    gate = facts.get("gate") or {}
    return (
        answer.outcome is Outcome.ANSWERED
        and bool(answer.sources)
        and not answer.degraded
        and gate.get("verdict") == "answer"
        and float(gate.get("probability") or 0.0) >= CERTAIN
        and not points_back(answer.question)
        and not _TO_A_PERSON.search(answer.question)
    )


def into_talk(message: Message, said: Sequence[Heard], to_bot: bool) -> bool:
    """Whether a message belongs to people's own talk: it replies to one of them, or goes to and fro.

    `said` is what was heard in the group lately, newest first; `to_bot` whether what it replies to is the
    bot's. Pure.
    """
    if message.parent_id and not to_bot:
        return True
    at = message.create_time / 1000
    before = [one for one in said if one.id != message.message_id and 0 <= at - one.at <= TALK_SECONDS]
    others = [place for place, one in enumerate(before) if one.by != message.sender_id]
    own = [place for place, one in enumerate(before) if one.by == message.sender_id]
    return bool(others and own and min(others) < max(own))


def was_faster(message: Message, said: Sequence[Heard]) -> bool:
    """Whether somebody replied to the message already. Pure."""
    return any(one.to == message.message_id and one.by != message.sender_id for one in said)


class Listening:
    """To one message that nobody asked the bot."""

    def __init__(self, process: Process, message: Message) -> None:
        self.process = process
        self.message = message

    def keeps_out(self) -> str:
        """Why the message is left to people, one word; empty where it may be answered."""
        said = heard(self.process.redis, self.message.chat_id)
        replied = self.message.parent_id
        to_bot = bool(replied) and bool(self.process.feishu.records.question_of(replied))
        return "people_talk" if into_talk(self.message, said, to_bot) else ""

    def keeps_silent(self, answer: Answer, facts: Mapping[str, Any]) -> str:
        """Why an answer is not said, one word; empty where it is."""
        if not is_sure(answer, facts):
            return "not_sure"
        if was_faster(self.message, heard(self.process.redis, self.message.chat_id)):
            return "somebody_was_faster"
        return "answered_before" if self._answered_before(answer.standalone or answer.question) else ""

    def _answered_before(self, question: str) -> bool:
        redis = self.process.redis
        before = map(decoded, redis.lrange(MATTERS.of(self.message.chat_id), 0, _MATTERS - 1))
        facts = [trace.read(redis, name) for name in before if name != self.message.message_id]
        asked = [str(one.get("standalone") or one.get("question") or "") for one in facts if one]
        asked = [text for text in asked if text]
        if not asked:
            return False
        try:
            embedder = self.process.knowledge.current.searcher.embedder
        except IndexMissing:
            return False
        vectors = embedder.embed([question, *asked])
        return bool((vectors[1:] @ vectors[0]).max() >= SAME)


def note_answered(pipeline: Pipeline, chat_id: str, message_id: str) -> None:
    """A question was answered in a chat."""
    key = MATTERS.of(chat_id)
    pipeline.lpush(key, message_id)
    pipeline.ltrim(key, 0, _MATTERS - 1)
    pipeline.expire(key, MATTERS.seconds)
