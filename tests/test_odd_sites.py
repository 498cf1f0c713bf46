"""Web sites and trackers as they are served: types, encodings, compressed and broken sitemaps, limits."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.errors import LoadError
from index.sources.formats.charsets import as_header_says
from tests.test_site_source import Reading, page, sitemap
from tests.turned_clock import StoppedClock
from tests.web_server import Asked, Reply, WebServer
from worker.sources.issues import _refused
from worker.sources.sitemap import read_sitemap
from worker.web import fetch
from worker.web.fetch import seconds_of


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def served(reply: Reply, kind: str) -> Reply:
    return Reply(reply.body, reply.status, {**reply.headers, "Content-Type": kind})


def test_an_index_of_compressed_sitemaps_served_as_bytes(server: WebServer, reading: Reading) -> None:
    inner = gzip.compress(sitemap(server, one="1").body)
    index = (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        f"<sitemap><loc>{server.url}/a.xml.gz</loc></sitemap><sitemap><loc>{server.url}/gone.xml</loc></sitemap>"
        "</sitemapindex>"
    )
    server.replies["/sitemap.xml"] = served(Reply(index.encode()), "text/html")
    server.replies["/a.xml.gz"] = served(Reply(inner), "application/octet-stream")
    server.replies["/one"] = page("One", "The tide.")
    pages, unread = reading.read(server.url)
    assert (sorted(pages), unread) == (["one"], {})


def test_a_compressed_sitemap_that_breaks_off_is_no_shorter_list() -> None:
    whole = gzip.compress(b"<urlset><url><loc>https://a.example/1</loc></url></urlset>")
    assert len(read_sitemap(whole).pages) == 1
    for cut in (whole[:-4], whole[:-9], whole[:24], whole[:10]):
        with pytest.raises(ValueError, match="breaks off"):
            read_sitemap(cut)


def test_a_part_of_an_index_that_fails_keeps_what_there_is(server: WebServer, reading: Reading) -> None:
    index = (
        f"<sitemapindex><sitemap><loc>{server.url}/a.xml</loc></sitemap>"
        f"<sitemap><loc>{server.url}/b.xml</loc></sitemap></sitemapindex>"
    )
    server.replies["/sitemap.xml"] = served(Reply(index.encode()), "application/xml")
    server.replies["/a.xml"] = Reply(b"<html>moved</html>")
    server.replies["/b.xml"] = sitemap(server, one="1")
    with pytest.raises(LoadError, match=r"the sitemap .*/a\.xml"):
        reading.read(server.url)


def test_a_page_that_is_served_as_a_file_for_once_is_told_and_not_forgotten(
    server: WebServer, reading: Reading
) -> None:
    server.replies["/"] = page("Start", "Words.", "/one", "/file")
    server.replies["/one"] = page("One", "The tide.")
    server.replies["/file"] = served(Reply(b"PK"), "application/zip")
    pages, unread = reading.read(f"{server.url}/")
    assert (sorted(pages), unread) == (["index", "one"], {})
    server.replies["/one"] = served(page("One", "The tide."), "application/octet-stream")
    _, unread = reading.read(f"{server.url}/")
    assert unread == {"one": "the page is not text (application/octet-stream)"}


def test_what_a_sitemap_lists_and_is_no_page_is_named(server: WebServer, reading: Reading) -> None:
    server.replies["/sitemap.xml"] = sitemap(server, plan="1", plain="1")
    server.replies["/plan"] = served(Reply(b"%PDF"), "application/pdf")
    server.replies["/plain"] = served(
        page("Plain", "Words of XHTML."), "application/xhtml+xml; charset=utf-8"
    )
    pages, unread = reading.read(server.url)
    assert sorted(pages) == ["plain"]
    assert unread == {"plan": "the page is not text (application/pdf)"}


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("gbk", "灯"), ("windows-1251", "Буй"), ("shift_jis", "潮"), ("iso-8859-15", "€ 5"), ("big5", "碼頭")],
)
def test_the_encoding_is_the_one_that_the_header_names(
    server: WebServer, reading: Reading, encoding: str, words: str
) -> None:
    html = f"<html><body><main><h1>{words}</h1><p>{words}</p></main></body></html>"
    server.replies["/"] = served(Reply(html.encode(encoding)), f"text/html; charset={encoding}")
    pages, _ = reading.read(f"{server.url}/")
    assert words in pages["index"].text


@pytest.mark.parametrize(
    ("body", "said", "shown"),
    [
        ("码头的灯".encode(), "ISO-8859-1", "码头的灯"),  # named by a server that looks at no file
        ("“quay” – é".encode("cp1252"), "iso-8859-1", "“quay” – é"),
        ("码头镕".encode("gbk"), "gb2312", "码头镕"),
        (b"<p>a-quay</p>", "punycode", "a-quay"),
        (b"<p>a\\u0041</p>", "unicode_escape", "a\\u0041"),
        (b"<p>+AGE-</p>", "utf-7", "+AGE-"),
    ],
)
def test_a_header_is_read_as_browsers_read_it(body: bytes, said: str, shown: str) -> None:
    read = as_header_says(body, f"text/html; charset={said}")
    assert shown in read.decode("utf-8-sig")


def test_a_site_is_waited_for_ten_minutes_in_all(server: WebServer, reading: Reading) -> None:
    names = {f"p{number}": "1" for number in range(15)}
    server.replies["/sitemap.xml"] = sitemap(server, **names)
    server.on_request = lambda asked: (
        Reply(status=503, headers={"Retry-After": "60"}) if asked.path.startswith("/p") else None
    )
    pages, unread = reading.read(server.url)
    assert (pages, len(unread)) == ({}, 15)
    assert reading.slept.count(60.0) == 10


@pytest.mark.parametrize("said", ["utf-8", "no-such-one", '"gbk', "rot13", "undefined"])
def test_an_encoding_that_is_not_the_pages_does_no_harm(
    server: WebServer, reading: Reading, said: str
) -> None:
    text = "码头的灯在晚上八点点亮，早上六点熄灭。船只靠泊前必须联系港务办公室。" * 3
    html = f"<html><meta charset=gbk><body><main><h1>灯</h1><p>{text}</p></main></body></html>"
    server.replies["/"] = served(Reply(html.encode("gbk")), f"text/html; charset={said}")
    pages, _ = reading.read(f"{server.url}/")
    assert text[:20] in pages["index"].text


def test_a_site_that_asks_for_patience_gets_it(server: WebServer, reading: Reading) -> None:
    server.replies["/sitemap.xml"] = sitemap(server, one="1", two="1", three="1")
    for name in ("one", "two", "three"):
        server.replies[f"/{name}"] = page(name, f"Words of {name}.")
    waits = {"/one": "7", "/two": "3600", "/three": "soon"}
    met: set[str] = set()

    def refusing(asked: Asked) -> Reply | None:
        if asked.path not in waits or asked.path in met:
            return None
        met.add(asked.path)
        return Reply(status=429, headers={"Retry-After": waits[asked.path]})

    server.on_request = refusing
    pages, unread = reading.read(server.url)
    assert sorted(pages) == ["one"]
    assert unread == {"two": "HTTP 429", "three": "HTTP 429"}
    assert 7.0 in reading.slept


def test_a_page_with_an_etag_alone_and_one_that_leads_in_a_circle(
    server: WebServer, reading: Reading
) -> None:
    server.replies["/"] = page("Start", "Words.", "/one", "/round", ETag='W/"7"')
    server.replies["/one"] = page("One", "The tide.", ETag='"1"')
    server.replies["/round"] = Reply(status=302, headers={"Location": "/round"})
    pages, unread = reading.read(f"{server.url}/")
    assert sorted(pages) == ["index", "one"]
    assert "redirect" in unread["round"]
    told: dict[str, str] = {}

    def unchanged(asked: Asked) -> Reply | None:
        mark = {name.lower(): value for name, value in asked.headers.items()}.get("if-none-match", "")
        told[asked.path] = mark
        return Reply(status=304) if mark else None

    server.on_request = unchanged
    again, _ = reading.read(f"{server.url}/")
    assert again == pages
    assert (told["/"], told["/one"]) == ('W/"7"', '"1"')


@pytest.mark.slow
def test_a_page_of_three_megabytes_is_read_and_one_of_six_is_told(
    server: WebServer, reading: Reading
) -> None:
    server.replies["/sitemap.xml"] = sitemap(server, large="1", larger="1")
    body = "<main><h1>Log</h1>" + "<p>The lamp of the quay burns all night long.</p>" * 60_000 + "</main>"
    server.replies["/large"] = Reply(body.encode())
    server.replies["/larger"] = Reply(body.encode() * 2)
    pages, unread = reading.read(server.url)
    assert pages["large"].text.count("The lamp") == 60_000
    assert "larger than" in unread["larger"]


def test_what_retry_after_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "time", StoppedClock("2026-03-01T12:00:00+00:00"))
    assert seconds_of("120") == 120
    assert seconds_of("Sun, 01 Mar 2026 12:01:00 GMT") == 60
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for odd in ("", "soon", "-1", "٣", "1e9", "99999999999999999999", "Wed, 99 Oct 2015"):
        assert seconds_of(odd) is None, odd


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (403, {"Retry-After": "300", "X-RateLimit-Remaining": "40"}, "in 6 minutes"),
        (429, {}, "too many calls"),
        (403, {"X-RateLimit-Remaining": "40"}, "`token` is missing"),
        (301, {"Location": "https://api.example/repositories/7"}, "another name"),
        (404, {"Retry-After": "5"}, "no such repository"),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, "too many calls"),
    ],
)
def test_a_tracker_that_refuses_says_what_to_do(status: int, headers: dict[str, str], told: str) -> None:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update(headers)
    assert told in _refused(answer)
