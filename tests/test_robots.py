"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from bot.errors import FetchRefused
from tests.waiting import LIMIT
from tests.web_server import Asked, Reply, WebServer
from worker.web.addresses import Target
from worker.web.cache import WebCache
from worker.web.fetch import Fetcher, Rules
from worker.web.robots import Robots, allowed

FILE = """
# Everybody
User-agent: *
Disallow: /private   # not this
Allow: /private/but-this
Disallow: /*?print=
Disallow: /*.pdf$
Sitemap: https://example.com/sitemap.xml

user-agent: OtherBot
User-Agent: FENNELBOT
disallow: /fennel
Disallow:

User-agent: fennelbot
Disallow: /also
"""


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as served:
        yield served


def robots(server: WebServer, redis: Redis) -> Robots:
    ports = {"http": (server.server_port,)}
    return Robots(Fetcher(Rules(ports=ports, permitted=lambda address: True, timeout=LIMIT)), WebCache(redis))


def page(server: WebServer, path: str = "/page") -> Target:
    return Target("http", "127.0.0.1", server.server_port, path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", True),
        ("/private", False),
        ("/private/x", False),
        ("/private/but-this/x", True),
        ("/page?print=1", False),
        ("/page?x=1&print=1", True),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x", True),
        ("/robots.txt", True),
    ],
)
def test_longest_match_decides(path: str, expected: bool) -> None:
    assert allowed(FILE, path, "anybody") is expected


def test_groups_that_name_us_count_together_and_alone() -> None:
    assert not allowed(FILE, "/fennel")
    assert not allowed(FILE, "/also")
    assert allowed(FILE, "/private")


def test_tie_allows_and_no_rules_allow() -> None:
    assert allowed("User-agent: *\nDisallow: /a\nAllow: /a", "/a")
    assert allowed("", "/a")
    assert not allowed("User-agent: *\nDisallow: /", "/a")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/a*b*c", "/aXbYc", True),
        ("/a*b*c", "/aXcYb", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*$", "/abc", True),
        ("/*a$", "/bca", True),
        ("/*aa$", "/a", False),
        ("*", "/anything", True),
        ("/a*a", "/a", False),
    ],
)
def test_wildcards(pattern: str, path: str, expected: bool) -> None:
    assert allowed(f"User-agent: *\nDisallow: {pattern}", path) is not expected


def test_hostile_pattern_costs_nothing() -> None:
    assert allowed("User-agent: *\nDisallow: /" + "a*" * 5000 + "b", "/" + "a" * 2000)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
def test_any_file_can_be_read(text: str, path: str) -> None:
    assert allowed(text, "/" + path) in (True, False)


def test_file_is_asked_for_once_a_day(server: WebServer, redis: Redis) -> None:
    server.replies["/robots.txt"] = Reply(FILE.encode(), headers={"Content-Type": "text/plain"})
    reader = robots(server, redis)
    reader.check(page(server))
    with pytest.raises(FetchRefused, match=r"robots\.txt does not allow"):
        reader.check(page(server, "/fennel/x"))
    assert len(server.asked) == 1
    assert 86000 < redis.ttl(f"fennel:robots:{page(server).origin}") <= 86400


@pytest.mark.parametrize("status", [404, 403, 410])
def test_missing_file_allows(server: WebServer, redis: Redis, status: int) -> None:
    server.replies["/robots.txt"] = Reply(status=status)
    robots(server, redis).check(page(server))


def test_web_page_in_its_place_allows(server: WebServer, redis: Redis) -> None:
    server.replies["/robots.txt"] = Reply(b"<html>not found</html>")
    robots(server, redis).check(page(server))


@pytest.mark.parametrize("status", [500, 503, 429])
def test_unreadable_file_refuses_for_a_while(server: WebServer, redis: Redis, status: int) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(status=status)

    server.on_request = answer
    with pytest.raises(FetchRefused, match="could not be read"):
        robots(server, redis).check(page(server))
    assert redis.ttl(f"fennel:robots:{page(server).origin}") <= 600
