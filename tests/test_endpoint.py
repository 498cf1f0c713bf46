"""index.search.endpoint: a reply is bounded in size and time, and a refusal that echoes is cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from bot.config.sections.index import EmbedderSettings
from bot.errors import EngineUnavailable
from index.search import endpoint
from index.search.embed import OpenAIEmbedder
from index.search.endpoint import UNAVAILABLE, Endpoint
from tests.web_server import Reply, WebServer

QUESTION = "我的密码是 hunter2，Harbor 登录不了怎么办"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def said(server: WebServer, reply: Reply) -> str:
    """What the failed call says."""
    server.replies["/v1/rerank"] = reply
    with pytest.raises(UNAVAILABLE) as caught:
        Endpoint(f"{server.url}/v1", "rerank", "", timeout=30.0).post(
            {"model": "m", "query": QUESTION, "documents": ["Run harbor login again."]}
        )
    return str(caught.value)


@pytest.mark.parametrize("status", [200, 400])
def test_a_reply_that_comes_byte_by_byte_is_given_up_on_as_a_whole(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    a_second_a_look = SimpleNamespace(monotonic=count().__next__)
    monkeypatch.setattr(endpoint, "time", a_second_a_look)
    drip = Reply(b"[" + b" " * 10_000 + b"]", status=status, headers=JSON, drip=0.01)
    assert "ReplyTooSlow" in said(server, drip)


def test_a_reply_without_end_is_not_kept(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MOST_BYTES", 50_000)
    assert "ReplyTooLarge" in said(server, Reply(b"[" + b"1," * 100_000, headers=JSON))


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b"", b"<html>", b"\xff\xfe", b"null"], ids=lambda body: body[:6]
)
def test_nonsense_is_unavailable(server: WebServer, body: bytes) -> None:
    server.replies["/v1/rerank"] = Reply(body, headers=JSON)
    with pytest.raises(UNAVAILABLE):
        Endpoint(f"{server.url}/v1", "rerank", "", timeout=30.0).post({"query": "a"})["results"]


@pytest.mark.parametrize("escaped", [True, False])
def test_a_refusal_that_echoes_the_question_is_cut_before_it(server: WebServer, escaped: bool) -> None:
    words = {"error": {"message": f"bad input: {QUESTION}", "input": ["Run harbor login again."]}}
    body = json.dumps(words, ensure_ascii=escaped).encode()
    told = said(server, Reply(body, status=422, headers=JSON))
    assert "HTTP 422" in told
    assert "bad input" in told
    assert "hunter2" not in told
    assert "harbor login" not in told
    plain = said(server, Reply(b"model m is not loaded", status=404))
    assert plain == "HTTP 404: model m is not loaded"


@pytest.mark.parametrize(
    "second",
    [
        b'{"data": [{"index": 0, "embedding": [1, 0, 0]}]}',
        b'{"data": [{"index": 1e999, "embedding": [1, 0]}]}',
        b'{"data": [{"index": 0, "embedding": [1' + b"0" * 400 + b", 0]}]}",
    ],
    ids=["of other dimensions", "an endless index", "an endless number"],
)
def test_vectors_that_do_not_fit_are_the_servers_failure(server: WebServer, second: bytes) -> None:
    first = b'{"data": [{"index": 0, "embedding": [1, 0]}]}'
    server.replies["/v1/embeddings"] = Reply(first, headers=JSON)
    settings = EmbedderSettings(engine="openai", base_url=f"{server.url}/v1", model="m")
    embedder = OpenAIEmbedder(settings)
    server.replies["/v1/embeddings"] = Reply(second, headers=JSON)
    with pytest.raises(EngineUnavailable):
        embedder.embed(["a"])
