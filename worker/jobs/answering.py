"""The job of one question: from the message to exactly one final card, or to silence.

Everything that can be asked twice is: whether the card is finished already, whether the question still
stands, whether this worker still holds the lease. So the job may be begun again after a crash at any
point, and begun twice at once, and still there is one reply.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot import metrics
from bot.answer import Answer, CardState, Outcome
from bot.config.faults import has_words
from bot.errors import Cancelled, FeishuError, FennelError, MessageGone
from bot.events import policy
from bot.events.events import Message
from bot.feishu.sent_record import State
from bot.messages import say
from bot.queue.budgets import Spender
from bot.redis_keys import ANSWER, CANCELLED, TRACE
from bot.trace import read as read_trace
from worker.jobs import kept_answers
from worker.jobs.failures import failed, is_passed_on, reason_of
from worker.jobs.question_card import KEY, LeaseLost, QuestionCard, StillWanted
from worker.jobs.recalling import leave_nothing, recall_all
from worker.jobs.understanding import UNASKED, Meaning, Understanding, Understood
from worker.language import chat_language, language_of, note_spoken
from worker.manners.greetings import greet_in_private
from worker.manners.listening import Listening, note_answered
from worker.manners.small_talk import Manners
from worker.pipeline.parts import Question
from worker.pipeline.pipeline import ignore
from worker.pipeline.trace import Trace
from worker.process.process import Process
from worker.runner.lease import Lease
from worker.runner.waiting import HandBack
from worker.unforeseen import note, unforeseen

log = structlog.get_logger(__name__)


class Answering:
    """One question on its way to its card, under a lease."""

    def __init__(self, process: Process, message: Message, lease: Lease, verdict: policy.Verdict) -> None:
        self.process = process
        self.verdict = verdict
        self.asked = verdict.mentioned and verdict.reason not in UNASKED
        """Asked in person: whoever does gets a word, also where there is no answer."""
        self.message = message
        self.group = process.settings.group(message.chat_id)
        text = message.text_without(process.bot_open_id() or "")
        self.own_text = text if has_words(text) else ""
        self.text = self.own_text
        self.language = self._language_of(self.text)
        self.lease = lease
        self.wanted = StillWanted(process, message.message_id, lease)
        self.card = QuestionCard(process, message, self.text, self.language)
        self.trace = Trace(message.message_id, self.text)
        self.trace.note(asker=message.sender_id, chat_id=message.chat_id)
        self.listening = None if verdict.mentioned else Listening(process, message)
        """Set where nobody asked the bot: it answers only what it is sure of, and says nothing before."""
        self.manners = Manners(process, message, self.language, asked=self.asked)
        self.ended = "silent"

    def run(self) -> str:
        """Answers; returns one word for RQ's record. Raises what makes the job be begun again."""
        message_id = self.message.message_id
        record = self.process.feishu.records.get(message_id, KEY)
        if record is not None and record.state is State.DONE:
            return "done_before"
        try:
            kept = kept_answers.read(message_id, self.wanted.check())
            if kept is None:
                kept = self._understand_and_answer()
                self._count()
            if kept is None:
                return self.ended
            return self._finish(kept)
        except LeaseLost:
            log.warning("lease_lost", message_id=message_id)
            return "lease_lost"
        except (Cancelled, MessageGone):
            return self._taken_back()

    def _understand_and_answer(self) -> kept_answers.Kept | None:
        try:
            return self._find_answer()
        except Cancelled:
            self.wanted.check()
            raise HandBack(self.message.message_id) from None
        except Exception as error:
            if is_passed_on(error):
                raise
            return self._failed(error)

    def _failed(self, error: Exception) -> kept_answers.Kept | None:
        """The answer that says so; one that was kept before stays. Nobody is told who did not ask in person.

        Raises what makes the job be begun again.
        """
        self._note_failure(error)
        message_id = self.message.message_id
        if not self.asked and not self.card.begun:
            self._end(Outcome.FAILED)
            return None
        if kept := kept_answers.find(self.process.redis, message_id):
            return kept
        answer = failed(self.text, self._chat_language(), reason_of(error))
        state = CardState(experts=self.group.experts)
        kept = kept_answers.Kept(self._signed(answer), state, self.message.chat_id)
        self._end_trace(Outcome.FAILED)
        self._keep(kept)
        self._spend()
        return kept

    def _count(self) -> None:
        try:
            metrics.count_answer(self.trace.facts)
            if self.process.spans is not None:
                self.process.spans.write(self.trace)
        except Exception as error:  # what is counted must not cost an answer
            note("metrics", error)

    def _note_failure(self, error: Exception) -> None:
        unforeseen("answer", error)
        log.warning("answer_failed", message_id=self.message.message_id, error=type(error).__name__)
        words = f": {error}" if isinstance(error, FennelError) else ""  # others may quote what was said
        self.trace.event("failed", error=f"{type(error).__name__}{words}"[:300])

    def _find_answer(self) -> kept_answers.Kept | None:
        understanding = Understanding(self.process, self.message, self.verdict, self.trace)
        understood = understanding.understand(self.text, self.wanted.cancelled)
        if understood.meaning is Meaning.SMALL and understood.small is not None:
            self._end(self.manners.reply(understood.small))
            return None
        if understood.meaning is Meaning.NOTICE:
            self._end(self.manners.say_once(understood.text))
            return None
        if understood.meaning is not Meaning.QUESTION:
            self._end("joined" if understood.meaning is Meaning.JOINED else "silent")
            return None
        self._take(understood)
        if self.message.chat_type == "p2p":
            greet_in_private(self.process, self.message, self.language)
        if self.listening is not None and (why := self.listening.keeps_out()):
            self._stay_out(why)
            return None
        over = self.process.budgets.used_up(self.message.sender_id, self.message.chat_id)
        return self._answer(understood) if over is None else self._over_budget(over)

    def _over_budget(self, spender: Spender) -> kept_answers.Kept | None:
        """One card a day says that a budget is used up; the rest is silence."""
        if not self.asked or not self.process.budgets.tell_once(spender):
            self._end("over_budget")
            return None
        language = self._chat_language()
        text = say(f"budget_{spender.kind}", language)
        said = Answer(Outcome.BUSY, question=self.text, text=text, language=language)
        kept = kept_answers.Kept(self._signed(said), CardState(), self.message.chat_id)
        self._end_trace(said.outcome)
        self._keep(kept)
        return kept

    def _take(self, understood: Understood) -> None:
        """From here on the question is what was understood."""
        self.text = understood.text
        if self._is_spoken():
            self.language = self._language_of(self.text)
            note_spoken(self.process.redis, self.message.chat_id, self.text)
        else:
            wish = self.group.language
            self.language = chat_language(self.process.redis, self.message.chat_id, wish, self.text)
        self.trace.note(question=self.text)
        self.card = QuestionCard(self.process, self.message, self.text, self.language)

    def _is_spoken(self) -> bool:
        """Whether its text is somebody's words: a log or a screenshot by itself says nobody's language."""
        posted = self.message.attachments
        return bool(self.own_text.strip()) or all(one.kind == "merge_forward" for one in posted)

    def _language_of(self, text: str) -> str:
        """The question's own; that of the chat where it has no words."""
        if text.strip():
            return language_of(text, self.group.language)
        return self._chat_language()

    def _chat_language(self) -> str:
        """That of what is said instead of an answer."""
        wish = self.group.language
        return chat_language(self.process.redis, self.message.chat_id, wish, self.own_text)

    def _end(self, outcome: str) -> None:
        """Ends without a card of an answer; `outcome` is one word for the Trace."""
        self.ended = outcome
        self._close_trace(outcome)

    def _stay_out(self, why: str) -> None:
        """Says nothing to a message that nobody asked the bot; `why` is one word for the Trace."""
        self.trace.event("silent", why=why)
        self._end("silent")

    def _answer(self, understood: Understood) -> kept_answers.Kept | None:
        question = self._question(understood)
        shown = self.card if self.listening is None else None
        answer, _ = self.process.pipeline(question).run(
            question,
            shown.progress if shown else ignore,
            shown.write if shown else ignore,
            self.wanted.cancelled,
            self.trace,
        )
        if self._silent(answer):
            self._close_trace(answer.outcome)
            self._spend()
            return None
        if self.listening is not None and (why := self.listening.keeps_silent(answer, self.trace.facts)):
            self._stay_out(why)
            self._spend()
            return None
        state = CardState(experts=self.group.experts, can_search_web=self._may_search(answer))
        kept = kept_answers.Kept(self._signed(answer), state, self.message.chat_id)
        self._end_trace(answer.outcome)
        self._keep(kept)
        self._spend(answered=bool(answer.sources) and answer.outcome is not Outcome.NOT_FOUND)
        return kept

    def _spend(self, *, answered: bool = False) -> None:
        """Counts this question against the day's budgets, and as one that was `answered` here."""
        usage = self.trace.facts.get("usage") or {}
        tokens = sum(int(usage.get(name) or 0) for name in ("prompt_tokens", "completion_tokens"))
        with self.process.redis.pipeline() as pipeline:
            if answered:
                note_answered(pipeline, self.message.chat_id, self.message.message_id)
            self.process.budgets.spend(pipeline, self.message.sender_id, self.message.chat_id, tokens)
            pipeline.execute()

    def _keep(self, kept: kept_answers.Kept) -> None:
        """Writes the answer and its Trace, unless the question was taken back or taken over meanwhile."""
        message_id = self.message.message_id
        written = {ANSWER.of(message_id): kept_answers.text_of(kept), TRACE.of(message_id): self.trace.text()}
        for _ in range(2):
            if self.lease.write(written, seconds=self.process.keep_seconds, unless=CANCELLED.of(message_id)):
                return
            self.wanted.check()  # passes where Redis was emptied, and the lease taken anew
        raise HandBack(message_id)

    def _question(self, understood: Understood) -> Question:
        differs = understood.standalone != understood.text
        return Question(
            text=understood.search or understood.standalone,
            understood=understood.standalone,
            asked=understood.text if differs else "",
            language=self.language,
            mentioned=self.verdict.mentioned,
            message_id=self.message.message_id,
            chat_id=self.message.chat_id,
            point=self.group.point,
            web=self.group.web_search,
        )

    def _silent(self, answer: Answer) -> bool:
        """Whether the message gets no card: declined and nobody asked for it."""
        if self.card.begun or answer.outcome not in (Outcome.DECLINED, Outcome.NOT_FOUND):
            return False
        if not self.asked:
            return True
        return answer.outcome is Outcome.DECLINED and not self.group.say_when_declined

    def _may_search(self, answer: Answer) -> bool:
        return self.process.web is not None and self.group.web_search and answer.outcome is not Outcome.WEB

    def _signed(self, answer: Answer) -> Answer:
        return replace(
            answer,
            asker=self.message.sender_id,
            private=self.message.chat_type == "p2p",
            gathered=self.text != self.own_text,
        )

    def _finish(self, kept: kept_answers.Kept) -> str:
        self.process.admission.finish()
        kept = self._with_age(kept)
        try:
            card = self.card.finish(kept.answer, kept.state)
        except MessageGone:
            raise
        except FeishuError as error:
            if not error.retriable:
                log.error("card_unsendable", message_id=self.message.message_id, code=error.code)
                self._note_unsendable(error)
            raise
        log.info("answered", message_id=self.message.message_id, outcome=kept.answer.outcome, card=card)
        if self.process.redis.exists(CANCELLED.of(self.message.message_id)):
            return self._taken_back()
        return str(kept.answer.outcome)

    def _note_unsendable(self, error: FeishuError) -> None:
        """Adds to the Trace, which a former run may have written, why no card went out."""
        facts = read_trace(self.process.redis, self.message.message_id)
        if facts is not None:
            self.trace.facts = facts
        self.trace.event("unsendable", code=error.code, message=error.message)
        self.trace.store(self.process.redis, self.process.keep_seconds)

    def _with_age(self, kept: kept_answers.Kept) -> kept_answers.Kept:
        """The answer, which says that it is late where it is. What is drawn later says the same."""
        asked = self.message.create_time / 1000
        late = self.process.clock.now() - asked if asked else 0.0
        if late < self.process.settings.cards.late_after:
            return kept
        aged = replace(kept, answer=replace(kept.answer, late=round(late)))
        message_id = self.message.message_id
        written = {ANSWER.of(message_id): kept_answers.text_of(aged)}
        self.lease.write(written, seconds=self.process.keep_seconds, unless=CANCELLED.of(message_id))
        return aged

    def _close_trace(self, outcome: Outcome | str) -> None:
        self._end_trace(outcome)
        self.trace.store(self.process.redis, self.process.keep_seconds)

    def _end_trace(self, outcome: Outcome | str) -> None:
        if "total" not in self.trace.facts["seconds"] or self.trace.facts["outcome"] != outcome:
            self.trace.finish(outcome)

    def _taken_back(self) -> str:
        """The question is gone: whatever was sent for it goes too."""
        recall_all(self.process, self.message.message_id)
        leave_nothing()
        return "recalled"
