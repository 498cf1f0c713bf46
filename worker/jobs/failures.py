"""What becomes of a failure: the sentence an asker is told, and whether the job waits or ends.

A refusal of Feishu's that may pass is waited for; one that never will ends the job. What nobody foresaw is
said to whoever asked, at once, and not tried five times first. A job of the quick lane
has few threads to share with every other group, so it waits in none of them: not for a rate limit, not for
somebody else's lease. It is put aside and comes again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from bot.answer import Answer, Outcome
from bot.errors import (
    AnswerTimeout,
    Cancelled,
    EngineRefused,
    EngineUnavailable,
    FeishuError,
    IndexMismatch,
    IndexMissing,
    MessageGone,
    QuestionTooLong,
)
from bot.feishu.call import LONGEST_PACE
from bot.messages import say
from worker.jobs.question_card import LeaseLost
from worker.runner.lease import LeaseTaken
from worker.runner.redis_faults import passes
from worker.runner.waiting import GiveUp, HandBack, Postpone

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


_PASSED_ON = (FeishuError, Cancelled, LeaseTaken, LeaseLost, HandBack, Postpone, GiveUp)
"""What says what becomes of a job; all else that is raised is said to whoever asked."""


def is_passed_on(error: Exception) -> bool:
    """Whether the job ends, waits or is begun again by this error, and nothing is said of it here."""
    return passes(error) if isinstance(error, RedisError) else isinstance(error, _PASSED_ON)


LEASE_PAUSE = 2.0
"""Seconds until a job looks again whether a lease is free."""
QUICK_PACE = 1.0
"""Seconds that a job of the quick lane waits for a rate limit or a lease before it is put aside."""
Arguments = ParamSpec("Arguments")


def patient(job: Callable[Arguments, str]) -> Callable[Arguments, str]:
    """The job, which may raise Postpone and GiveUp where it raised FeishuError."""

    @wraps(job)
    def run(*arguments: Arguments.args, **named: Arguments.kwargs) -> str:
        try:
            return job(*arguments, **named)
        except MessageGone:
            return "gone"
        except FeishuError as error:
            if not error.retriable:
                raise GiveUp(str(error)) from error
            raise Postpone(str(error), seconds=error.retry_after, interface=error.away) from error
        except LeaseTaken as error:
            raise Postpone("somebody else is at this message", seconds=LEASE_PAUSE) from error

    return run


def quick(job: Callable[Arguments, str]) -> Callable[Arguments, str]:
    """A `patient` job of the quick lane."""
    waiting = patient(job)

    @wraps(job)
    def run(*arguments: Arguments.args, **named: Arguments.kwargs) -> str:
        token = LONGEST_PACE.set(QUICK_PACE)
        try:
            return waiting(*arguments, **named)
        finally:
            LONGEST_PACE.reset(token)

    return run
