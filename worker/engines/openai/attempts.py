"""How often, where and how soon a request that a model server did not take is tried again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import SystemRandom

from bot.errors import AnswerTimeout, Cancelled, EngineUnavailable
from worker.engines.openai.running_call import ConnectionBroken, ConnectionRefused
from worker.engines.openai.servers import Servers
from worker.engines.replies.chunks import LONGEST_NUMBER
from worker.llm import IsCancelled, never

RETRIED = (408, 409, 425, 429, 500, 502, 503, 504, 529)
BUSY_ROUNDS = 6
BROKEN_ROUNDS = 2
"""A server that cannot be reached is tried twice only: a lesser engine answers meanwhile."""
TROUBLED_ROUNDS = 1
"""One that failed the last request altogether gets one try, not another half minute of them."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
LONGEST_HINT_SECONDS = 60.0
POLL_SECONDS = 0.2
_random = SystemRandom()


@dataclass(frozen=True)
class Call:
    """Who asks and how long for. `deadline` is a moment of time.monotonic()."""

    deadline: float
    cancelled: IsCancelled = never
    group: str = ""


class Attempts:
    """The servers one request is sent to, one after the other, with a pause after each round of all."""

    def __init__(self, servers: Servers, call: Call) -> None:
        self._servers = servers
        self._call = call
        self._waiting = servers.order(call.group)
        self._round = 0
        self._hint: float | None = None
        self._put_off: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._only_broken = True
        self._troubled = servers.troubled()

    def next_server(self) -> str:
        """The next to try. Raises EngineUnavailable when there is no point in going on, Cancelled."""
        if not self._waiting:
            self._pause()
            self._waiting = self._servers.order(self._call.group)
        return self._waiting.pop(0)

    def put_off(self, url: str, status: int, hint: float | None, words: str = "") -> None:
        """`url` is there but did not take it: busy, or failing inside.

        `hint`: seconds it asks for; `words`: its own, for the operator.
        """
        self._only_broken = False
        self._put_off.add(url)
        self._reasons[url] = f"HTTP {status}: {words}" if words else f"HTTP {status}"
        if hint is not None:
            self._hint = hint if self._hint is None else min(self._hint, hint)

    def broke(self, url: str, error: ConnectionBroken) -> None:
        """`url` could not be reached, or its connection broke before it wrote anything."""
        if isinstance(error, ConnectionRefused):
            self._servers.failed(url)
        else:
            self._servers.broke(url)
        self._reasons[url] = str(error)

    def _pause(self) -> None:
        self._round += 1
        most = BROKEN_ROUNDS if self._only_broken else TROUBLED_ROUNDS if self._troubled else BUSY_ROUNDS
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self._round - 1), LONGEST_PAUSE_SECONDS)
        pause = self._hint if self._hint is not None else pause * _random.uniform(0.75, 1.25)
        self._hint = None
        ends = time.monotonic() + pause
        if self._round >= most or ends >= self._call.deadline:
            for url in self._put_off:
                self._servers.failed(url)
            reasons = ", ".join(f"{url}: {why}" for url, why in self._reasons.items())
            raise EngineUnavailable(f"no model server took the request ({reasons})")
        while (left := ends - time.monotonic()) > 0:
            check(self._call)
            time.sleep(min(left, POLL_SECONDS))


def check(call: Call) -> None:
    """Raises Cancelled or AnswerTimeout when nobody waits for the call any more."""
    if call.cancelled():
        raise Cancelled("the question was taken back")
    if time.monotonic() >= call.deadline:
        raise AnswerTimeout("the model did not answer within the time of one answer")


def retry_hint(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: retry-after-ms, or Retry-After in seconds or as a date."""
    milliseconds = headers.get("retry-after-ms", "")
    seconds = headers.get("retry-after", "")
    if milliseconds.isdecimal() and len(milliseconds) < LONGEST_NUMBER:
        wanted = int(milliseconds) / 1000
    elif seconds.replace(".", "", 1).isdecimal():
        wanted = float(seconds)
    else:
        wanted = _until(seconds)
    return None if wanted < 0 else min(wanted, LONGEST_HINT_SECONDS)


def _until(date: str) -> float:
    try:
        return max(parsedate_to_datetime(date).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return -1.0
