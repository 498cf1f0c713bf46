"""Delivery of events: signed, encrypted, retried as Feishu retries.

A push must be answered with HTTP 200 within 3 s (connection within 2 s); otherwise it comes again after
15 s, 5 min, 1 h and 6 h, at most four more times (event-subscriptions overview, uUTNz4SN1MjL1UzM.md).
Card callbacks are synchronous and come once.
"""

from __future__ import annotations

import heapq
import itertools
import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from simulator.pushes.payloads import App
from simulator.pushes.sealing import encrypt, signature
from simulator.tenant.clock import Clock
from simulator.types import Json

RETRY_AFTER = (15.0, 300.0, 3600.0, 21600.0)
CONNECT_TIMEOUT = 2.0
TIMEOUT = 3.0
CHALLENGE_TIMEOUT = 1.0
PATIENCE = 60.0
"""Seconds that those who drive the local Feishu wait for something to happen."""


@dataclass
class Attempt:
    """One HTTP request of a push."""

    time: float
    status: int
    """0 when there was no HTTP answer."""
    seconds: float
    body: str
    problem: str = ""


@dataclass
class Push:
    """One event on its way to the bot, with all its attempts."""

    number: int
    event_type: str
    payload: Json
    created: float
    attempts: list[Attempt] = field(default_factory=list)
    state: str = "waiting"
    """waiting, delivered or given_up."""

    @property
    def event_id(self) -> str:
        return str(self.payload.get("header", {}).get("event_id", ""))

    @property
    def message_id(self) -> str:
        """The message the event speaks of, empty where there is none."""
        event = self.payload.get("event", {})
        return str(event.get("message", event).get("message_id", ""))


class Pushes:
    """Delivers events to one address; keeps all pushes for tests and the page."""

    def __init__(
        self, app: App, clock: Clock, push_to: str, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.app = app
        self.clock = clock
        self.push_to = push_to
        self.on_change = on_change
        self.retry_after = RETRY_AFTER
        """Seconds of the clock between the attempts of one push."""
        self.timeout = TIMEOUT
        """Seconds the bot has to answer; tests that are not about it give it more."""
        self.all: list[Push] = []
        self.first: dict[str, Push] = {}
        """message id -> the first push that spoke of it."""
        self.condition = threading.Condition()
        self.due: list[tuple[float, int, Push]] = []
        self.order = itertools.count(1)
        self.stopped = False
        self.pool = ThreadPoolExecutor(32, thread_name_prefix="push")
        self.scheduler = threading.Thread(target=self._schedule, name="push-scheduler", daemon=True)
        self.scheduler.start()
        self.long_connection: Callable[[Json, float], Attempt | None] | None = None
        """Delivers over a WebSocket; answers None while no client is connected."""

    def send(self, payload: Json) -> Push:
        """Starts delivering an event and returns at once."""
        push = Push(next(self.order), payload["header"]["event_type"], payload, self.clock.now())
        with self.condition:
            self.all.append(push)
            self.first.setdefault(push.message_id, push)
            heapq.heappush(self.due, (time.monotonic(), push.number, push))
            self.condition.notify_all()
        self.on_change()
        return push

    def of(self, message_id: str) -> Push:
        """The first push of a message. Raises KeyError when it was never pushed."""
        return self.first[message_id]

    def call_back(self, payload: Json) -> tuple[Push, Attempt]:
        """Sends a card callback and waits for its answer; never repeated."""
        push = Push(next(self.order), payload["header"]["event_type"], payload, self.clock.now())
        with self.condition:
            self.all.append(push)
        attempt = self._attempt(payload)
        self._finish(push, attempt, "delivered" if attempt.status == 200 else "given_up")
        return push, attempt

    def verify_url(self, challenge: str = "") -> Attempt:
        """Sends url_verification as the console does when the address is saved: unsigned, 1 s to answer."""
        body: Json = {
            "challenge": challenge or secrets.token_hex(16),
            "token": self.app.verification_token,
            "type": "url_verification",
        }
        return self.post(self._sealed(body), {}, CHALLENGE_TIMEOUT)

    def wait(self, push: Push, timeout: float = PATIENCE, attempts: int = 1) -> Push:
        """Returns when a push has been tried `attempts` times or is settled. Raises TimeoutError."""
        with self.condition:
            done = self.condition.wait_for(
                lambda: len(push.attempts) >= attempts or push.state != "waiting", timeout
            )
        if not done:
            raise TimeoutError(f"push {push.number} was not attempted {attempts} times in {timeout} s")
        return push

    def stop(self) -> None:
        """Gives up what is still waiting."""
        with self.condition:
            self.stopped = True
            self.due.clear()
            self.condition.notify_all()
        self.scheduler.join(timeout=5)
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _schedule(self) -> None:
        while True:
            with self.condition:
                while not self.stopped and (not self.due or self.due[0][0] > time.monotonic()):
                    wait = self.due[0][0] - time.monotonic() if self.due else None
                    self.condition.wait(wait)
                if self.stopped:
                    return
                _, _, push = heapq.heappop(self.due)
            self.pool.submit(self._deliver, push)

    def _deliver(self, push: Push) -> None:
        attempt = self._attempt(push.payload)
        tries = len(push.attempts) + 1
        if attempt.status == 200:
            self._finish(push, attempt, "delivered")
        elif tries > len(self.retry_after):
            self._finish(push, attempt, "given_up")
        else:
            self._finish(push, attempt, "waiting")
            with self.condition:
                when = time.monotonic() + self.clock.lasting(self.retry_after[tries - 1])
                heapq.heappush(self.due, (when, next(self.order), push))
                self.condition.notify_all()

    def _finish(self, push: Push, attempt: Attempt | None, state: str) -> None:
        with self.condition:
            if attempt is not None:
                push.attempts.append(attempt)
            push.state = state
            self.condition.notify_all()
        self.on_change()

    def _attempt(self, payload: Json) -> Attempt:
        over_socket = self.long_connection(payload, self.timeout) if self.long_connection else None
        if over_socket is not None:
            return over_socket
        if not self.push_to:
            return Attempt(self.clock.now(), 0, 0.0, "", "no address to push to")
        body = self._sealed(payload)
        return self.post(body, self._proof(body), self.timeout)

    def _sealed(self, payload: Json) -> bytes:
        """The body: encrypted where the app has an Encrypt Key, else plain."""
        plain = json.dumps(payload, ensure_ascii=False).encode()
        if not self.app.encrypt_key:
            return plain
        return json.dumps({"encrypt": encrypt(plain, self.app.encrypt_key)}).encode()

    def _proof(self, body: bytes) -> dict[str, str]:
        """The signature headers, which exist only where an Encrypt Key is set."""
        if not self.app.encrypt_key:
            return {}
        timestamp, nonce = str(int(self.clock.now())), secrets.token_hex(8)
        return {
            "X-Lark-Request-Timestamp": timestamp,
            "X-Lark-Request-Nonce": nonce,
            "X-Lark-Signature": signature(timestamp, nonce, self.app.encrypt_key, body),
        }

    def post(self, body: bytes, headers: dict[str, str], timeout: float) -> Attempt:
        """One HTTP request to the bot, as Feishu would send it."""
        started, clock_time = time.monotonic(), self.clock.now()
        content_type = {"Content-Type": "application/json;charset=utf-8"}
        try:
            with requests.Session() as session:
                session.trust_env = False  # the bot stands on this machine or beside it, never behind a proxy
                answer = session.post(
                    self.push_to,
                    data=body,
                    headers=content_type | headers,
                    timeout=(max(CONNECT_TIMEOUT, timeout - TIMEOUT), timeout),
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            return Attempt(clock_time, 0, time.monotonic() - started, "", type(error).__name__)
        return Attempt(clock_time, answer.status_code, time.monotonic() - started, answer.text)
