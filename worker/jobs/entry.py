"""The jobs that the queue names by dotted path. Their arguments are small JSON, never objects.

Each job is short: it finds the process that runs it, takes the lease of its message where it replies to
one, and hands over to the module that knows how. What a job raises makes the runner begin it again.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import structlog
from rq.job import Job

from bot import logs, metrics
from bot.answer import Answer, CardState, Outcome
from bot.cards.answer import progress_card
from bot.errors import FeishuError, MessageGone
from bot.events import policy
from bot.events.events import CardPress, Message, Recall
from bot.feishu.sent_record import State
from bot.messages import say
from bot.queue import dead_letters
from bot.redis_keys import CANCELLED
from bot.talk.helping import question_helped
from bot.talk.said import Said
from worker.jobs import kept_answers
from worker.jobs.answering import Answering
from worker.jobs.commands import Commands
from worker.jobs.failures import QUICK_PACE, failed, patient, quick
from worker.jobs.pressing import Presses
from worker.jobs.question_card import KEY, QuestionCard
from worker.jobs.recalling import recall_all
from worker.jobs.reindexing import give_up as give_up_reindex
from worker.jobs.reindexing import reindex as run_reindex
from worker.language import chat_language, language_of
from worker.learning import colleagues
from worker.manners import greetings
from worker.process.process import Process, current
from worker.runner.lease import LeaseTaken

log = structlog.get_logger(__name__)

LEASE_MARGIN = 30
"""Seconds beyond one answer's time after which a lease that is still held is given up on."""


@patient
def answer(message: dict[str, Any]) -> str:
    """Answers one message, or decides to stay silent."""
    process, asked = current(), Message.from_json(message)
    logs.keep_out(asked.text)
    with structlog.contextvars.bound_contextvars(message_id=asked.message_id):
        verdict = _judge(process, asked)
        if verdict.action is policy.Handling.COMMAND and verdict.command:
            return command(message, verdict.command.name, verdict.command.argument)
        if verdict.action is not policy.Handling.ANSWER:
            return f"ignored: {verdict.reason}"
        with process.leases.take(asked.message_id, wait=_patience(process)) as lease:
            outcome = Answering(process, asked, lease, verdict).run()
        metrics.ANSWERS.labels(outcome).inc()
        return outcome


@quick
def command(message: dict[str, Any], name: str, argument: str) -> str:
    """Carries out one command from chat and replies to it."""
    process, asked = current(), Message.from_json(message)
    logs.keep_out(asked.text)
    with (
        structlog.contextvars.bound_contextvars(message_id=asked.message_id),
        process.leases.take(asked.message_id, wait=QUICK_PACE),
    ):
        return Commands(process, asked).run(name, argument)


@patient
def feedback(action: dict[str, Any]) -> str:
    """Carries out one press on a card."""
    process, pressed = current(), CardPress.from_json(action)
    return Presses(process).run(pressed, patience=_patience(process))


@quick
def recall(recall: dict[str, Any]) -> str:
    """The question was taken back: stops its job, or takes its answer back."""
    process, taken = current(), Recall.from_json(recall)
    process.redis.set(CANCELLED.of(taken.message_id), "1", ex=CANCELLED.seconds)
    with process.leases.take(taken.message_id, wait=QUICK_PACE):
        return f"recalled {recall_all(process, taken.message_id)}"


@quick
def busy(message: dict[str, Any], *refused: Any) -> str:
    """Tells an asker that the question was not taken because of a limit; no more is said to the rest.

    `refused`: what else the job would have had (a command's name and argument), why it was not taken, and
    the position in the queue.
    """
    reason, position = str(refused[-2]), int(refused[-1])
    process, asked = current(), Message.from_json(message)
    verdict = _judge(process, asked)
    if not verdict.mentioned:
        return "silent"
    names = {"user_limit": "limit_user", "group_limit": "limit_group"}
    text = asked.text_without(process.bot_open_id() or "")
    language = _chat_language(process, asked, text)
    sentence = say(names.get(reason, "limit_queue"), language, position=position)
    said = Answer(
        outcome=Outcome.BUSY, question=text, text=sentence, language=language, queue_position=position
    )
    return _finish(process, asked, said)


@quick
def waiting(message: dict[str, Any], position: int) -> str:
    """Shows whoever asks into a long queue how many are ahead, on the card that will hold the answer.

    So it speaks the question's language, as the answer on it will.
    """
    process, asked = current(), Message.from_json(message)
    text = asked.text_without(process.bot_open_id() or "")
    language = language_of(text, process.settings.group(asked.chat_id).language)
    try:
        with process.leases.take(asked.message_id, wait=0):
            if _is_begun(process, asked.message_id):
                return "begun"
            line = say("busy", language, position=position)
            card = progress_card(text, language, line)
            process.feishu.stream(asked.message_id, card, key=KEY, chat_id=asked.chat_id)
    except LeaseTaken:
        return "being_answered"
    except FeishuError as error:
        log.warning("position_not_shown", message_id=asked.message_id, code=error.code)
        return "not_shown"
    return "shown"


def _chat_language(process: Process, asked: Message, text: str) -> str:
    """What is said instead of an answer is said in the language of the chat."""
    wish = process.settings.group(asked.chat_id).language
    return chat_language(process.redis, asked.chat_id, wish, text)


def _is_begun(process: Process, message_id: str) -> bool:
    """Whether the question has a card already, or needs none any more."""
    sent = process.feishu.records.get(message_id, KEY) is not None
    return (
        sent
        or bool(process.redis.exists(CANCELLED.of(message_id)))
        or bool(kept_answers.find(process.redis, message_id))
    )


@quick
def greet(chat_id: str) -> str:
    """Greets a group that the bot was put into."""
    return greetings.greet(current(), chat_id)


@quick
def learn(message: dict[str, Any]) -> str:
    """Hears what an expert says in a thread that experts were called into."""
    process, said = current(), Message.from_json(message)
    logs.keep_out(said.text)
    question = question_helped(process.redis, said)
    with process.leases.take(question or said.message_id, wait=QUICK_PACE):
        kept = kept_answers.find(process.redis, question) if question else None
        if kept is None:
            return "too_old"
        return colleagues.learn(process, said, question, kept.answer, kept.state.taken_by)


@quick
def hours(message: dict[str, Any]) -> str:
    """Tells somebody who asked outside the work time when the bot answers again."""
    process, asked = current(), Message.from_json(message)
    logs.keep_out(asked.text)
    return greetings.tell_hours(process, asked)


def reindex(request: dict[str, Any]) -> str:
    """Builds a new version of the index; runs in the indexer process."""
    return run_reindex(current(), request)


@quick
def given_up(message_id: str, message: dict[str, Any] | None) -> str:
    """Tells an asker, once, that no answer will come. `message` is None where its job cannot be read."""
    process = current()
    with process.leases.take(message_id, wait=QUICK_PACE):
        record = process.feishu.records.get(message_id, KEY)
        if record is not None and record.state is State.DONE:
            return "told_before"
        if process.redis.exists(CANCELLED.of(message_id)):
            return "recalled"
        asked = _message(message_id, message)
        text = asked.text_without(process.bot_open_id() or "")
        language = _chat_language(process, asked, text)
        kept = kept_answers.find(process.redis, message_id)
        if kept is not None and _finish(process, asked, kept.answer) != "unsendable":
            return str(kept.answer.outcome)
        return _finish(
            process, asked, failed(text, language, "because_refused" if kept else "because_poison")
        )


def park(job: Job, error: BaseException) -> None:
    """Told by the runner that a job was given up on: it is listed, and whoever waits for it is told.

    What the job holds may be what cannot be read, so that its id must be enough. Raises redis.RedisError, so
    that it is done again when Redis is back.
    """
    process, (name, arguments) = current(), _read_job(job)
    given = arguments[0] if arguments and isinstance(arguments[0], dict) else None
    metrics.PARKED.labels(name or "unreadable").inc()
    dead_letters.note(process.redis, job.id, kind=name, error=error, message=given, at=process.clock.now())
    if name == "feedback":
        _show_press_given_up(process, given)
    elif name == "reindex":
        give_up_reindex(process, given or {})
    elif name in ("answer", ""):
        process.queue.submit_given_up(dead_letters.message_of(job.id), given)


def _show_press_given_up(process: Process, press: dict[str, Any] | None) -> None:
    try:
        pressed = CardPress.from_json(press or {})
        Presses(process).give_up(pressed, patience=_patience(process))
    except (FeishuError, TypeError) as error:
        log.error("press_untold", error=type(error).__name__)


def _judge(process: Process, message: Message) -> policy.Verdict:
    """The verdict on a message whose push came before anybody knew the bot's open_id.

    Raises FeishuError when it is still unknown and Feishu does not say.
    """
    said = Said(process.redis)
    verdict = policy.decide(message, process.settings, process.bot_open_id(), said.follows)
    if verdict.action is policy.Handling.UNKNOWN_BOT:
        process.feishu.bot_open_id()
        verdict = policy.decide(message, process.settings, process.bot_open_id(), said.follows)
    return verdict


def _message(message_id: str, data: dict[str, Any] | None) -> Message:
    """A job's message; where that cannot be read, one of which only the id is known."""
    try:
        return Message.from_json(data or {})
    except (TypeError, KeyError):
        blank: dict[str, Any] = {one.name: "" for one in fields(Message)}
        return Message(
            **{**blank, "message_id": message_id, "mentions": (), "mention_all": False, "create_time": 0}
        )


def _read_job(job: Job) -> tuple[str, list[Any]]:
    """The last part of the job's dotted path and its arguments; empty where they cannot be read."""
    try:
        return (job.func_name or "").rpartition(".")[2], list(job.args)
    except Exception as error:  # whatever RQ's reading raises: the job is known by its id
        log.error("job_unreadable", job_id=job.id, error=type(error).__name__)
        return "", []


def _finish(process: Process, asked: Message, said: Answer) -> str:
    """The last card where nothing more can be tried. Raises FeishuError when it may be sent later."""
    try:
        QuestionCard(process, asked, said.question, said.language).finish(said, CardState())
    except MessageGone:
        return "gone"
    except FeishuError as error:
        if error.retriable:
            raise
        log.error("card_unsendable", message_id=asked.message_id, code=error.code)
        return "unsendable"
    return str(said.outcome)


def _patience(process: Process) -> float:
    return process.settings.worker.answer_timeout + LEASE_MARGIN
