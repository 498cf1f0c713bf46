"""No address, notation, redirect or DNS answer leads a fetch anywhere but to the public internet."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.certificate import self_signed
from bot.errors import FetchRefused
from tests.refused_addresses import ADDRESSES, NOTATIONS
from tests.waiting import LIMIT, join
from tests.web_server import Reply, WebServer
from worker.web.addresses import in_domains, is_public, read_url
from worker.web.fetch import Fetcher, Rules, StatusRefused, TypeRefused


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as served:
        served.replies["/"] = Reply(b"<p>reached</p>")
        yield served


def fetcher(server: WebServer, tls: ssl.SSLContext | None = None, **rules: object) -> Fetcher:
    """Fetches from the test server, whose port and address count as public."""
    ports = {"http": (80, server.server_port), "https": (443, server.server_port)}
    given = {"ports": ports, "permitted": lambda address: address == "127.0.0.1", "timeout": LIMIT}
    return Fetcher(Rules(**{**given, **rules}), tls)


def test_the_table_is_long_enough() -> None:
    assert len(set(ADDRESSES)) + len(set(NOTATIONS)) >= 130


@pytest.mark.parametrize("address", ADDRESSES)
def test_address_is_refused_literally_and_by_name(server: WebServer, address: str) -> None:
    assert not is_public(address)
    ports = {"http": (server.server_port,)}
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(FetchRefused):
        Fetcher(Rules(ports=ports)).fetch(f"http://{host}:{server.server_port}/")
    for answer in ([address], ["93.184.215.14", address]):
        named = Fetcher(Rules(ports=ports, resolve=lambda host, port, answer=answer: answer))
        with pytest.raises(FetchRefused, match="outside the public internet"):
            named.fetch(f"http://docs.example.com:{server.server_port}/")
    assert server.connections == 0


@pytest.mark.parametrize("notation", NOTATIONS, ids=range(len(NOTATIONS)))
def test_notation_is_refused(server: WebServer, notation: str) -> None:
    ports = {"http": (80, server.server_port), "https": (443, server.server_port)}
    with pytest.raises(FetchRefused):
        Fetcher(Rules(ports=ports)).fetch(notation.format(port=server.server_port))
    assert server.connections == 0


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_private_address_behind_a_redirect_is_refused(server: WebServer) -> None:
    def addresses(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "public.example.com" else ["10.0.0.1"]

    port = server.server_port
    for place in (
        "http://10.0.0.1/",
        f"http://inner.example.com:{port}/",
        "//inner.example.com/",
        "file:///etc",
    ):
        server.replies["/start"] = Reply(status=302, headers={"Location": place})
        with pytest.raises(FetchRefused):
            fetcher(server, resolve=addresses).fetch(f"http://public.example.com:{port}/start")
    assert server.paths() == ["/start"] * 4


def test_dns_answer_that_changes_is_asked_once_per_hop(server: WebServer) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    once = fetcher(server, resolve=lambda host, port: next(answers))
    address = f"http://docs.example.com:{server.server_port}"
    assert once.fetch(f"{address}/").body == b"<p>reached</p>"
    assert server.asked[0].headers["Host"] == f"docs.example.com:{server.server_port}"
    with pytest.raises(FetchRefused, match="outside the public internet"):
        once.fetch(f"{address}/")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    server.replies["/again"] = Reply(status=301, headers={"Location": "/"})
    with pytest.raises(FetchRefused, match="outside the public internet"):
        once.fetch(f"{address}/again")


def test_redirects_are_followed_a_few_times(server: WebServer) -> None:
    for number in range(1, 9):
        server.replies[f"/{number}"] = Reply(status=302, headers={"Location": f"/{number - 1}"})
    server.replies["/0"] = Reply(b"end")
    page = fetcher(server).fetch(f"{server.url}/4")
    assert (page.url, page.body) == (f"{server.url}/0", b"end")
    with pytest.raises(FetchRefused, match="too many redirects"):
        fetcher(server).fetch(f"{server.url}/5")


def test_redirects_stay_within_the_domains(server: WebServer) -> None:
    port = server.server_port
    here = fetcher(server, resolve=lambda host, port: ["127.0.0.1"], domains=("example.com",))
    server.replies["/away"] = Reply(status=302, headers={"Location": f"http://example.org:{port}/"})
    assert here.fetch(f"http://docs.example.com:{port}/").body
    for url in (f"http://docs.example.com:{port}/away", f"http://notexample.com:{port}/"):
        with pytest.raises(FetchRefused, match=r"web_search\.domains"):
            here.fetch(url)


def test_every_hop_is_asked_about(server: WebServer) -> None:
    server.replies["/start"] = Reply(status=302, headers={"Location": "/end"})
    server.replies["/end"] = Reply(b"end")
    seen: list[str] = []
    fetcher(server).fetch(f"{server.url}/start", may_fetch=lambda target: seen.append(target.path))
    assert seen == ["/start", "/end"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"x" * 5000), "larger than 1000 bytes"),
        (Reply(b"x", length=10**12), "larger than 1000 bytes"),
        (Reply(b"short", length=500), "broke off"),
        (
            Reply(
                gzip.compress(b"x" * 10**7), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}
            ),
            "larger",
        ),
        (
            Reply(b"no gzip", headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}),
            "compression is broken",
        ),
        (Reply(b"x", headers={"Content-Type": "text/html", "Content-Encoding": "br"}), "compressed in a way"),
        (Reply(b"x", headers={"Content-Type": "application/octet-stream"}), "not text"),
        (Reply(b"x", headers={}), "not text"),
        (Reply(b"x", status=500), "HTTP 500"),
        (Reply(b"x", status=206), "HTTP 206"),
        (Reply(status=302, headers={}), "redirect without an address"),
        (Reply(status=302, headers={"Location": "http://[bad"}), "malformed"),
    ],
    ids=range(12),
)
def test_limits_on_what_comes_back(server: WebServer, reply: Reply, reason: str) -> None:
    server.replies["/page"] = reply
    with pytest.raises(FetchRefused, match=reason):
        fetcher(server, max_bytes=1000).fetch(f"{server.url}/page")


def test_refusals_can_be_told_apart(server: WebServer) -> None:
    with pytest.raises(StatusRefused) as caught:
        fetcher(server).fetch(f"{server.url}/missing")
    assert caught.value.status == 404
    server.replies["/image"] = Reply(b"x", headers={"Content-Type": "image/png"})
    with pytest.raises(TypeRefused):
        fetcher(server).fetch(f"{server.url}/image")


def test_compressed_page_is_unpacked(server: WebServer) -> None:
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    server.replies["/page"] = Reply(gzip.compress("文档".encode() * 1000), headers=headers)
    assert fetcher(server).fetch(f"{server.url}/page").body.decode() == "文档" * 1000


def test_a_page_that_drips_is_cut_off(server: WebServer) -> None:
    server.replies["/slow"] = Reply(b"x" * 1000, drip=0.05)
    with pytest.raises(FetchRefused, match="time limit"):
        fetcher(server, timeout=0.4).fetch(f"{server.url}/slow")
    assert server.dripped < 1000, "it is not read to its end"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_drips_before_its_page_is_cut_off(scheme: str) -> None:
    """Header bytes, or bytes of a TLS handshake, one by one, each well within a socket's timeout."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()

        def drip() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return  # the time was over before it connected
            with connection:
                for byte in b"\x16\x03\x03\x40\x00" if scheme == "https" else b"HTTP/1.1 200 OK\r\nX: ":
                    connection.sendall(bytes([byte]))
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"a")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        rules = Rules(timeout=0.4, permitted=lambda address: True, ports={scheme: (port,)})
        with pytest.raises(FetchRefused, match="time limit"):
            Fetcher(rules).fetch(f"{scheme}://127.0.0.1:{port}/")
        stop.set()
        listening.shutdown(socket.SHUT_RDWR)
        join(thread)


def test_tls_is_checked_against_the_name(server: WebServer, tmp_path) -> None:
    certificate, key = self_signed(tmp_path, "docs.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    strict = fetcher(server, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(FetchRefused, match="SSLCertVerificationError"):
        strict.fetch(f"https://docs.example.com:{server.server_port}/")
    tls = ssl.create_default_context(cafile=certificate)
    trusting = fetcher(server, tls, resolve=lambda host, port: ["127.0.0.1"])
    assert trusting.fetch(f"https://docs.example.com:{server.server_port}/").body == b"<p>reached</p>"
    with pytest.raises(FetchRefused, match="SSLCertVerificationError"):
        trusting.fetch(f"https://other.example.com:{server.server_port}/")


def test_redirect_does_not_leave_tls(server: WebServer, tmp_path) -> None:
    certificate, key = self_signed(tmp_path, "docs.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    port = server.server_port
    server.replies["/down"] = Reply(status=302, headers={"Location": f"http://docs.example.com:{port}/"})
    tls = ssl.create_default_context(cafile=certificate)
    trusting = fetcher(server, tls, resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(FetchRefused, match="away from https"):
        trusting.fetch(f"https://docs.example.com:{port}/down")


def test_proxies_of_the_environment_are_not_used(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetcher(server).fetch(f"{server.url}/").body


def test_nothing_of_ours_goes_out(server: WebServer) -> None:
    fetcher(server).fetch(f"{server.url}/")
    sent = {name.lower() for name in server.asked[0].headers}
    assert sent == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_domains_are_whole_names() -> None:
    assert in_domains("docs.example.com", ("Example.com",))
    assert not in_domains("badexample.com", ("example.com",))
    assert in_domains("anything.example", ())


def test_path_and_query_are_encoded() -> None:
    target = read_url("https://例子.example/文档?q=a b".replace(" ", "%20") + "#part")
    assert target.host == "xn--fsqu00a.example"
    assert target.path == "/%E6%96%87%E6%A1%A3?q=a%20b"


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z0-9.:\[\]@\\/%x-]{0,60}", fullmatch=True))
def test_any_text_is_a_target_or_refused(url: str) -> None:
    try:
        target = read_url(url)
    except FetchRefused:
        return
    assert target.port in (80, 443)
    assert target.host
    assert target.path.startswith("/")
    assert target.path.isascii()
    assert not set(target.path + target.host) & set(" \r\n\t\\")
