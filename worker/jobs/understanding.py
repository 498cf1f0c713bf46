"""What a message to the bot means, before it is answered: after what was said before and with what it quotes.

The result is a question, or one of the things that need no card: thanks, a part of a question whose last
message is still to come, nothing at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from bot.errors import Cancelled, FeishuError, IndexMissing, MessageGone
from bot.events.content import Attachment
from bot.events.events import Message
from bot.events.policy import Verdict
from bot.messages import say
from bot.redis_keys import CANCELLED, JOINED, TALK_OF
from bot.stored import decoded
from bot.talk.history import History, Turn
from bot.talk.said import FOLLOWS, Part, Said
from bot.talk.whole import is_whole
from worker.conversation.follow_up import FOREIGN, Earlier, Relation, Standalone, points_back, standalone
from worker.conversation.known import Known
from worker.conversation.log_lines import boiled_down
from worker.conversation.parts import wait_for_more
from worker.conversation.rewriting import rewrite
from worker.conversation.small_words import Small, small_word, without_thanks
from worker.jobs.posted import content_of, read_posted
from worker.language import chat_language, language_of
from worker.llm import IsCancelled
from worker.pipeline.trace import Trace
from worker.process.process import Process

log = structlog.get_logger(__name__)

UNASKED = FOLLOWS
"""Verdicts on messages that are meant for the bot without naming it: nobody waits for a word about them."""
EARLIER = 3
"""Earlier questions that the model is shown."""


_POINTING_LENGTH = 30
_POINTING = re.compile(
    r"(帮忙|帮我|请|麻烦|求)?(看看?|看一?下|瞅瞅)?(这|这个|这条|这个问题|上面|上面这个|上面的|他的?|她的?|这位)?(的)?(问题)?"
    r"(怎么|如何|要怎么|该怎么|咋)?(回答|回复|答|解决|处理|办|弄|搞|看|解答|解释)?(一下|下|吗|呢|呀|啊)?"
    r"|(can|could) you (answer|help with|look at|explain) (this|that|it)( one)?( please)?"
    r"|(please )?(answer|help with|look at|explain|check) (this|that|it)( one)?( please)?"
    r"|(what|how) about (this|that)( one)?|any (idea|ideas|thoughts)( on this)?|this( one)?"
    r"|(what|how) (do|to) (we )?answer this|thoughts|help",
    re.IGNORECASE,
)


class Meaning(StrEnum):
    """What to do with a message."""

    QUESTION = "question"
    SMALL = "small"
    JOINED = "joined"
    """A later message of the same person goes on from it, and is answered."""
    NOTICE = "notice"
    """A sentence for the asker instead of an answer; `text` is it."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class Understood:
    """A message, understood."""

    meaning: Meaning
    text: str = ""
    """What was asked, all its parts and what it quotes together."""
    standalone: str = ""
    """The same as a question that stands alone, as a person would put it."""
    search: str = ""
    """What is searched for it, where that is another text."""
    small: Small | None = None


class Understanding:
    """Of one message."""

    def __init__(self, process: Process, message: Message, verdict: Verdict, trace: Trace) -> None:
        self.process = process
        self.message = message
        self.verdict = verdict
        self.trace = trace
        self.group = process.settings.group(message.chat_id)
        self.holder = message
        """What files hang on: the message, or the one it quotes."""
        self.history = History(process.redis)
        self.said = Said(process.redis)

    def understand(self, text: str, cancelled: IsCancelled) -> Understood:
        """Raises Cancelled, FeishuError, redis.RedisError."""
        small = small_word(text) if text and not self.message.attachments else None
        if small is not None:
            return Understood(Meaning.SMALL, text, small=small)
        parts = self._parts(text, cancelled)
        if parts is None:
            return Understood(Meaning.JOINED, text)
        text = without_thanks(self._asked_in(parts))
        text, quoted = self._with_quoted(text)
        text, notice = self._with_posted(boiled_down(text))
        if not text or notice:
            return Understood(Meaning.NOTICE if notice else Meaning.NOTHING, notice)
        found = Standalone(text, Relation.ALONE) if quoted else self._standalone(text, cancelled)
        if found.text != text:
            self.trace.note(standalone=found.text, relation=str(found.relation), searched=found.searched)
        self._remember(text, found.text, found.search)
        return Understood(Meaning.QUESTION, text, found.text, found.search)

    def _parts(self, text: str, cancelled: IsCancelled) -> list[Part] | None:
        """What belongs to the question; None where a later message goes on from this one.

        Raises Cancelled as soon as it is taken back: what follows it shall not wait for it.
        """

        def unanswered() -> list[Part]:
            if cancelled():
                raise Cancelled
            return self._unanswered()

        own = Part(self.message.message_id, text, self.message.create_time / 1000)
        if not self.verdict.mentioned or not text:
            return [own]
        seconds = self.group.gather_seconds
        if seconds:
            self.process.admission.leave()
        parts = wait_for_more(own, unanswered, seconds, self.process.clock) if seconds else [own]
        if parts and len(parts) > 1:
            self.trace.note(joined=[part.id for part in parts[:-1]])
            for part in parts[:-1]:
                self.process.redis.set(JOINED.of(part.id), own.id, ex=JOINED.seconds)
        return parts

    def _asked_in(self, parts: list[Part]) -> str:
        """The parts as one text; the last alone if it is a question that what stands before it would hide."""
        own, text = parts[-1].text, " ".join(part.text for part in parts if part.text)
        documents = self._documents() if len(parts) > 1 and is_whole(own) else None
        if documents and documents.fit(text).probability < FOREIGN <= documents.fit(own).probability:
            return own
        return text

    def _documents(self) -> Known | None:
        """What the documents know; None while there is no index."""
        try:
            pair = self.process.knowledge.current
        except IndexMissing:
            return None
        return Known(pair.searcher, pair.gate)

    def _unanswered(self) -> list[Part]:
        """What this person said here, less what was answered or taken back.

        A message that was answered together with this one stays: its job may end before this one looks.
        """
        said = self.said.parts(self.message)
        if not said:
            return []
        keys = [key for part in said for key in (TALK_OF.of(part.id), CANCELLED.of(part.id))]
        pipeline = self.process.redis.pipeline(transaction=False)
        for key in keys:
            pipeline.exists(key)
        own = self.message.message_id
        pipeline.get(JOINED.of(own))
        *gone, joined = pipeline.execute()
        stay = (own, decoded(joined) or own)
        return [part for at, part in enumerate(said) if part.id in stay or not any(gone[2 * at : 2 * at + 2])]

    def _with_quoted(self, text: str) -> tuple[str, bool]:
        """The question with the message it replies to, where it says nothing without it; whether so."""
        parent = self.message.parent_id
        if not parent or (text and (not _points_only(text) or self._has_turn(parent))):
            return text, False
        if self.process.feishu.records.question_of(self.message.parent_id):
            return text, False
        item = self._fetch(parent)
        quoted, files = words_of(item, self.process.bot_open_id() or ""), attachments_of(item)
        if not quoted and not files:
            return text, False
        self.trace.note(quoted=parent)
        self.holder = replace(self.message, message_id=parent, attachments=files, text=quoted)
        return quoted, True

    def _with_posted(self, text: str) -> tuple[str, str]:
        """The question with what hangs on the message, or a sentence for the asker where there is none.

        The sentence says what could not be read, or that it was read and nothing was asked.
        """
        if not self.holder.attachments:
            return text, ""
        language = language_of(text, self.group.language) if text else self._chat_language()
        posted = read_posted(self.process, self.holder, language)
        self.trace.note(posted=[one.kind for one in self.holder.attachments])
        if text or posted.error:
            return f"{text} {posted.text}".strip(), ""
        if posted.text and (self._says_it_itself() or self.holder is not self.message):
            return posted.text, ""
        if posted.text:
            self._remember(posted.text, posted.text)
            return "", say("read_it", language, what="、".join(posted.names))
        return "", posted.problem

    def _chat_language(self) -> str:
        """Of a message without words: that of its chat."""
        return chat_language(self.process.redis, self.message.chat_id, self.group.language)

    def _says_it_itself(self) -> bool:
        """A forwarded chat and a screenshot are what somebody asks about; a file may be only the material."""
        return any(one.kind in ("merge_forward", "image") for one in self.holder.attachments)

    def _has_turn(self, message_id: str) -> bool:
        """Whether that message was asked of the bot in this conversation: then this one goes on from it."""
        return any(turn.id == message_id for turn in self.history.before(self.message))

    def _fetch(self, message_id: str) -> dict[str, Any]:
        """Another message as Feishu gives it, empty where it is not to be had."""
        try:
            return self.process.feishu.fetch_message(message_id)
        except MessageGone:
            return {}
        except FeishuError as error:
            if error.retriable:
                raise
            log.warning("quoted_not_read", message_id=self.message.message_id, code=error.code)
            return {}

    def _standalone(self, text: str, cancelled: IsCancelled) -> Standalone:
        turns = self.history.before(self.message)
        if not turns or (self.verdict.reason in UNASKED and not is_whole(text) and not points_back(text)):
            return Standalone(text, Relation.ALONE)
        earlier = [Earlier(turn.text, turn.standalone, turn.search) for turn in turns]
        documents = self._documents()
        if documents is None:
            return Standalone(text, Relation.ALONE)
        if self.message.chat_type == "p2p" or self.message.root_id:
            return self._rewritten(text, earlier, cancelled) or standalone(text, earlier, documents)
        found = standalone(text, earlier, documents, whole_anew=True)
        if found.relation is Relation.ALONE:
            return found
        return self._rewritten(text, earlier, cancelled) or found

    def _rewritten(self, text: str, earlier: list[Earlier], cancelled: IsCancelled) -> Standalone | None:
        """The question as the model writes it out; None where it has nothing to offer."""
        said = [one.understood or one.text for one in earlier[-EARLIER:]]
        language = language_of(text, self.group.language)
        written, usage = rewrite(text, said, language, self.process.llm, cancelled, self.message.chat_id)
        self.trace.add_usage(usage)
        if not written:
            return None
        return Standalone(written, Relation.ALONE if written == text else Relation.FOLLOW_UP)

    def _remember(self, text: str, understood: str, search: str = "") -> None:
        """Keeps the turn for those who go on from it: from now on, for they may be typing already."""
        if not self.verdict.mentioned:
            return
        message = self.message
        turn = Turn(
            message.message_id, message.sender_id, text, understood, self.process.clock.now(), search=search
        )
        self.history.add(message, turn)


def words_of(item: dict[str, Any], bot_open_id: str) -> str:
    """The words of a message as im-v1/message/get gives it, mentions as names, the bot's left out."""
    found = content_of(item)
    text = found.text if found is not None else ""
    for mention in item.get("mentions") or ():
        if isinstance(mention, dict) and isinstance(mention.get("key"), str) and mention["key"]:
            name = "" if mention.get("id") == bot_open_id else f"@{mention.get('name') or ''}"
            text = text.replace(mention["key"], name)
    return text.strip()


def attachments_of(item: dict[str, Any]) -> tuple[Attachment, ...]:
    """What hangs on a message as im-v1/message/get gives it."""
    found = content_of(item)
    return tuple(found.attachments) if found is not None else ()


def _points_only(text: str) -> bool:
    """Whether the words only point at the message they are said to: "这个怎么回答", "what about this"."""
    return len(text) <= _POINTING_LENGTH and bool(_POINTING.fullmatch(text.strip(" ?？。.!！~")))
