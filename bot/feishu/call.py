"""One call of the Open API, carried through: paced, with a good token, retried by the body's code.

The SDK sends a request once and leaves the rest to its caller. Here is the rest, the same for every call:
wait for the limits, take the shared token, send, and then do what `bot.feishu.codes` says about the answer.
A call that can never succeed is not tried again and says why; one that ran out of patience says that it may
succeed later, so that the job waits and resumes. Where Feishu refuses everybody, the outage is written down
(bot/feishu/outage.py) and further calls are refused here, at once, until it is time to look again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any

import requests
import structlog

from bot.clock import SYSTEM, Clock
from bot.errors import FeishuError, MessageGone
from bot.feishu.codes import Code, Remedy, inner_code, look_up, look_up_status
from bot.feishu.outage import Outages
from bot.feishu.pacing import Limit, Pacer
from bot.feishu.sdk import RequestOption
from bot.feishu.token import TenantToken
from bot.feishu.transport import RefusedAnswer, UnreadableAnswer, header, read_body, reset_of
from bot.http_session import in_words

log = structlog.get_logger(__name__)

PATIENCE = 30.0
"""Seconds a call may go on being retried, unless its caller says otherwise."""
FIRST_PAUSE = 0.4
"""Seconds before the second attempt; each further pause is twice as long, up to LONGEST_PAUSE."""
LONGEST_PAUSE = 8.0
RATE_PAUSE = 1.1
"""Seconds to wait for a limit per second when Feishu does not say how long."""
_GATEWAY_CODES = (0, 99991400)
"""Limits that the API gateway named; 0 stands for HTTP 429 without a code."""
_GATEWAYS_OWN = 99990000
"""Codes from here on are the gateway's: its words name scopes and settings, never a message's content."""
_AGAIN = (Remedy.RETRY, Remedy.RATE)
"""What is tried again at once, within a call's patience."""
_PASSING = (*_AGAIN, Remedy.TOKEN, Remedy.SETUP, Remedy.UNKNOWN)
"""What does not end a job: the same call may succeed in a minute, or tomorrow."""
_ONE_THING = frozenset({230020, 230049, 18121, 200810, 11233})
"""Passing refusals that speak of one group, message or card, never of Feishu as a whole."""
PROBE_PATIENCE = 2.0
"""Seconds for which the one caller tries that finds out whether an interface is back."""
HASTY = 2.0
"""Calls less patient than this, such as frames of a stream, say nothing about how Feishu is."""
_random = SystemRandom()

LONGEST_PACE: ContextVar[float] = ContextVar("longest_pace", default=60.0)
"""Seconds that calls of this thread wait at most for a limit of ours; what would wait longer comes again."""
Send = Callable[[RequestOption], Any]
"""Builds a new SDK request and sends it: the SDK changes requests and options, so none is sent twice."""


@dataclass(frozen=True)
class _Outcome:
    """What came of one attempt."""

    body: dict[str, Any] = field(default_factory=dict)
    code: int = 0
    refusal: Code | None = None
    detail: str = ""
    log_id: str = ""
    reset: float = 0.0
    """Seconds Feishu asks to wait; 0 when it does not say."""


class Caller:
    """Sends calls for one app."""

    def __init__(
        self,
        token: TenantToken,
        pacer: Pacer,
        outages: Outages,
        *,
        clock: Clock = SYSTEM,
        sleep: Callable[[float], None] | None = None,
        on_call: Callable[[str], None] | None = None,
        on_refusal: Callable[[str, int], None] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`on_call` is told the name of each attempt, `on_refusal` name and code of each that failed."""
        self._token = token
        self._pacer = pacer
        self._outages = outages
        self._clock = clock
        self._sleep = sleep or clock.sleep
        self._worked: dict[str, float] = {}
        """When each interface last worked, on the clock's monotonic time."""
        self._on_call = on_call
        self._on_refusal = on_refusal
        self._patience = patience

    def call(
        self, name: str, send: Send, *, limits: tuple[Limit, ...] = (), patience: float | None = None
    ) -> dict[str, Any]:
        """The response body of the call `name`, after as many attempts as `patience` seconds allow.

        None means the caller's own patience.

        Raises MessageGone when the message is recalled or deleted, else FeishuError.
        """
        patience = self._patience if patience is None else patience
        probing = self._outages.enter(name, may_probe=patience >= HASTY)
        begun = self._clock.monotonic()
        deadline = begun + (min(patience, PROBE_PATIENCE) if probing else patience)
        attempt, refreshed = 0, False
        while True:
            try:
                self._pace(name, limits, patience if probing else deadline - self._clock.monotonic())
                token = self._token.get()
            except FeishuError:
                if probing:
                    self._outages.not_tried(name)
                raise
            if self._on_call is not None:
                self._on_call(name)
            outcome = _attempt(send, token)
            refusal = outcome.refusal
            if refusal is None or refusal.remedy is Remedy.DONE:
                self._note_success(name, probing)
                return outcome.body
            self._report(name, outcome, attempt)
            if refusal.remedy is Remedy.TOKEN and not refreshed:
                self._token.refused(token)
                refreshed = True
                continue
            pause = self._pause(outcome, attempt, limits)
            if refusal.remedy not in _AGAIN or self._clock.monotonic() + pause > deadline:
                if probing or patience >= HASTY:
                    self._note_failure(name, outcome, refusal, begun, probing)
                raise _error(name, outcome, refusal)
            self._sleep(pause)
            attempt += 1

    def _note_success(self, name: str, probing: bool) -> None:
        self._worked[name] = self._clock.monotonic()
        if probing:
            self._outages.worked(name)

    def _note_failure(self, name: str, outcome: _Outcome, refusal: Code, begun: float, probing: bool) -> None:
        """Writes down whether the interface is away, or that it is not: a refusal of this call alone."""
        everybody = _speaks_of_everybody(outcome, refusal) and self._worked.get(name, 0.0) < begun
        if everybody:
            self._outages.failed(name, refusal.meaning, outcome.code, outcome.reset)
        elif probing:
            self._outages.worked(name)

    def _pace(self, name: str, limits: tuple[Limit, ...], patience: float) -> None:
        if refused := self._pacer.wait(*limits, patience=min(patience, LONGEST_PACE.get())):
            limit, seconds = refused
            raise FeishuError(
                0, f"{name}: {limit.name} is at its rate limit", retriable=True, retry_after=seconds
            )

    def _pause(self, outcome: _Outcome, attempt: int, limits: tuple[Limit, ...]) -> float:
        """Seconds until the next attempt; a limit Feishu named is kept by every process."""
        if outcome.refusal is None or outcome.refusal.remedy is not Remedy.RATE:
            grown = min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * _random.uniform(0.75, 1.25)
            return max(grown, outcome.reset)
        pause = outcome.reset or RATE_PAUSE * _random.uniform(1.0, 1.4)
        gateway = outcome.code in _GATEWAY_CODES
        for limit in [limit for limit in limits if limit.gateway is gateway] or limits:
            self._pacer.hold(limit, pause)
        return pause

    def _report(self, name: str, outcome: _Outcome, attempt: int) -> None:
        if self._on_refusal is not None:
            self._on_refusal(name, outcome.code)
        log.warning(
            "feishu.refused",
            call=name,
            code=outcome.code,
            why=outcome.refusal.meaning if outcome.refusal else "",
            detail=outcome.detail,
            log_id=outcome.log_id,
            attempt=attempt + 1,
        )


def _attempt(send: Send, token: str) -> _Outcome:
    option = RequestOption()
    option.tenant_access_token = token
    try:
        return _Outcome(body=read_body(send(option).raw))
    except RefusedAnswer as answer:
        return _refused(answer)
    except UnreadableAnswer as answer:
        return _Outcome(refusal=look_up_status(answer.status), reset=reset_of(answer.headers))
    except requests.RequestException as error:
        return _Outcome(refusal=Code(Remedy.RETRY, f"no answer: {in_words(error)}"))


def _refused(answer: RefusedAnswer) -> _Outcome:
    code, message = int(answer.body["code"]), str(answer.body.get("msg", ""))
    inner = inner_code(message)
    return _Outcome(
        body=answer.body,
        code=code,
        refusal=look_up(code, message, answer.status),
        detail=message if code > _GATEWAYS_OWN else f"ErrCode {inner}" if inner else "",
        log_id=_log_id(answer.body, answer.headers),
        reset=reset_of(answer.headers),
    )


def _speaks_of_everybody(outcome: _Outcome, refusal: Code) -> bool:
    """Whether the next call of this interface would be refused alike, whatever it sends."""
    if refusal.remedy not in _PASSING or outcome.code in _ONE_THING:
        return False
    return refusal.remedy is not Remedy.UNKNOWN or outcome.code == 0


def remedy_of(error: FeishuError) -> Remedy:
    """What to do about an error that a call raised."""
    known = look_up(error.code).remedy if error.code else Remedy.NEVER
    if error.retriable and known not in (Remedy.SETUP, Remedy.UNKNOWN):
        return Remedy.RETRY
    return known


def _error(name: str, outcome: _Outcome, refusal: Code) -> FeishuError:
    meaning = refusal.meaning + (f" ({outcome.detail})" if outcome.detail else "")
    if refusal.remedy is Remedy.GONE:
        return MessageGone(outcome.code, meaning, log_id=outcome.log_id)
    return FeishuError(
        outcome.code,
        meaning,
        retriable=refusal.remedy in _PASSING,
        retry_after=outcome.reset,
        away=name if _speaks_of_everybody(outcome, refusal) else "",
        log_id=outcome.log_id,
    )


def _log_id(body: dict[str, Any], headers: dict[str, str]) -> str:
    error = body.get("error")
    inside = error.get("log_id", "") if isinstance(error, dict) else ""
    return str(inside or header(headers, "x-tt-logid"))
