"""The tenant access token: one in Redis for all processes, fetched by one of them at a time.

The SDK's own cache fetches a token per thread that finds it missing (20 cold calls, 20 fetches) and keeps a
refused token until the process restarts. Feishu's tokens live up to two hours; the endpoint returns the same
one while half an hour is left, and an old one stays valid when a new one is given
(authentication-management/access-token/tenant_access_token_internal), so a token is dropped from Redis ten
minutes before its end and nobody ever holds a dead one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from secrets import token_hex

import requests
import structlog
from redis import Redis

from bot.away import TOKEN
from bot.clock import SYSTEM, Clock
from bot.config.settings import FeishuSettings
from bot.errors import FeishuError
from bot.feishu.codes import look_up, look_up_status
from bot.feishu.outage import Outages
from bot.feishu.transport import SESSION, UnreadableAnswer, read_bounded, read_object, reset_of
from bot.http_session import CONNECT_TIMEOUT, in_words
from bot.redis_keys import TENANT_TOKEN, TOKEN_LOCK, TOKEN_PROBLEM
from bot.stored import decoded

log = structlog.get_logger(__name__)

MARGIN = 600
"""Seconds before its end that a token stops being handed out."""
LONGEST_LIFETIME = 7200
"""Seconds a token of Feishu's lives at most; one with another lifetime is fetched anew when it is needed."""
HOLD = 30.0
"""Seconds a process uses a token without looking into Redis again."""
FETCH_TIMEOUT = 10.0
"""Seconds one fetch may take; its lock lives as long."""
_POLL = 0.02
_DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class TenantToken:
    """Hands out the token of one app."""

    def __init__(
        self,
        settings: FeishuSettings,
        redis: Redis,
        *,
        sleep: Callable[[float], None] | None = None,
        clock: Clock = SYSTEM,
        outages: Outages | None = None,
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._clock = clock
        self._sleep = sleep or clock.sleep
        self._outages = outages or Outages(redis, clock, self._sleep)
        self._key = TENANT_TOKEN.of(settings.app_id)
        self._one_thread = threading.Lock()
        self._held = ("", 0.0)

    def get(self) -> str:
        """A token that Feishu accepts as far as we know. Raises FeishuError when none can be had just now.

        That is never for good: a secret is put right, an app switched on again.
        """
        token, until = self._held
        if self._clock.monotonic() < until:
            return token
        token = self._cached() or self._fetch_once()
        self._held = (token, self._clock.monotonic() + HOLD)
        return token

    def refused(self, token: str) -> None:
        """Feishu did not accept `token`: forget it, unless another process has replaced it already."""
        self._held = ("", 0.0)
        self._redis.eval(_DROP, 1, self._key, token)

    def _cached(self) -> str:
        found = self._redis.get(self._key)
        return decoded(found)

    def _fetch_once(self) -> str:
        """Fetches, or waits for whoever is fetching: a thread of this process or another process."""
        with self._one_thread:
            deadline = time.monotonic() + FETCH_TIMEOUT + 1
            while time.monotonic() < deadline:
                if token := self._cached():
                    return token
                if token := self._fetch_alone():
                    return token
                self._sleep(_POLL)
        raise FeishuError(0, "no tenant token within the time limit", retriable=True)

    def _fetch_alone(self) -> str:
        """Fetches and stores a token if no other process is at it; empty when one is."""
        lock, owner = TOKEN_LOCK.of(self._settings.app_id), token_hex(8)
        if not self._redis.set(lock, owner, nx=True, px=int(FETCH_TIMEOUT * 1000)):
            return ""
        try:
            if token := self._cached():
                return token
            self._outages.enter(TOKEN)
            token, lifetime = self._fetch()
            self._redis.set(self._key, token, ex=max(lifetime - MARGIN, 1))
            self._redis.delete(TOKEN_PROBLEM.name)
            self._outages.worked(TOKEN)
            log.info("feishu.token_fetched", lifetime=lifetime)
            return token
        except FeishuError as error:
            self._redis.set(TOKEN_PROBLEM.name, str(error), ex=TOKEN_PROBLEM.seconds)
            if not error.away:
                self._outages.failed(TOKEN, error.message, error.code, error.retry_after)
                error.away = TOKEN
            raise
        finally:
            self._redis.eval(_DROP, 1, lock, owner)

    def _fetch(self) -> tuple[str, int]:
        """A token from Feishu and the seconds it lives."""
        secrets = {
            "app_id": self._settings.app_id,
            "app_secret": self._settings.app_secret.get_secret_value(),
        }
        try:
            answer = SESSION.post(
                f"{self._settings.domain}/open-apis/auth/v3/tenant_access_token/internal",
                json=secrets,
                timeout=(CONNECT_TIMEOUT, FETCH_TIMEOUT - CONNECT_TIMEOUT),
                stream=True,
            )
            headers = dict(answer.headers)
            body = read_object(read_bounded(answer), answer.status_code, headers)
        except requests.RequestException as error:
            raise FeishuError(0, f"token endpoint: {in_words(error)}", retriable=True) from error
        except UnreadableAnswer as answer_error:
            said = look_up_status(answer_error.status)
            after = reset_of(answer_error.headers)
            raise FeishuError(
                0, f"token endpoint: {said.meaning}", retriable=True, retry_after=after
            ) from answer_error
        code = int(body["code"])
        if code != 0:
            said = look_up(code, str(body.get("msg", "")), answer.status_code)
            raise FeishuError(code, said.meaning, retriable=True, retry_after=reset_of(headers))
        token, lifetime = body.get("tenant_access_token"), body.get("expire")
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise FeishuError(0, "token endpoint: an answer without a token", retriable=True)
        if type(lifetime) is not int or not 0 < lifetime <= LONGEST_LIFETIME:
            return token, MARGIN
        return token, lifetime
