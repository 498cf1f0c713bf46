"""A call to a model server while it is under way: ended from any thread, failing by two names.

Calls run on the event loop of `worker.engines.openai.connection`; the threads that wait for them end them on
a deadline or when the asker takes the question back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import aiohttp

from bot.errors import AnswerTimeout, Cancelled
from worker.socks import ProxyProblem

T = TypeVar("T")
POLL_SECONDS = 0.5
_NO_CONNECTION = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    *ProxyProblem,
)
_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    ((aiohttp.ClientHttpProxyError, *ProxyProblem), "the proxy does not let it through"),
    (
        (aiohttp.ClientConnectorSSLError, aiohttp.ClientConnectorCertificateError),
        "its certificate is not trusted",
    ),
    (aiohttp.ClientConnectorDNSError, "no machine of that name is known"),
    (aiohttp.ConnectionTimeoutError, "it cannot be reached in time"),
    (aiohttp.ClientConnectorError, "nothing listens there, or it cannot be reached"),
    (TimeoutError, "it does not answer in time"),
    (aiohttp.ServerDisconnectedError, "it closed the connection without an answer"),
)
"""What people are told of an error of aiohttp; of any other its name."""


class ConnectionBroken(Exception):
    """The connection broke before the answer was whole."""


class ConnectionRefused(ConnectionBroken):
    """No connection could be made."""


class Running(Generic[T]):
    """A call under way on the loop, which any thread may end."""

    future: Future[T]

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None
        self._ended = False

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The call's result. Raises ConnectionBroken when it was ended."""
        self._task = asyncio.current_task()
        if self._ended:
            work.close()
            raise ConnectionBroken("the call was ended")
        try:
            return await work
        except asyncio.CancelledError as error:
            raise ConnectionBroken("the call was ended") from error

    def cancel(self) -> None:
        """Ends the call, from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.end)

    def end(self) -> None:
        """Ends the call, on the loop's own thread."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()


def named(error: Exception) -> ConnectionBroken:
    """The error by what it means to whoever called; its text names the cause, never a body or a key."""
    refused = isinstance(error, _NO_CONNECTION)
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)
    return (ConnectionRefused if refused else ConnectionBroken)(words)


def patience(deadline: float | None) -> float:
    if deadline is None:
        return POLL_SECONDS
    return max(0.001, min(POLL_SECONDS, deadline - time.monotonic()))


def stop_if_over(running: Running[Any], deadline: float | None, cancelled: Callable[[], bool]) -> None:
    """Ends the call, and with it the connection, when nobody waits for it any more."""
    if cancelled():
        running.cancel()
        raise Cancelled("the question was taken back")
    if deadline is not None and time.monotonic() >= deadline:
        running.cancel()
        raise AnswerTimeout("the model did not answer within the time of one answer")
