"""What an asker is told when a question could not be answered: one sentence for each kind of failure."""

from __future__ import annotations

from rq.timeouts import JobTimeoutException

from bot.answer import Answer, Outcome
from bot.errors import (
    AnswerTimeout,
    EngineRefused,
    EngineUnavailable,
    IndexMismatch,
    IndexMissing,
    QuestionTooLong,
)
from bot.messages import say

_REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((QuestionTooLong,), "because_question_too_long"),
    ((AnswerTimeout, JobTimeoutException), "because_timeout"),
    ((EngineUnavailable, EngineRefused), "because_engine"),
    ((IndexMissing, IndexMismatch), "because_index"),
)


def reason_of(error: BaseException) -> str:
    """Name of the sentence that tells an asker what went wrong."""
    return next((name for kinds, name in _REASONS if isinstance(error, kinds)), "because_error")


def failed(question: str, language: str, reason: str) -> Answer:
    """The answer that says in one sentence what went wrong; `reason` names that sentence."""
    sentence = say("failed", language, reason=say(reason, language))
    return Answer(outcome=Outcome.FAILED, question=question, text=sentence, language=language)
