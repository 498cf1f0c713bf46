"""The engines, against servers on loopback that speak their protocols."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from bot.config.settings import WebSearchSettings
from bot.errors import ConfigError, SearchUnavailable
from tests.waiting import LIMIT
from tests.web_server import Asked, Reply, WebServer
from worker.web.engines import MAX_QUERY, Ddgs, Result, SearXNG, Serper, open_engine

KEY = "key-that-nobody-may-see"
JSON = {"Content-Type": "application/json"}
DDG = """<html><body>
<div class="result body"><h2>KV <b>cache</b></h2><a href="https://docs.example.com/kv">How to
switch it on</a></div>
<div class="result body"><h2>Ad</h2><a href="https://duckduckgo.com/y.js?ad">Buy</a></div>
</body></html>"""


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as served:
        yield served


def serper_protocol(asked: Asked) -> Reply:
    """POST /search with the key in X-API-KEY, as serper.dev answers."""
    if asked.method != "POST" or asked.path != "/search":
        return Reply(status=404)
    if asked.headers.get("X-API-KEY") != KEY:
        return Reply(b'{"message":"Unauthorized.","statusCode":403}', 403, JSON)
    body = json.loads(asked.body)
    if set(body) - {"q", "hl", "gl", "num", "page", "tbs"} or not 1 <= body["num"] <= 100:
        return Reply(b'{"message":"bad request"}', 400, JSON)
    organic = [
        {"title": f"Hit {n}", "link": f"https://example.com/{n}", "snippet": f"Text {n}", "position": n}
        for n in range(1, body["num"] + 1)
    ]
    found = {"searchParameters": body, "organic": [*organic, {"title": "no link"}], "credits": 1}
    return Reply(json.dumps(found).encode(), 200, JSON)


def searxng_protocol(asked: Asked) -> Reply:
    """GET /search?q=&format=json."""
    query = parse_qs(urlsplit(asked.path).query)
    if asked.method != "GET" or query.get("format") != ["json"]:
        return Reply(b"<html>", 200)
    results = [
        {"url": "https://example.com/a", "title": "A", "content": "About a", "engine": "bing", "score": 1},
        {"url": "https://example.com/a", "title": "A again", "content": ""},
        {"url": "https://example.com/b", "title": None, "content": None},
    ]
    return Reply(json.dumps({"query": query["q"][0], "results": results}).encode(), 200, JSON)


def serper(server: WebServer, key: str = KEY) -> Serper:
    return Serper(
        WebSearchSettings(engine="serper", api_key=SecretStr(key), base_url=server.url, timeout=LIMIT)
    )


def searxng(server: WebServer) -> SearXNG:
    return SearXNG(WebSearchSettings(engine="searxng", base_url=server.url + "/", timeout=LIMIT))


@pytest.mark.parametrize(("engine", "setting"), [("serper", "api_key"), ("searxng", "base_url")])
def test_missing_setting_is_named(engine: str, setting: str) -> None:
    with pytest.raises(ConfigError, match=rf"web_search\.{setting}"):
        open_engine(WebSearchSettings(engine=engine))


def test_engines_open_by_name() -> None:
    key = SecretStr(KEY)
    found = [
        open_engine(WebSearchSettings(engine=name, api_key=key, base_url="http://127.0.0.1:1"))
        for name in ("serper", "searxng", "ddgs")
    ]
    assert [type(engine) for engine in found] == [Serper, SearXNG, Ddgs]
    assert [engine.name for engine in found if engine] == ["serper", "searxng", "ddgs"]


def test_serper(server: WebServer) -> None:
    server.on_request = serper_protocol
    found = serper(server).search("怎么开启 kv cache" + "？" * 500, 3, "zh")
    assert found[0] == Result("Hit 1", "https://example.com/1", "Text 1")
    assert len(found) == 3
    asked = json.loads(server.asked[0].body)
    assert (asked["hl"], asked["gl"]) == ("zh-cn", "cn")
    assert len(asked["q"]) == MAX_QUERY
    assert KEY not in server.asked[0].path


def test_serper_without_a_valid_key_says_so_without_the_key(server: WebServer) -> None:
    server.on_request = serper_protocol
    with pytest.raises(SearchUnavailable, match="key is not valid") as caught:
        serper(server, "wrong-key").search("q", 3, "en")
    assert "wrong-key" not in repr(caught.value)


def test_searxng(server: WebServer) -> None:
    server.on_request = searxng_protocol
    assert searxng(server).search("kv cache", 5, "en") == [
        Result("A", "https://example.com/a", "About a"),
        Result("", "https://example.com/b", ""),
    ]
    assert parse_qs(urlsplit(server.asked[0].path).query)["language"] == ["en"]


def test_searxng_that_refuses_json_says_what_to_change(server: WebServer) -> None:
    server.replies["/search"] = Reply(b"<html>403</html>", 403)
    with pytest.raises(SearchUnavailable, match=r"search\.formats in its settings\.yml"):
        searxng(server).search("q", 3, "en")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"busy", 429), "too many searches"),
        (Reply(b"down", 503), "HTTP 503"),
        (Reply(b"<html>", 200), "not JSON"),
        (Reply(b"[]", 200, JSON), "not a JSON object"),
        (Reply(b"", 302, {"Location": "http://10.0.0.1/"}), "HTTP 302"),
        (Reply(b"{}", 200, JSON, length=50, drip=0.0), "searxng"),
    ],
    ids=range(6),
)
def test_failing_engine_has_a_reason(server: WebServer, reply: Reply, reason: str) -> None:
    server.replies["/search"] = reply
    with pytest.raises(SearchUnavailable, match=reason):
        searxng(server).search("q", 3, "en")


@pytest.mark.parametrize("results", [None, "x", {}, [None, 1, {"url": 5}, {"url": ""}]])
def test_odd_results_are_no_results(server: WebServer, results: object) -> None:
    server.replies["/search"] = Reply(json.dumps({"results": results}).encode(), 200, JSON)
    assert searxng(server).search("q", 3, "en") == []


def test_engine_that_fails_once_is_asked_again(server: WebServer) -> None:
    failed: list[Asked] = []

    def once(asked: Asked) -> Reply:
        failed.append(asked)
        return Reply(b"", 502) if len(failed) == 1 else searxng_protocol(asked)

    server.on_request = once
    assert len(searxng(server).search("q", 3, "en")) == 2


def test_engine_that_is_away(server: WebServer) -> None:
    gone = SearXNG(WebSearchSettings(engine="searxng", base_url="http://127.0.0.1:1", timeout=1))
    with pytest.raises(SearchUnavailable, match="nothing listens there"):
        gone.search("q", 3, "en")


def test_ddgs(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from ddgs.engines.duckduckgo import Duckduckgo

    monkeypatch.setattr(Duckduckgo, "search_url", f"{server.url}/html/")
    server.replies["/html/"] = Reply(DDG.encode())
    engine = Ddgs(WebSearchSettings(engine="ddgs", base_url="duckduckgo", timeout=LIMIT))
    assert engine.search("kv cache", 4, "zh") == [
        Result("KV cache", "https://docs.example.com/kv", "How to switch it on")
    ]
    assert b"l=cn-zh" in server.asked[0].body


@pytest.mark.parametrize(("status", "body"), [(200, b"<html></html>"), (202, b"blocked"), (500, b"")])
def test_ddgs_that_finds_nothing(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    from ddgs.engines.duckduckgo import Duckduckgo

    monkeypatch.setattr(Duckduckgo, "search_url", f"{server.url}/html/")
    server.replies["/html/"] = Reply(body, status)
    engine = Ddgs(WebSearchSettings(engine="ddgs", base_url="duckduckgo", timeout=LIMIT))
    assert engine.search("kv cache", 4, "en") == []


def test_ddgs_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    from ddgs.engines.duckduckgo import Duckduckgo

    monkeypatch.setattr(Duckduckgo, "search_url", "http://127.0.0.1:1/html/")
    engine = Ddgs(WebSearchSettings(engine="ddgs", base_url="duckduckgo", timeout=LIMIT))
    with pytest.raises(SearchUnavailable, match="ddgs"):
        engine.search("kv cache", 4, "en")
