"""A web site as a source: what is listed, followed, fetched again, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config.settings import Settings, SourceSettings
from bot.errors import LoadError
from index.sources.asked import Unread
from index.text.document import Document
from tests.web_server import Asked, Reply, WebServer
from worker.sources import site
from worker.sources.sitemap import links_in, read_sitemap

XML = {"Content-Type": "application/xml"}


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def page(title: str, body: str, *links: str, **headers: str) -> Reply:
    anchors = "".join(f"<a href='{link}'>x</a>" for link in links)
    main = f"<main><h1>{title}</h1><p>{body}</p>{anchors}</main>"
    html = f"<html><head><title>{title}</title></head><body>{main}</body></html>"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(html.encode(), headers={"Content-Type": "text/html; charset=utf-8", **names})


def sitemap(server: WebServer, **pages: str) -> Reply:
    rows = "".join(
        f"<url><loc>{server.url}/{name}</loc><lastmod>{changed}</lastmod></url>"
        for name, changed in pages.items()
    )
    return Reply(
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>".encode(), headers=XML
    )


class Reading:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(index={"dir": folder})  # type: ignore[arg-type]
        self.slept: list[float] = []

    def read(self, address: str, **source: Any) -> tuple[dict[str, Document], dict[str, str]]:
        given = SourceSettings(site=address, **source)
        found = list(site.read(self.settings, given, self.slept.append))
        return (
            {one.path: one for one in found if isinstance(one, Document)},
            {one.path: one.why for one in found if isinstance(one, Unread)},
        )


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def test_a_sitemap_is_read_and_only_changed_pages_are_fetched_again(
    server: WebServer, reading: Reading
) -> None:
    server.replies["/robots.txt"] = Reply(
        f"User-agent: *\nSitemap: {server.url}/all.xml\nCrawl-delay: 2\n".encode(),
        headers={"Content-Type": "text/plain"},
    )
    server.replies["/all.xml"] = sitemap(server, one="2026-01-01", two="2026-01-01")
    server.replies["/one"] = page("安装", "运行 harbor init。")
    server.replies["/two"] = page("升级", "先备份。")
    pages, unread = reading.read(f"{server.url}/", name="guide")
    assert unread == {}
    assert {path: one.title for path, one in pages.items()} == {"one": "安装", "two": "升级"}
    assert "运行 harbor init。" in pages["one"].text
    assert pages["one"].url == f"{server.url}/one"
    assert pages["one"].source == "guide"
    assert set(reading.slept) == {2.0}
    server.asked.clear()
    server.replies["/all.xml"] = sitemap(server, one="2026-01-01", two="2026-02-02")
    server.replies["/two"] = page("升级", "现在要先停服务。")
    again, _ = reading.read(f"{server.url}/", name="guide")
    assert server.paths() == ["/all.xml", "/two"]
    assert "先停服务" in again["two"].text
    assert again["one"] == pages["one"]


def test_links_are_followed_below_the_start_page_alone(server: WebServer, reading: Reading) -> None:
    server.replies["/docs/"] = page(
        "首页", "目录", "a.html", "b.html#part", "/blog/x", "https://elsewhere.example/", "pic.png"
    )
    server.replies["/docs/a.html"] = page("甲", "内容甲", "sub/c.html", ETag='"v1"')
    server.replies["/docs/b.html"] = page("乙", "内容乙", Last_Modified="Mon, 01 Jan 2026 00:00:00 GMT")
    server.replies["/docs/sub/c.html"] = page("丙", "内容丙")
    server.replies["/robots.txt"] = Reply(
        b"User-agent: *\nDisallow: /docs/sub/", headers={"Content-Type": "text/plain"}
    )
    pages, unread = reading.read(f"{server.url}/docs/")
    assert sorted(pages) == ["docs", "docs/a.html", "docs/b.html"]
    assert "robots.txt" in unread["docs/sub/c.html"]

    def unchanged(asked: Asked) -> Reply | None:
        told = {name.lower(): value for name, value in asked.headers.items()}
        return Reply(status=304) if told.get("if-none-match") or told.get("if-modified-since") else None

    server.on_request = unchanged
    server.asked.clear()
    again, _ = reading.read(f"{server.url}/docs/", exclude=("docs/b.html",))
    assert again["docs/a.html"] == pages["docs/a.html"]
    assert "docs/b.html" not in again


def test_a_page_that_is_gone_goes_and_one_that_fails_is_told(server: WebServer, reading: Reading) -> None:
    server.replies["/sitemap.xml"] = sitemap(server, gone="1", broken="1", fine="1")
    server.replies["/broken"] = Reply(status=500)
    server.replies["/fine"] = page("好", "内容")
    pages, unread = reading.read(server.url)
    assert sorted(pages) == ["fine"]
    assert unread == {"broken": "HTTP 500"}


def test_a_site_that_is_away_or_whose_sitemap_fails_is_a_fault(server: WebServer, reading: Reading) -> None:
    with pytest.raises(LoadError, match="HTTP 404"):
        reading.read(f"{server.url}/nowhere")
    server.replies["/sitemap.xml"] = Reply(status=503)
    with pytest.raises(LoadError, match="HTTP 503"):
        reading.read(server.url)
    with pytest.raises(LoadError, match="only http and https"):
        reading.read("file:///etc/passwd")


def test_a_page_leads_nowhere_else_on_the_operators_network(server: WebServer, reading: Reading) -> None:
    with WebServer() as other:
        other.replies["/secret"] = page("秘密", "不该读到")
        server.replies["/"] = page("首页", "目录", "/away", f"{other.url}/secret")
        server.replies["/away"] = Reply(status=302, headers={"Location": f"{other.url}/secret"})
        pages, unread = reading.read(f"{server.url}/")
        assert sorted(pages) == ["index"]
        assert "away" in unread
        assert other.asked == []


def test_a_damaged_file_of_kept_pages_is_made_anew(server: WebServer, reading: Reading) -> None:
    server.replies["/"] = page("首页", "目录")
    first, _ = reading.read(f"{server.url}/")
    (file,) = (reading.settings.index.dir / "sources").glob("asked-*.sqlite")
    file.write_bytes(b"no database at all" * 100)
    again, unread = reading.read(f"{server.url}/")
    assert (sorted(again), unread) == (sorted(first), {})


def test_a_site_is_one_with_and_without_www() -> None:
    host = site._Host("http://127.0.0.1:8000/docs/")
    host.names = frozenset({"example.com", "www.example.com"})
    assert host.has("https://www.example.com/a")
    assert host.has("http://example.com/a")
    assert not host.has("https://docs.example.com/a")


def test_sitemaps_that_are_hostile_or_odd() -> None:
    bomb = b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><urlset><url><loc>&b;</loc></url></urlset>"
    assert [entry.url for entry in read_sitemap(bomb).pages] in ([], [""])
    assert read_sitemap(b"https://a.example/1\nhttps://a.example/2\n").pages[1].url == "https://a.example/2"
    nested = b"<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>"
    assert read_sitemap(nested).further == ("https://a.example/s.xml",)
    for broken in (b"<html></html>", b"<", b"\x1f\x8bzz"):
        with pytest.raises(ValueError, match=r"it is no|compression"):
            read_sitemap(broken)
    assert links_in("<a href='?a=1&amp;b=2'>x</a><a href='http://[x'>", "https://a.example/p") == [
        "https://a.example/p?a=1&b=2"
    ]
