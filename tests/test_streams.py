"""Streams as model servers really send them, through the engine: what is shown, and how it ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot import errors
from bot.config.settings import LLMSettings, Settings
from tests.streams import contents, failures, gateways, grammar, later, reported, reports, thinking
from tests.streams.shape import THOUGHT, Shape
from tests.waiting import LIMIT
from worker.engines.openai.attempts import Call
from worker.engines.openai.engine import OpenAIEngine, open_engine
from worker.engines.openai.probing import Known, Probe
from worker.llm import ChatMessage

pytestmark = pytest.mark.slow

ALL = tuple(
    shape
    for module in (grammar, contents, thinking, failures, reports, later, reported, gateways)
    for shape in module.SHAPES
)
ASK: list[ChatMessage] = [{"role": "user", "content": "How do I install Harbor?"}]
SETTINGS = Settings(llm=LLMSettings(model="m"))
SIZES = (1, 5, 64, 1 << 20)


class Replaying(ThreadingHTTPServer):
    """Answers the probe plainly, and everything else with one shape, `size` bytes at a time."""

    daemon_threads = True
    shape: Shape
    size = 64
    asked: list[dict[str, object]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Replaying

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._send(200, "application/json", json.dumps({"data": [{"id": "m"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        if "How do I" in str(body["messages"]):
            self._replay(self.server.shape)
            return
        choice = {"index": 0, "message": {"content": "7"}, "delta": {"content": "7"}, "finish_reason": "stop"}
        plain = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 1}})
        if body.get("stream"):
            self._send(200, "text/event-stream", f"data: {plain}\n\ndata: [DONE]\n\n".encode())
        else:
            self._send(200, "application/json", plain.encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _replay(self, shape: Shape) -> None:
        self.send_response(shape.status)
        self.send_header("Content-Type", shape.content_type)
        if shape.encoding:
            self.send_header("Content-Encoding", shape.encoding)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(shape.raw), self.server.size):
            piece = shape.raw[start : start + self.server.size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if shape.cut:
            self.wfile.write(b"5\r\nab")  # half a piece, then the connection closes
        else:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        self.close_connection = shape.cut


@pytest.fixture(scope="module")
def server() -> Iterator[Replaying]:
    with Replaying(("127.0.0.1", 0), Handler) as served:
        served.asked = []
        thread = threading.Thread(target=served.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def known(server: Replaying) -> Known:
    """What an engine finds out about this server before its first question: the same for all of them."""
    url = f"http://127.0.0.1:{server.server_port}/v1"
    with closing(open_engine(SETTINGS, (url,))) as engine:
        return engine.client.known.of(url, Call(time.monotonic() + LIMIT, lambda: False))


@pytest.fixture
def engine(server: Replaying, known: Known, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIEngine]:
    monkeypatch.setattr("worker.engines.openai.attempts.FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(Probe, "run", lambda probe: known)
    opened = open_engine(SETTINGS, (known.url,))
    server.asked.clear()
    yield opened
    opened.close()


def written(engine: OpenAIEngine) -> tuple[str, str]:
    """What a reader of the reply has at its end, and why it ended. At no time may it hold reasoning."""
    reply = engine.stream(ASK, deadline=time.monotonic() + 30)
    text = ""
    for piece in reply:
        if reply.anew:
            text, reply.anew = "", False
        text += piece
    return text.strip(), reply.finish_reason


@pytest.mark.parametrize("shape", [shape for shape in ALL if not shape.error], ids=lambda shape: shape.name)
def test_what_must_be_shown_is_shown(server: Replaying, engine: OpenAIEngine, shape: Shape) -> None:
    server.shape = shape
    for server.size in SIZES:
        assert written(engine) == (shape.shown, shape.finish), f"in pieces of {server.size} bytes"


@pytest.mark.parametrize("shape", [shape for shape in ALL if shape.error], ids=lambda shape: shape.name)
def test_no_answer_is_a_failure_with_a_name(server: Replaying, engine: OpenAIEngine, shape: Shape) -> None:
    server.shape, server.size = shape, 64
    with pytest.raises(getattr(errors, shape.error)) as caught:
        written(engine)
    assert type(caught.value).__name__ == shape.error
    assert THOUGHT not in str(caught.value)


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 60
    assert len({shape.name for shape in ALL}) == len(ALL)
    assert all(shape.report for shape in ALL)
