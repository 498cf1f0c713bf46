"""The hand-over of a streamed answer from the event loop to the thread that reads it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import BinaryIO

import pytest

from bot.errors import Cancelled
from tests.waiting import START_LIMIT, join
from worker.engines.openai.attempts import Call
from worker.engines.openai.calls import ServerCalls, ServerProblem
from worker.engines.openai.connection import Connection
from worker.engines.openai.event_stream import EventStream
from worker.engines.openai.running_call import ConnectionBroken, Running
from worker.engines.replies.sse import MOST_BYTES


@pytest.mark.parametrize("error", [ConnectionBroken("the call was ended"), RuntimeError("no such socket")])
def test_a_stream_that_ends_without_a_word_does_not_keep_its_reader(error: Exception) -> None:
    """As when the pool is closed between the start of a call and its first step on the loop."""
    events = EventStream(time.monotonic() + 600, lambda: False)
    events.running = Running(asyncio.new_event_loop())
    events.running.future = Future()
    events.running.future.set_exception(error)
    try:
        with pytest.raises(type(error), match=str(error)):
            events.open()
    finally:
        events.running._loop.close()


COMMENTS = b": keep-alive\n\n" * 3
EVENTS = b'data: {"choices": [{"index": 0, "delta": {"content": "Run it."}}]}\n\ndata: [DONE]\n\n'


class RawServer:
    """Answers the first request of each connection by `body`, and closes it when another comes."""

    def __init__(self, body: bytes, *, ends: bool = True, times: int = 1) -> None:
        self.requests = 0
        self._body = b"%x\r\n%s\r\n" % (len(body), body) * times
        self._ends = ends
        self._closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True, name="raw-server")
        self._serving: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1/chat/completions"

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in (self._thread, *self._serving):
            join(thread)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True, name="raw-serving")
            self._serving.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(ConnectionError), connection, connection.makefile("rb") as came:
            _read_request(came)
            self.requests += 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
            connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
            connection.sendall(self._body)
            if not self._ends:
                self._closed.wait(START_LIMIT)
                return
            connection.sendall(b"0\r\n\r\n")
            self.requests += bool(_read_request(came))


def _read_request(came: BinaryIO) -> bytes:
    head = b""
    while (line := came.readline()) not in (b"\r\n", b""):
        head += line
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return head + came.read(int(length[1]) if length else 0)


def test_a_connection_that_was_closed_behind_a_reply_costs_no_answer() -> None:
    """As llama-server does: it says nothing, and the next request on it meets no answer."""
    with RawServer(EVENTS) as server, Connection(2) as connection:
        first = connection.request("POST", server.url, headers={}, body={})
        second = connection.request("POST", server.url, headers={}, body={})
        events = connection.stream(server.url, headers={}, body={})
        events.open()
        assert first.content == second.content == EVENTS
        assert [event.data for batch in events for event in batch][-1] == b"[DONE]"
        assert server.requests == 5, "the second and the third came twice"


def test_comments_alone_keep_nobody_waiting_who_took_the_question_back() -> None:
    taken_back: list[bool] = []
    with RawServer(COMMENTS, ends=False) as server, Connection(2) as connection:
        events = connection.stream(server.url, headers={}, body={}, cancelled=lambda: bool(taken_back))
        threading.Timer(0.2, lambda: taken_back.append(True)).start()
        with pytest.raises(Cancelled):
            events.open()


def test_an_event_without_end_breaks_the_stream() -> None:
    with RawServer(b"data: " + b"x" * (MOST_BYTES + 1)) as server, Connection(2) as connection:
        events = connection.stream(server.url, headers={}, body={})
        with pytest.raises(ConnectionBroken):
            events.open()


def test_a_body_beyond_what_is_read_at_once_comes_whole() -> None:
    """The reading of it is paused and set going again many times."""
    piece = json.dumps({"choices": [{"index": 0, "delta": {"content": "x" * 90_000}}]}).encode()
    with RawServer(b"data: " + piece + b"\n\n" + EVENTS, times=60) as server, Connection(2) as connection:
        for _ in range(2):
            events = connection.stream(server.url, headers={}, body={})
            events.open()
            arrived = [event.data for batch in events for event in batch]
            assert len(arrived) == 60 * 3
            assert arrived[::3] == [piece] * 60


def test_words_of_a_server_that_repeat_the_question_in_escapes_are_cut() -> None:
    question = "怎么在只有两块显卡的机器上部署二十亿参数的模型，要不要先量化？"
    twice = json.dumps(json.dumps({"content": question}))
    said = {"error": {"message": f"invalid request: {twice}", "code": 400}}
    body = {"messages": [{"role": "user", "content": question}]}
    with RawServer(f"data: {json.dumps(said)}\n\n".encode()) as server, Connection(2) as connection:
        stream = ServerCalls(connection).stream(server.url, body, Call(time.monotonic() + 60, lambda: False))
        with pytest.raises(ServerProblem) as caught:
            next(stream)
    words = caught.value.problem.words
    assert words.startswith("invalid request")
    assert not any(piece in words for piece in ("显卡", "量化", "\\u663e"))
