"""An OpenAI-compatible server as strict as LMDeploy's api_server, without a model.

It refuses what LMDeploy refuses, keeps an account of what it was asked, and can be made slow, full,
broken or poor in features. In a test: `with ModelServer(...) as server:`. As a process of its own:
`python -m tests.openai_server --port 23333 --latency 2 --capacity 32`; `GET /test/state` counts,
`GET /test/hold` lets
four more be answered and holds all others until `GET /test/release`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.http_answers import Headers, head, send_json, write_event
from tests.openai_model import Answering, ScriptedModel, question_of
from tests.openai_rules import (
    TOO_BUSY,
    UNAUTHORIZED,
    Refusal,
    check_chat,
    check_length,
    check_quirks,
    read_body,
    render,
)
from tests.waiting import START_LIMIT, join


@dataclass
class Faults:
    """What goes wrong until it is set back; `statuses` are answered once each, then all is well."""

    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    proxy_failures: int = 0
    """So many requests are answered as LMDeploy's proxy does for a server it cannot reach: by 200."""
    healthy: bool = True
    die_after: int = -1
    """Pieces of a reply after which the connection is cut; -1 never."""
    error_after: int = -1
    """Pieces after which an error is sent inside the stream; -1 never."""
    stall_after: int = -1
    """Pieces after which nothing more comes; -1 never."""
    hold_after: int = -1
    """Pieces after which every reply, streamed or not, waits until this is -1 again; 0 holds all."""
    hold_from: int = -1
    """Answered requests from which on all others wait until this is -1 again."""


@dataclass
class State:
    """Counts since the start."""

    requests: int = 0
    answered: int = 0
    refused: int = 0
    aborted: int = 0
    running: int = 0
    peak: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    """By question: of its answered requests, from arrival to last byte, waiting for room included."""


class ModelServer:
    """Runs on a thread of its own. `url` ends in /v1; `bodies` holds every chat request as it came."""

    def __init__(
        self,
        *,
        port: int = 0,
        api_key: str = "",
        capacity: int = 64,
        session_len: int = 32768,
        quirks: frozenset[str] = frozenset(),
        model: ScriptedModel | None = None,
    ) -> None:
        self.model = model or ScriptedModel()
        self.api_key = api_key
        self.session_len = session_len
        self.quirks = quirks
        self.faults = Faults()
        self.state = State()
        self.bodies: list[dict[str, Any]] = []
        self.port = port
        self._capacity = capacity
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="model-server")
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._nudged = time.monotonic()

    @property
    def url(self) -> str:
        """The base URL for llm.base_url."""
        return f"http://127.0.0.1:{self.port}/v1"

    def one_more_piece(self) -> bool:
        """Lets one more piece of held replies out, twice a second at most; False, for use while waiting.

        A frame of a card that comes right after another is not shown, and held replies bring no next one.
        """
        if time.monotonic() - self._nudged > 0.5:
            self._nudged = time.monotonic()
            self.faults.hold_after += 1
        return False

    def __enter__(self) -> ModelServer:
        self._thread.start()
        if not self._ready.wait(START_LIMIT):
            raise RuntimeError(f"the model server could not listen on port {self.port}")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cuts all connections and stops listening; a port given by the system is free again."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            join(self._thread)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        finally:
            self._loop.close()

    async def _main(self) -> None:
        self._stopping = asyncio.Event()
        self._room = asyncio.Semaphore(self._capacity)
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, asyncio.sleep(0), return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one_request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or this server stops; what was left running is counted where it ran
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        data = await reader.readexactly(int(headers.get("content-length", "0")))
        try:
            await self._route(method, path, headers, data, reader, writer)
        except Refusal as refusal:
            self.state.refused += 1
            await send_json(writer, refusal.status, refusal.body, self._hints(refusal.status))
        return headers.get("connection", "").lower() != "close" and not writer.is_closing()

    def _hints(self, status: int) -> Headers:
        return {"retry-after": self.faults.retry_after} if self.faults.retry_after and status >= 429 else {}

    async def _route(
        self,
        method: str,
        path: str,
        headers: Headers,
        data: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        if path == "/health":
            word = "healthy" if self.faults.healthy else "unhealthy"
            await send_json(writer, 200 if self.faults.healthy else 503, {"status": word})
        elif path == "/test/state":
            await send_json(writer, 200, asdict(self.state))
        elif path == "/test/hold":
            self.faults.hold_from = self.state.answered + 4
            await send_json(writer, 200, {})
        elif path == "/test/release":
            self.faults.hold_after = self.faults.hold_from = -1
            await send_json(writer, 200, {})
        elif self.api_key and headers.get("authorization") != f"Bearer {self.api_key}":
            raise UNAUTHORIZED
        elif (method, path) == ("GET", "/v1/models"):
            card = {"id": self.model.name, "object": "model", "owned_by": "lmdeploy"}
            await send_json(writer, 200, {"object": "list", "data": [card]})
        elif (method, path) == ("POST", "/v1/encode"):
            ids = self.model.encode(read_body(data, headers.get("content-type", "")).get("input", ""))
            await send_json(writer, 200, {"input_ids": ids, "length": len(ids)})
        elif (method, path) == ("POST", "/v1/chat/completions"):
            await self._chat(read_body(data, headers.get("content-type", "")), reader, writer)
        else:
            await send_json(writer, 404, {"detail": "Not Found"})

    async def _chat(
        self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.state.requests += 1
        self.bodies.append(body)
        if self.faults.statuses:
            raise Refusal(self.faults.statuses.pop(0), "The server was told to fail.", "server_error")
        if self.faults.proxy_failures:
            self.faults.proxy_failures -= 1
            words = "Failed to get response after a period of time"
            await send_json(writer, 200, {"error_code": 10402, "text": words})
            return
        check_quirks(body, self.quirks)
        check_chat(body, self.model.name)
        prompt = self.model.encode(render(body["messages"]))
        check_length(len(prompt), self.session_len)
        if self._room.locked() and "refuses_when_full" in self.quirks:
            raise TOO_BUSY
        answering = self.model.answer(body, prompt)
        self.state.prompt_tokens += len(prompt)
        self.state.cached_tokens += answering.cached_tokens
        arrived = asyncio.get_running_loop().time()
        await self._while_connected(self._answer(body, answering, writer), reader, writer)
        question, spent = question_of(body["messages"]), asyncio.get_running_loop().time() - arrived
        self.state.seconds[question] = self.state.seconds.get(question, 0.0) + spent

    async def _while_connected(
        self, work: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Like LMDeploy, stops generating when the client has gone."""
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(reader.read(1))
        try:
            done, _ = await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
            if task not in done:
                self.state.aborted += 1
                raise ConnectionResetError
            await task
        finally:
            for pending in (task, gone):
                pending.cancel()
            await asyncio.gather(task, gone, return_exceptions=True)

    async def _answer(self, body: dict[str, Any], answering: Answering, writer: asyncio.StreamWriter) -> None:
        async with self._room:
            self.state.running += 1
            self.state.peak = max(self.state.peak, self.state.running)
            try:
                if body.get("stream"):
                    await self._stream(body, answering, writer)
                else:
                    await asyncio.sleep(answering.seconds)
                    await self._held(0)
                    logprobs = body.get("logprobs") and "no_logprobs" not in self.quirks
                    await send_json(writer, 200, answering.whole(bool(logprobs)))
                self.state.answered += 1
            finally:
                self.state.running -= 1

    async def _held(self, piece: int) -> None:
        """Waits while replies are held before this piece."""
        while 0 <= self.faults.hold_after <= piece or 0 <= self.faults.hold_from <= self.state.answered:
            await asyncio.sleep(0.005)

    async def _stream(self, body: dict[str, Any], answering: Answering, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        pause = answering.seconds / max(len(answering.pieces), 1)
        started = asyncio.get_running_loop().time()
        for number, chunk in enumerate(answering.chunks()):
            if number == self.faults.die_after:
                writer.transport.abort()
                raise ConnectionResetError
            if number == self.faults.error_after:
                error = Refusal(500, "An internal server error occurred.", "server_error").body
                write_event(writer, json.dumps({"error": error}))
                break
            if number == self.faults.stall_after:
                await asyncio.sleep(3600)
            await self._held(number)
            due = started + (number + 1) * pause
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            write_event(writer, json.dumps(chunk, ensure_ascii=False))
            await writer.drain()
        else:
            if (body.get("stream_options") or {}).get("include_usage"):
                write_event(writer, json.dumps(answering.usage_chunk()))
        write_event(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def main(arguments: list[str] | None = None, run: Callable[[], None] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=23333)
    parser.add_argument("--model", default="internlm2-chat-7b")
    parser.add_argument("--api-key", default="")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per streamed answer")
    parser.add_argument("--score-latency", type=float, default=0.0, help="seconds per score")
    parser.add_argument("--capacity", type=int, default=32, help="requests that run at once; more wait")
    parser.add_argument("--session-len", type=int, default=32768)
    parser.add_argument("--score", type=int, default=8)
    parser.add_argument("--reply", default="", help="fixed reply; default: quotes material [1]")
    parser.add_argument("--pieces", type=int, default=24, help="pieces a reply is streamed in")
    parser.add_argument("--tokenizer", default="", help="a sentencepiece model; default: words and signs")
    given = parser.parse_args(arguments)
    model = ScriptedModel(
        name=given.model,
        score=given.score,
        reply=given.reply,
        latency=given.latency,
        score_latency=given.score_latency,
        pieces=given.pieces,
        tokenizer=given.tokenizer,
    )
    server = ModelServer(
        port=given.port,
        api_key=given.api_key,
        capacity=given.capacity,
        session_len=given.session_len,
        model=model,
    )
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"listening on {server.url}", flush=True)
        (run or threading.Event().wait)()


if __name__ == "__main__":
    main()
