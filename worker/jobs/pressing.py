"""Presses on a card: what each button does.

The web process has proven and authorised the press and shown a toast; here it is proven again (a job must
not trust the queue more than Feishu), carried out once, and the card is drawn anew from what was kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from bot import audit
from bot.answer import Answer, CardState, Feedback, Human, Outcome
from bot.cards.answer import human_card
from bot.cards.buttons import REASON_FIELD
from bot.cards.parts import Card
from bot.cards.presses import Press, ProvenPress, may_press
from bot.errors import MessageGone, UnprovenEvent
from bot.events.events import CardPress
from bot.redis_keys import DAY, FEEDBACK
from bot.stored import read_object
from bot.talk.helping import note_called
from worker.jobs import kept_answers, operating
from worker.jobs.commands import why_card
from worker.jobs.failures import failed, is_passed_on, reason_of
from worker.jobs.question_card import KEY, drawn
from worker.jobs.recalling import recall_all
from worker.learning import colleagues
from worker.pipeline.parts import Question
from worker.pipeline.trace import Trace
from worker.process.process import Process
from worker.unforeseen import unforeseen

log = structlog.get_logger(__name__)

REASON_LENGTH = 500


class Presses:
    """Carries out presses."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def run(self, action: CardPress, *, patience: float) -> str:
        """One press. Raises FeishuError, redis.RedisError."""
        press = self._proven(action)
        if press is None:
            return "refused"
        if press.kind in operating.PRESSES:
            return operating.press(self.process, press, action)
        with self.process.leases.take(press.message_id, wait=patience):
            if press.kind in colleagues.PRESSES:
                return colleagues.press(self.process, press, action)
            kept = kept_answers.find(self.process.redis, press.message_id)
            if kept is None:
                return "too_old"
            if not self._may(press, action, kept.chat_id):
                return "refused"
            try:
                return self._act(press, action, kept)
            except MessageGone:
                return "gone"

    def give_up(self, action: CardPress, *, patience: float) -> None:
        """The job of a press was parked: a card that says it is searched for shows its answer again.

        Raises FeishuError, redis.RedisError.
        """
        press = self._proven(action)
        if press is None:
            return
        with self.process.leases.take(press.message_id, wait=patience):
            kept = kept_answers.find(self.process.redis, press.message_id)
            if kept is not None and kept.state.searching_web:
                shown = replace(kept, state=replace(kept.state, searching_web=False))
                self._draw(press.message_id, action.message_id, shown)

    def _proven(self, action: CardPress) -> ProvenPress | None:
        if self.process.signer is None:
            return None
        try:
            press = self.process.signer.read(action.value)
        except UnprovenEvent:
            log.warning("press_unproven", event_id=action.event_id)
            return None
        return press

    def _may(self, press: ProvenPress, action: CardPress, chat_id: str) -> bool:
        """Whether this person may, in the group where it was asked: cards can be forwarded to others."""
        settings = self.process.settings
        return may_press(
            press.kind,
            action.operator_id,
            press.asker,
            is_admin=settings.is_admin(action.operator_id, chat_id),
            is_expert=action.operator_id in settings.group(chat_id).experts,
        )

    def _act(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        return _ACTS.get(press.kind, Presses._change)(self, press, action, kept)

    def _change(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        """Changes what the cards show and nothing else."""
        changed = replace(kept, state=_changed(kept.state, press.kind, action.operator_id))
        self._draw(press.message_id, self._answer_card(press.message_id, action.message_id), changed)
        self._draw_hand_over(press.message_id, changed)
        return str(press.kind)

    def _judge(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        """Keeps what one person thinks of the answer; the card asks for a reason while one is wanted."""
        opinions = self._note(press, action)
        helpful = sum(one.get("kind") == Press.HELPFUL for one in opinions)
        asking = any(one.get("kind") == Press.NOT_HELPFUL and not one.get("reason") for one in opinions)
        state = replace(
            kept.state,
            feedback=Feedback.ASKING_REASON if asking else Feedback.NONE,
            helpful=helpful,
            not_helpful=len(opinions) - helpful,
        )
        card = self._answer_card(press.message_id, action.message_id)
        self._draw(press.message_id, card, replace(kept, state=state))
        return str(press.kind)

    def _note(self, press: ProvenPress, action: CardPress) -> list[dict[str, object]]:
        """One entry a person, the last word counts; all entries there are now.

        Who presses "not helpful" again keeps the reason given before.
        """
        key, who = FEEDBACK.of(press.message_id), action.operator_id
        before = self.process.redis.hget(key, who)
        reason = str(action.form.get(REASON_FIELD) or "")[:REASON_LENGTH]
        if press.kind is Press.NOT_HELPFUL and before:
            reason = str(read_object(before).get("reason") or "")
        entry = {"kind": str(press.kind), "reason": reason, "at": time.time()}
        with self.process.redis.pipeline() as pipeline:
            pipeline.hset(key, who, json.dumps(entry, ensure_ascii=False))
            pipeline.expire(key, self.process.settings.privacy.keep_feedback_days * DAY)
            pipeline.hvals(key)
            values = pipeline.execute()[-1]
        log.info("feedback", message_id=press.message_id, kind=press.kind, with_reason=bool(reason))
        return [read_object(value) for value in values]

    def _answer_card(self, question: str, pressed: str) -> str:
        """The answer's last card, which carries its buttons; a press may come from another card."""
        sent = self.process.feishu.records.sent(question)
        if pressed not in [record.message_id for key, record in sent.items() if key in BESIDE]:
            return pressed
        own = [one for key, one in sent.items() if key not in BESIDE and one.message_id]
        return max(own, key=lambda record: record.started).message_id if own else ""

    def _draw_hand_over(self, question: str, kept: kept_answers.Kept) -> None:
        """The card that experts are called to, as far as the hand-over is."""
        record = self.process.feishu.records.get(question, HUMAN_KEY)
        if record is None or not record.message_id:
            return
        card = human_card(kept.answer, kept.state, actions=self.process.signer, message_id=question)
        try:
            self.process.feishu.update(record.message_id, card, key="state")
        except MessageGone:
            log.info("hand_over_card_gone", message_id=question)

    def _recall(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        by, chat = action.operator_id, action.chat_id
        with audit.recorded(self.process.redis, "recall", by=by, chat_id=chat, subject=press.message_id):
            recall_all(self.process, press.message_id)
        return "recalled"

    def _why(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        """Shows the Trace below the answer, once however often it is asked for."""
        card = why_card(self.process, press.message_id, kept.answer.language)
        self.process.feishu.reply(press.message_id, card, key="why", chat_id=kept.chat_id)
        return "why"

    def _call_experts(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        """A new message that mentions them: Feishu notifies nobody whom a changed card mentions."""
        if kept.state.human is Human.NONE:
            state = replace(kept.state, human=Human.ASKED)
            card = human_card(kept.answer, state, actions=self.process.signer, message_id=press.message_id)
            sent = self.process.feishu.reply(press.message_id, card, key=HUMAN_KEY, chat_id=kept.chat_id)
            note_called(self.process.redis, press.message_id, (press.message_id, sent.thread_id))
        return self._change(press, action, kept)

    def _web(self, press: ProvenPress, action: CardPress, kept: kept_answers.Kept) -> str:
        """Answers once more from web pages, in the place of the old answer."""
        if not kept.state.can_search_web:
            return self._change(press, action, kept)
        searching = replace(kept, state=replace(kept.state, searching_web=True))
        self._draw(press.message_id, action.message_id, searching)
        answer = self._answer_from_web(press, kept)
        state = replace(kept.state, searching_web=False, can_search_web=False, feedback=Feedback.NONE)
        self._draw_new(press.message_id, action.message_id, replace(kept, answer=answer, state=state))
        return f"web: {answer.outcome}"

    def _answer_from_web(self, press: ProvenPress, kept: kept_answers.Kept) -> Answer:
        old = kept.answer
        question = Question(
            text=old.question,
            language=old.language,
            message_id=press.message_id,
            chat_id=kept.chat_id,
            force_web=True,
        )
        trace = Trace(press.message_id, old.question)
        trace.note(asker=old.asker)
        try:
            answer, _ = self.process.pipeline(question).run(question, trace=trace)
        except Exception as error:
            if is_passed_on(error):
                raise
            unforeseen("answer", error)
            log.warning("web_answer_failed", message_id=press.message_id, error=type(error).__name__)
            answer = failed(old.question, old.language, reason_of(error))
            trace.finish(Outcome.FAILED)
        trace.store(self.process.redis, self.process.keep_seconds)
        return replace(answer, asker=old.asker, private=old.private, gathered=old.gathered)

    def _cards(self, question: str, kept: kept_answers.Kept) -> list[Card]:
        return drawn(self.process, question, kept.answer, kept.state)

    def _draw(self, question: str, card: str, kept: kept_answers.Kept) -> None:
        """Keeps the new state and shows it. Only the last card carries buttons, so only it changes."""
        kept_answers.keep(self.process.redis, question, kept, self.process.keep_seconds)
        if card:
            self.process.feishu.update(card, self._cards(question, kept)[-1], key="state")

    def _draw_new(self, question: str, card: str, kept: kept_answers.Kept) -> None:
        """Keeps a new answer and shows it in the pressed card's place, what is too long for it below.

        The other cards of a long answer go: they hold what is said anew.
        """
        kept_answers.keep(self.process.redis, question, kept, self.process.keep_seconds)
        cards = self._cards(question, kept)
        self.process.feishu.update(card, cards[0], key="state")
        for key, sent in self.process.feishu.records.sent(question).items():
            if key.partition(":")[0] == KEY and sent.message_id not in ("", card):
                self.process.feishu.recall(sent.message_id)
        for number, further in enumerate(cards[1:], start=2):
            self.process.feishu.reply(question, further, key=f"web:{number}", chat_id=kept.chat_id)


HUMAN_KEY = "human"
"""Key of the logical send that calls the experts."""
BESIDE = frozenset({HUMAN_KEY, colleagues.KEY, "why", "command"})
"""Sends for a question that are not its answer."""
_ACTS: Mapping[Press, Callable[[Presses, ProvenPress, CardPress, kept_answers.Kept], str]] = {
    Press.HELPFUL: Presses._judge,
    Press.NOT_HELPFUL: Presses._judge,
    Press.REASON: Presses._judge,
    Press.WHY: Presses._why,
    Press.RECALL: Presses._recall,
    Press.WEB: Presses._web,
    Press.ASK_HUMAN: Presses._call_experts,
}
"""What a press does beyond changing its card."""


def _changed(state: CardState, kind: Press, operator: str) -> CardState:
    """The state after a press that only changes what the card shows.

    A press that comes too late, from a client that shows an older card, changes nothing.
    """
    if kind is Press.SOURCES:
        return replace(state, more_sources=True)
    human = _HUMAN.get((state.human, kind), state.human)
    helper = human is not state.human and not state.taken_by and operator in state.experts
    return replace(state, human=human, taken_by=operator if helper else state.taken_by)


_HUMAN = {
    (Human.NONE, Press.ASK_HUMAN): Human.ASKED,
    (Human.ASKED, Press.TAKE): Human.TAKEN,
    (Human.ASKED, Press.RESOLVE): Human.RESOLVED,
    (Human.TAKEN, Press.RESOLVE): Human.RESOLVED,
}
"""What a press makes of a state; any other pair leaves it."""
