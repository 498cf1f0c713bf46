"""One HTTP pool for all of a worker's calls to model servers, used from many threads at once.

The pool lives on an event loop in a thread of its own, because only there can a call be ended while it
waits: on a deadline or when the asker takes the question back, the task is cancelled, its connection
closes, and the server sees that and stops generating (LMDeploy aborts a request whose client has gone).
A blocking client would notice only when the next token arrives.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Any, TypeVar

import httpx

from bot.errors import AnswerTimeout, Cancelled, EngineUnavailable

T = TypeVar("T")
POLL_SECONDS = 0.2
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 4.0
"""Below the 5 s after which uvicorn, LMDeploy's HTTP server, drops an idle connection."""


class Connection:
    """The pool and its loop. `close()` it; calls after that raise EngineUnavailable."""

    def __init__(self, max_connections: int, transport: httpx.AsyncBaseTransport | None = None) -> None:
        limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=IDLE_SECONDS,
        )
        timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
        self._client = httpx.AsyncClient(limits=limits, timeout=timeout, transport=transport, trust_env=False)
        self._closing = False
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model-connection", daemon=True)
        self._thread.start()

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
    ) -> httpx.Response:
        """One call, its answer read whole. Raises httpx.TransportError, AnswerTimeout, Cancelled."""
        future = self._submit(lambda: self._plain(method, url, headers, body))
        while not wait([future], timeout=_patience(deadline)).done:
            _stop_if_over(future, deadline, cancelled)
        if future.cancelled():
            raise httpx.ReadError("the connection pool was closed")
        return future.result()

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
        events = EventStream(deadline, cancelled)
        events.task = self._submit(lambda: events.receive(self._client, url, headers, body))
        return events

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

    def _submit(self, make: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Starts a call on the loop; `close()` cannot slip in between."""
        with self._lock:
            if self._closing:
                raise EngineUnavailable("the connections to the model servers were closed")
            return asyncio.run_coroutine_threadsafe(make(), self._loop)

    async def _plain(
        self, method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None
    ) -> httpx.Response:
        return await self._client.request(method, url, headers=headers, json=body)

    async def _shut(self) -> None:
        running = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._client.aclose()
        for _ in range(3):  # turns in which the closed transports let go of their sockets
            await asyncio.sleep(0)


class EventStream(Iterator[list[bytes]]):
    """The data of server-sent events, in lists of those that arrived since the last look.

    `open()` waits for the status: 200, or an error with `error` holding the body. Iterating raises
    httpx.TransportError when the connection breaks, AnswerTimeout, Cancelled.
    """

    def __init__(self, deadline: float | None, cancelled: Callable[[], bool]) -> None:
        self.status = 0
        self.headers = httpx.Headers()
        self.error = b""
        self.task: Future[None]
        self._deadline = deadline
        self._cancelled = cancelled
        self._events: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._failure: Exception | None = None
        self._ended = False

    def open(self) -> None:
        """Waits until the server has answered with a status, and with the whole body if it is an error."""
        self._wait(lambda: self.status == httpx.codes.OK or self._ended)

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> list[bytes]:
        self._wait(lambda: bool(self._events) or self._ended)
        with self._changed:
            arrived = list(self._events)
            self._events.clear()
        if not arrived:
            raise StopIteration
        return arrived

    def close(self) -> None:
        """Closes the connection if the stream has not ended, which makes the server stop."""
        self.task.cancel()

    def _wait(self, ready: Callable[[], bool]) -> None:
        with self._changed:
            while not ready():
                _stop_if_over(self.task, self._deadline, self._cancelled)
                self._changed.wait(_patience(self._deadline))
            if self._failure is not None and not self._events:
                raise self._failure

    async def receive(
        self, client: httpx.AsyncClient, url: str, headers: dict[str, str], body: dict[str, Any]
    ) -> None:
        """Runs on the loop: reads the answer into the list that the caller's thread takes from."""
        try:
            async with client.stream("POST", url, headers=headers, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    self.error = await response.aread()
                self._tell(status=response.status_code, headers=response.headers)
                if response.status_code == httpx.codes.OK:
                    await self._read(response)
            self._tell(ended=True)
        except asyncio.CancelledError:
            self._tell(ended=True, failure=httpx.ReadError("the stream was closed"))
            raise
        except httpx.HTTPError as error:
            self._tell(ended=True, failure=error)

    async def _read(self, response: httpx.Response) -> None:
        rest = b""
        async for piece in response.aiter_bytes():
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            data = [line[5:].strip() for line in lines if line.startswith(b"data:")]
            if data:
                self._tell(events=data)
        if rest.startswith(b"data:"):
            self._tell(events=[rest[5:].strip()])

    def _tell(
        self,
        *,
        status: int = 0,
        headers: httpx.Headers | None = None,
        events: list[bytes] | None = None,
        ended: bool = False,
        failure: Exception | None = None,
    ) -> None:
        with self._changed:
            self.status = status or self.status
            self.headers = headers or self.headers
            self._events.extend(events or ())
            self._ended = self._ended or ended
            self._failure = failure or self._failure
            self._changed.notify()


def _patience(deadline: float | None) -> float:
    if deadline is None:
        return POLL_SECONDS
    return max(0.001, min(POLL_SECONDS, deadline - time.monotonic()))


def _stop_if_over(task: Future[Any], deadline: float | None, cancelled: Callable[[], bool]) -> None:
    """Cancels the task, and with it the connection, when nobody waits for it any more."""
    if cancelled():
        task.cancel()
        raise Cancelled
    if deadline is not None and time.monotonic() >= deadline:
        task.cancel()
        raise AnswerTimeout("the model did not answer within the time of one answer")
