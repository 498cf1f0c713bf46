"""The server-sent events of one streamed answer, handed from the event loop to the thread that reads them.

The loop hands on bytes as they come; the thread that waits makes events of all that came since its last look.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from worker.engines.openai.running_call import (
    ConnectionBroken,
    Running,
    named,
    patience,
    stop_if_over,
)
from worker.engines.replies.sse import Event, EventReader, TooLarge
from worker.socks import ProxyProblem

PAUSE_SECONDS = 0.05
"""Shortest time between two looks of a reader at its stream; cards are updated far more rarely."""


MOST_ERROR_BYTES = 1 << 16


class EventStream(Iterator[list[Event]]):
    """Server-sent events, in lists of those that arrived since the last look.

    `open()` waits for the status: 200 with the first events, or an error with `error` holding the body. It
    and iterating raise ConnectionBroken, AnswerTimeout, Cancelled.
    """

    def __init__(
        self,
        deadline: float | None,
        cancelled: Callable[[], bool],
        pause: Callable[[], float] = lambda: PAUSE_SECONDS,
    ) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.error = b""
        self.complete = False
        """Set by the reader: what is left of the body may be read in peace, to use the connection again."""
        self.running: Running[None]
        self._deadline = self._latest = deadline
        self._cancelled = cancelled
        self._pause = pause
        self._reader = EventReader()
        self._events: list[Event] = []
        """Those that are for the next look."""
        self._pieces: list[bytes] = []
        self._whole = False
        """Whether all has been read that came, and no more is to come."""
        self._changed = threading.Condition()
        self._failure: Exception | None = None
        self._ended = False
        self._woken = 0.0
        self._timer: asyncio.Handle | None = None

    def open(self) -> None:
        """Waits until the first events are there, or the whole body if it is an error.

        The status alone wakes nobody: each waking of a thread costs as much as reading a dozen pieces.
        """
        self._wait()

    @property
    def head(self) -> bytes:
        """How the body began, as far as it was looked at."""
        return self._reader.head

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> list[Event]:
        self._wait()
        arrived, self._events = self._events, []
        if not arrived:
            raise StopIteration
        return arrived

    def hurry(self, seconds: float) -> None:
        """Nothing that matters is to come: what still does is waited for no longer than this from now."""
        ends = time.monotonic() + seconds
        self._deadline = ends if self._latest is None else min(self._latest, ends)

    def close(self) -> None:
        """Closes the connection unless all that matters has come, which makes the server stop."""
        if not self.complete:
            self.running.cancel()

    def _wait(self) -> None:
        """Until there is an event for the next look, or none is to come."""
        while not (self._events or self._whole):
            pieces, self._whole = self._come()
            try:
                if pieces:
                    self._events = self._reader.feed(b"".join(pieces))
                if self._whole and self._failure is None:
                    self._events += self._reader.end()
            except TooLarge as error:
                self.running.cancel()
                raise named(error) from error
            if not (self._events or self._whole):  # comments, with which servers keep a connection alive
                stop_if_over(self.running, self._deadline, self._cancelled)
        if self._failure is not None and not self._events:
            raise self._failure

    def _come(self) -> tuple[list[bytes], bool]:
        """What came since the last look, waited for, and whether that is all."""
        with self._changed:
            while not (self._pieces or self._ended):
                if self.running.future.done():
                    self.running.future.result()  # raises: it ended before or beside its own telling
                stop_if_over(self.running, self._deadline, self._cancelled)
                self._changed.wait(patience(self._deadline))
            pieces, self._pieces = self._pieces, []
            return pieces, self._ended

    async def receive(
        self,
        session: aiohttp.ClientSession,
        url: str,
        headers: dict[str, str],
        body: dict[str, Any],
        proxy: str | None = None,
    ) -> None:
        """Runs on the loop: reads the answer into the list that the caller's thread takes from."""
        try:
            async with await asked(session, "POST", url, headers, body, proxy) as response:
                status = plain_status(response.status)
                if status != HTTPStatus.OK:
                    self.error = await read_within(response, MOST_ERROR_BYTES)
                self._tell(status=status, headers=response.headers)
                if status == HTTPStatus.OK:
                    await self._read(response)
            self._tell(ended=True)
        except asyncio.CancelledError:
            self._tell(ended=True, failure=ConnectionBroken("the stream was closed"))
            raise
        except (aiohttp.ClientError, OSError, *ProxyProblem) as error:
            self._tell(ended=True, failure=named(error))

    async def _read(self, response: aiohttp.ClientResponse) -> None:
        async for piece in response.content.iter_any():
            self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        """Adds what came; its reader is woken only once it has rested.

        Waking a thread for each token costs a third of the whole (measured with 64 streams: 182 microseconds
        of CPU a token, 124 with this pause).
        """
        with self._changed:
            self._pieces.append(piece)
        if self._timer is not None:
            return
        rest = self._woken + self._pause() - time.monotonic()
        loop = asyncio.get_running_loop()
        # Never at once: the end may have come with the piece, and then one waking is for both.
        self._timer = loop.call_later(rest, self._wake) if rest > 0 else loop.call_soon(self._wake)

    def _wake(self) -> None:
        self._timer, self._woken = None, time.monotonic()
        with self._changed:
            self._changed.notify()

    def _tell(
        self,
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        ended: bool = False,
        failure: Exception | None = None,
    ) -> None:
        with self._changed:
            self.status = status or self.status
            self.headers = headers or self.headers
            self._ended = self._ended or ended
            self._failure = failure or self._failure
            if ended:
                if self._timer is not None:
                    self._timer.cancel()
                self._changed.notify()


async def asked(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: dict[str, str],
    body: dict[str, Any] | None,
    proxy: str | None,
) -> aiohttp.ClientResponse:
    """The response, its body still to come.

    llama-server closes a connection behind a streamed reply without a word: what is sent on it at once meets
    no answer, and is sent once more.
    """
    try:
        return await session.request(method, url, headers=headers, json=body, proxy=proxy)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        return await session.request(method, url, headers=headers, json=body, proxy=proxy)


def plain_status(status: int) -> int:
    """200 for whatever says that all went well."""
    return int(HTTPStatus.OK) if 200 <= status < 300 else status


async def read_within(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, or as much of its beginning as `most` bytes."""
    found = bytearray()
    async for piece in response.content.iter_any():
        found += piece
        if len(found) >= most:
            break
    return bytes(found[:most])
