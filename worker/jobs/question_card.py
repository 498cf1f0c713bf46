"""The card of one question as its job sees it: opened late, written to, finished exactly once.

It is opened by the first progress line, so a message that is declined in silence never gets one, and a
former run's card is taken up again. Whether anybody still waits is asked here too, because the answer to
that ends in what happens to the card.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from contextvars import copy_context

from bot.answer import Answer, CardState, Outcome
from bot.cards.answer import answer_cards, bare_answer, progress_card
from bot.cards.parts import Card, CardLimits
from bot.cards.plain import bare_card
from bot.errors import Cancelled, FeishuError, MessageGone
from bot.events.events import Message
from bot.feishu.card_stream import CardStream
from bot.messages import say
from bot.redis_keys import ANSWER, CANCELLED, SEEN, TRACE
from worker.pipeline.generate import Draft
from worker.process.process import Process
from worker.runner.lease import Lease
from worker.runner.waiting import HandBack
from worker.unforeseen import unforeseen

KEY = "answer"
"""Key of the logical send that ends a question."""
CHECK_INTERVAL = 1.0
"""Seconds between questions to Redis whether the question still stands."""


class LeaseLost(Exception):
    """Another worker took this question over: it says the rest."""


class StillWanted:
    """Whether the work on a question should stop: recalled, lease lost, or the worker is stopping."""

    def __init__(self, process: Process, message_id: str, lease: Lease) -> None:
        self.process = process
        self.message_id = message_id
        self.lease = lease
        self._checked = 0.0
        self._recalled = False
        self._lost = False

    def cancelled(self) -> bool:
        """True stops the work. Asks Redis at most every CHECK_INTERVAL seconds."""
        if time.monotonic() - self._checked >= CHECK_INTERVAL:
            self.look()
        return self._recalled or self._lost or self.process.handing_back.is_set()

    def look(self) -> bytes | str | None:
        """Asks Redis now; gives the answer that was kept, if there is one. Raises redis.RedisError."""
        self._checked = time.monotonic()
        keys = CANCELLED.of(self.message_id), self.lease.key, ANSWER.of(self.message_id)
        recalled, held, kept = self.process.redis.mget(*keys)
        self._recalled = recalled is not None
        self._lost = not (self.lease.is_named_by(held) or (held is None and self._taken_again()))
        return kept

    def _taken_again(self) -> bool:
        return self.lease.take_again(*(key.of(self.message_id) for key in (SEEN, ANSWER, TRACE)))

    def check(self) -> bytes | str | None:
        """Looks now and raises what is the matter: Cancelled, LeaseLost, HandBack."""
        kept = self.look()
        if self._lost:
            raise LeaseLost(self.message_id)
        if self._recalled:
            raise Cancelled(self.message_id)
        if self.process.handing_back.is_set():
            raise HandBack(self.message_id)
        return kept


class QuestionCard:
    """Shows progress, text and the end of one question.

    Progress and text are shown from a thread of the process's card pool, so that neither search nor engine
    waits for Feishu; of what comes while a frame is under way only the newest is shown. What goes wrong there
    is raised from the next call here.
    """

    def __init__(self, process: Process, message: Message, question: str, language: str) -> None:
        self.process = process
        self.message = message
        self.question = question
        self.language = language
        self._stream: CardStream | None = None
        self._lock = threading.Lock()
        self._first_line = ""
        self._progress = ""
        self._draft: Draft | None = None
        self._asked = False
        self._showing: Future[None] | None = None
        self._error: Exception | None = None
        self._silenced = False
        """Feishu takes nothing just now: the answer is written all the same, and waits."""

    @property
    def begun(self) -> bool:
        """Whether a card was sent, or is being sent, for this question, now or by a former run."""
        return self._asked or self.process.feishu.records.get(self.message.message_id, KEY) is not None

    def progress(self, text: str) -> None:
        """Shows what is being done; the first line opens the card. Raises MessageGone, FeishuError.

        While Feishu refuses for a time, or after an error that nobody foresaw, nothing is shown or raised:
        the answer is what counts.
        """
        self._post(progress=text)

    def write(self, draft: Draft) -> None:
        """Shows the answer so far. Raises MessageGone, FeishuError."""
        self._post(draft=draft)

    def finish(self, answer: Answer, state: CardState) -> str:
        """Ends with the answer's cards; returns the card's message id. Raises MessageGone, FeishuError."""
        cards = drawn(self.process, self.message.message_id, answer, state)
        if answer.outcome is Outcome.DECLINED and not self.begun:
            sent = self.process.feishu.reply(
                self.message.message_id, cards[0], key=KEY, chat_id=self.message.chat_id
            )
            return sent.message_id
        self._settle()
        stream = self._open()
        stream.finish(cards)
        return stream.message_id

    def _post(self, progress: str = "", draft: Draft | None = None) -> None:
        with self._lock:
            if self._error is not None:
                raise self._error
            self._asked = True
            if self._silenced:
                return
            self._first_line = self._first_line or progress
            if not progress and self._showing is None and self._stream and not self.process.frames.room:
                return  # it would wake a thread for nothing
            self._progress = progress or self._progress
            self._draft = draft or self._draft
            if self._showing is None:
                self._showing = self.process.cards.submit(copy_context().run, self._show)

    def _show(self) -> None:
        """Shows the newest of what was posted until there is nothing new."""
        while True:
            with self._lock:
                progress, draft = self._progress, self._draft
                self._progress, self._draft = "", None
                if not progress and draft is None:
                    self._showing = None
                    return
            try:
                self._frame(progress, draft)
            except FeishuError as error:
                with self._lock:
                    self._showing, self._silenced = None, error.retriable
                    self._error = None if error.retriable else error
                return
            except Exception as error:
                silenced = unforeseen("frame", error)
                with self._lock:
                    self._showing, self._silenced = None, silenced
                    self._error = None if silenced else error
                return

    def _frame(self, progress: str, draft: Draft | None) -> None:
        stream = self._open()
        if progress and progress != self._first_line and self.process.frames.take():
            stream.progress(progress)
        if draft is not None and self.process.frames.take():
            stream.write(draft())

    def _settle(self) -> None:
        """Waits for the frame under way, drops what was not shown yet, and raises what went wrong."""
        with self._lock:
            self._progress, self._draft = "", None
            showing = self._showing
        if showing is not None:
            showing.result()
        if self._error is not None:
            raise self._error

    def _open(self) -> CardStream:
        if self._stream is None:
            if self.process.redis.exists(CANCELLED.of(self.message.message_id)):
                raise MessageGone(0, "the question was taken back before its card was sent")
            self._stream = self.process.feishu.stream(
                self.message.message_id,
                self._begun_card(),
                key=KEY,
                chat_id=self.message.chat_id,
            )
        return self._stream

    def _begun_card(self) -> Card:
        """The card that appears at once; a bare one where nobody foresaw that it cannot be drawn."""
        try:
            return progress_card(self.question, self.language, self._first_line)
        except Exception as error:
            if not unforeseen("card", error):
                raise
            return bare_card(say("title_progress", self.language), say("starting", self.language))


def drawn(process: Process, message_id: str, answer: Answer, state: CardState) -> list[Card]:
    """The cards of an answer; its bare words where nobody foresaw that they cannot be drawn."""
    limits = CardLimits(tables=process.settings.cards.tables)
    try:
        return answer_cards(answer, actions=process.signer, message_id=message_id, state=state, limits=limits)
    except Exception as error:
        if not unforeseen("card", error):
            raise
        return bare_answer(answer)
