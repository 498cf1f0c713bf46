"""One call of the Open API, carried through: paced, with a good token, retried by the body's code.

The SDK sends a request once and leaves the rest to its caller. Here is the rest, the same for every call:
wait for the limits, take the shared token, send, and then do what `bot.feishu.codes` says about the answer.
A call that can never succeed is not tried again and says why; one that ran out of patience says that it may
succeed later, so that the job is retried and resumes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any

import requests
import structlog

from bot.errors import FeishuError, MessageGone
from bot.feishu.codes import Code, Remedy, inner_code, look_up, look_up_status
from bot.feishu.pacing import Limit, Pacer
from bot.feishu.sdk import RequestOption
from bot.feishu.token import TenantToken
from bot.feishu.transport import RefusedAnswer, UnreadableAnswer, read_body

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
_RETRIABLE = (Remedy.RETRY, Remedy.RATE)
_random = SystemRandom()

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
        *,
        sleep: Callable[[float], None] = time.sleep,
        on_call: Callable[[str], None] | None = None,
        on_refusal: Callable[[str, int], None] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`on_call` is told the name of each attempt, `on_refusal` name and code of each that failed."""
        self._token = token
        self._pacer = pacer
        self._sleep = sleep
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
        deadline = time.monotonic() + (self._patience if patience is None else patience)
        attempt, refreshed = 0, False
        while True:
            self._pace(name, limits, deadline - time.monotonic())
            token = self._token.get()
            if self._on_call is not None:
                self._on_call(name)
            outcome = _attempt(send, token)
            refusal = outcome.refusal
            if refusal is None or refusal.remedy is Remedy.DONE:
                return outcome.body
            self._report(name, outcome, attempt)
            if refusal.remedy is Remedy.TOKEN and not refreshed:
                self._token.refused(token)
                refreshed = True
                continue
            pause = self._pause(outcome, attempt, limits)
            if refusal.remedy not in _RETRIABLE or time.monotonic() + pause > deadline:
                raise _error(outcome, refusal)
            self._sleep(pause)
            attempt += 1

    def _pace(self, name: str, limits: tuple[Limit, ...], patience: float) -> None:
        if limit := self._pacer.wait(*limits, patience=patience):
            raise FeishuError(0, f"{name}: {limit.name} is at its rate limit", retriable=True)

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
        return _Outcome(refusal=look_up_status(answer.status), reset=_reset(answer.headers))
    except requests.RequestException as error:
        return _Outcome(refusal=Code(Remedy.RETRY, f"no answer: {type(error).__name__}"))


def _refused(answer: RefusedAnswer) -> _Outcome:
    code, message = int(answer.body["code"]), str(answer.body.get("msg", ""))
    inner = inner_code(message)
    return _Outcome(
        body=answer.body,
        code=code,
        refusal=look_up(code, message),
        detail=message if code > _GATEWAYS_OWN else f"ErrCode {inner}" if inner else "",
        log_id=_log_id(answer.body, answer.headers),
        reset=_reset(answer.headers),
    )


def remedy_of(error: FeishuError) -> Remedy:
    """What to do about an error that a call raised."""
    if error.retriable:
        return Remedy.RETRY
    return look_up(error.code).remedy if error.code else Remedy.NEVER


def _error(outcome: _Outcome, refusal: Code) -> FeishuError:
    meaning = refusal.meaning + (f" ({outcome.detail})" if outcome.detail else "")
    if refusal.remedy is Remedy.GONE:
        return MessageGone(outcome.code, meaning, log_id=outcome.log_id)
    retriable = refusal.remedy in _RETRIABLE
    return FeishuError(outcome.code, meaning, retriable=retriable, log_id=outcome.log_id)


def _header(headers: dict[str, str], name: str) -> str:
    """A header by any spelling: the SDK hands them over in a case-sensitive dict."""
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _reset(headers: dict[str, str]) -> float:
    """Seconds until the limit is over, from the gateway's header or the standard one."""
    for name in ("x-ogw-ratelimit-reset", "retry-after"):
        value = _header(headers, name)
        if value.replace(".", "", 1).isdigit():
            return float(value)
    return 0.0


def _log_id(body: dict[str, Any], headers: dict[str, str]) -> str:
    error = body.get("error")
    inside = error.get("log_id", "") if isinstance(error, dict) else ""
    return str(inside or _header(headers, "x-tt-logid"))
