"""One HTTP pool for all of a worker's calls to model servers, used from many threads at once.

The pool lives on an event loop in a thread of its own, because only there can a call be ended while it
waits: on a deadline, or when the asker takes the question back, its connection closes, and the server
sees that and stops generating (LMDeploy aborts a request whose client has gone). A blocking client would
notice only when the next token arrives.

aiohttp reads with a parser in C: an answer of 24 pieces costs 1.0 ms of CPU where httpx takes 6.8.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from aiohttp.client_proto import ResponseHandler

from bot.config.proxies import proxy_for
from bot.errors import EngineUnavailable
from worker import socks
from worker.engines.openai.event_stream import PAUSE_SECONDS, EventStream, asked, plain_status, read_within
from worker.engines.openai.running_call import Running, named, patience, stop_if_over
from worker.transports import Transports

T = TypeVar("T")
LOOKS_PER_SECOND = 100.0
"""Looks of all readers together: with many streams at once each is looked at more rarely."""
CONNECT_SECONDS = 5.0
MOST_BYTES = 8 << 20
"""An answer read whole is never longer."""
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
IDLE_SECONDS = 4.0
"""Below the 5 s after which uvicorn, LMDeploy's HTTP server, drops an idle connection."""


@dataclass(frozen=True)
class Response:
    """An answer read whole."""

    status: int
    headers: Mapping[str, str]
    """Names in any spelling."""
    content: bytes


class Connection:
    """The pool and its loop. `close()` it; calls after that raise EngineUnavailable."""

    def __init__(self, max_connections: int) -> None:
        self._closing = False
        self._lock = threading.Lock()
        self._running: set[Running[Any]] = set()
        self._most = max_connections
        self._proxies: dict[str, str] = {}
        """The proxy for each URL: a look through the environment costs more than reading ten tokens."""
        self._through_socks: dict[str, aiohttp.ClientSession] = {}
        self._transports = Transports()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model-connection", daemon=True)
        self._thread.start()
        opened = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        self._session = opened.result(timeout=10)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: dict[str, Any] | None = None,
        deadline: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        once: bool = False,
    ) -> Response:
        """One call, its answer read whole; `once`: on a connection that is closed after it.

        Raises ConnectionBroken, AnswerTimeout, Cancelled.
        """
        running = self._start(lambda: self._whole(method, url, headers, body, once))
        while not wait([running.future], timeout=patience(deadline)).done:
            stop_if_over(running, deadline, cancelled)
        return running.future.result()

    def stream(
        self,
        url: str,
        *,
        headers: dict[str, str],
        body: dict[str, Any],
        deadline: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> EventStream:
        """Posts `body` and returns the server-sent events of the answer as they arrive."""
        events = EventStream(deadline, cancelled, self._pause)
        events.running = self._start(lambda: self._receive(events, url, headers, body))
        return events

    async def _receive(
        self, events: EventStream, url: str, headers: dict[str, str], body: dict[str, Any]
    ) -> None:
        session, proxy = self._way(url)
        await events.receive(session, url, headers, body, proxy)

    async def _whole(
        self, method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None, once: bool
    ) -> Response:
        session, proxy = self._way(url)
        return await _whole(session, method, url, headers, body, proxy, once=once)

    def _way(self, url: str) -> tuple[aiohttp.ClientSession, str | None]:
        """The session for `url` and its HTTP proxy. A SOCKS proxy has a session of its own."""
        proxy = self._proxies.get(url)
        if proxy is None:
            proxy = self._proxies[url] = proxy_for(url)
        if not proxy.startswith("socks"):
            return self._session, proxy or None
        if proxy not in self._through_socks:
            self._through_socks[proxy] = self._pooled(
                socks.connector(proxy, limit=self._most, keepalive_timeout=IDLE_SECONDS)
            )
        return self._through_socks[proxy], None

    async def _open(self) -> aiohttp.ClientSession:
        """The pool; a session can only be made on its loop."""
        return self._pooled(aiohttp.TCPConnector(limit=self._most, keepalive_timeout=IDLE_SECONDS))

    def _pooled(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        """No server's cookies are kept: one that pins its clients would get all of them."""
        self._transports.note(connector)
        connector._factory = partial(_Reading, loop=asyncio.get_running_loop())  # type: ignore[assignment]
        return aiohttp.ClientSession(
            connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
        )

    def _pause(self) -> float:
        """Seconds a reader rests between two looks at its stream."""
        return max(PAUSE_SECONDS, len(self._running) / LOOKS_PER_SECOND)

    def close(self) -> None:
        """Ends running calls, closes every connection and the loop's thread. May be called twice."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _start(self, make: Callable[[], Coroutine[Any, Any, T]]) -> Running[T]:
        """Starts a call on the loop; `close()` cannot slip in between."""
        with self._lock:
            if self._closing:
                raise EngineUnavailable("the connections to the model servers were closed")
            running: Running[T] = Running(self._loop)
            running.future = asyncio.run_coroutine_threadsafe(running.run(make()), self._loop)
            self._running.add(running)
            running.future.add_done_callback(lambda _: self._running.discard(running))
            return running

    async def _shut(self) -> None:
        left = list(self._running)
        for running in left:
            running.end()
        await asyncio.gather(*(asyncio.wrap_future(item.future) for item in left), return_exceptions=True)
        for session in (self._session, *self._through_socks.values()):
            await session.close()
        await self._transports.aclose()


class _Reading(ResponseHandler):
    """aiohttp's own, but what was never paused is not set going again for every piece of a body."""

    __slots__ = ()

    def resume_reading(self, resume_parser: bool = True) -> None:
        if self._reading_paused or self._buffer_paused:
            super().resume_reading(resume_parser)


async def _whole(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: dict[str, str],
    body: dict[str, Any] | None,
    proxy: str | None,
    *,
    once: bool,
) -> Response:
    try:
        async with await asked(session, method, url, headers, body, proxy) as response:
            content = await read_within(response, MOST_BYTES)
            if once:
                response.close()
            return Response(plain_status(response.status), response.headers, content)
    except (aiohttp.ClientError, OSError, *socks.ProxyProblem) as error:
        raise named(error) from error
