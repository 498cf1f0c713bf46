"""Pages boiled down to what they say, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from bot.errors import FetchRefused
from tests.waiting import LIMIT
from tests.web_server import Reply, WebServer
from worker.web.cache import WebCache
from worker.web.fetch import Fetcher, Rules
from worker.web.pages import MAX_ELEMENTS, Article, Pages

PARAGRAPH = "<p>" + "A sentence that says what the page is about, and then some more. " * 5 + "</p>"
PIECES = [
    "<p>",
    "</p>",
    "<table>",
    "<tr><td>",
    "</table>",
    "<pre><code>",
    "</code>",
    "<ul><li>",
    "<script>",
    "</script>",
    "<title>",
    "<h1>",
    "&#0;",
    "&amp",
    "<svg>",
    "text here ",
    "中文",
    "<!--",
    "-->",
    "<a href='http://[x'>",
    "<meta name=date content='2020-99-99'>",
    "<link rel=canonical href='http://[::'>",
    "\x00",
]


def read(redis: Redis, body: bytes, media_type: str = "text/html") -> Article:
    """One page through the whole way, from a server that sends it."""
    with WebServer() as server:
        server.replies["/page"] = Reply(body, headers={"Content-Type": media_type})
        rules = Rules(ports={"http": (server.server_port,)}, permitted=lambda address: True, timeout=LIMIT)
        return Pages(Fetcher(rules), WebCache(redis)).read(f"{server.url}/page")


def test_main_text_without_what_surrounds_it(redis: Redis) -> None:
    page = (
        "<html><head><title> The \n title </title></head><body><nav><a href=/>Home</a></nav>"
        "<article><h1>Top</h1>"
        f"{PARAGRAPH}<h2>quant_policy</h2>{PARAGRAPH}<p>Use <code>a_b</code> or c_d*.</p>"
        "<pre><code>x\\_y = 1\nz = 2</code></pre></article><footer>Imprint</footer></body></html>"
    )
    article = read(redis, page.encode())
    assert article.title == "The title"
    assert "## quant_policy" in article.text
    assert "c_d*" in article.text
    assert "x\\_y = 1" in article.text
    assert "Home" not in article.text
    assert "Imprint" not in article.text


@pytest.mark.parametrize(
    ("body", "media_type", "text"),
    [
        ("plain 文".encode(), "text/plain; charset=utf-8", "plain 文"),
        ("中文".encode("gbk"), "text/plain; charset=GBK", "中文"),
        (b"plain", "text/plain; charset=no-such", "plain"),
        (b"plain", "text/plain; charset=undefined", "plain"),
        (b"# Head\n\nbody", "text/markdown", "# Head\n\nbody"),
    ],
)
def test_plain_text_in_any_charset(redis: Redis, body: bytes, media_type: str, text: str) -> None:
    assert read(redis, body, media_type).text == text


def test_page_with_too_many_elements_is_refused_before_it_costs_anything(redis: Redis) -> None:
    with pytest.raises(FetchRefused, match="too many elements"):
        read(redis, b"<p>a</p>" * (MAX_ELEMENTS + 1))


@pytest.mark.parametrize("body", [b"", b"\x00\x00", b"<", b"<html></html>", b"<script>alert(1)</script>"])
def test_page_without_text_is_refused(redis: Redis, body: bytes) -> None:
    with pytest.raises(FetchRefused):
        read(redis, body)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=60))
def test_any_page_is_text_or_refused(pieces: list[str]) -> None:
    from worker.web.fetch import FetchedPage
    from worker.web.pages import _article

    try:
        assert _article(
            FetchedPage("https://example.com/", "text/html", "".join(pieces).encode())
        ).text.strip()
    except FetchRefused:
        return
