"""Pages are fetched through the proxy that is set, and nothing near this machine is, by name or address."""

from __future__ import annotations

import gc
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench.certificate import self_signed
from bot.config import proxies
from bot.config.settings import Settings, SourceSettings, WebSearchSettings
from bot.errors import FetchRefused
from tests.refused_addresses import ADDRESSES
from tests.relay import Relay
from tests.waiting import LIMIT, join
from tests.web_server import Reply, WebServer
from worker.doctor.checks import proxies as proxy_rows
from worker.web.fetch import Fetcher, Rules, StatusRefused


@pytest.fixture(autouse=True)
def nothing_set() -> Iterator[None]:
    yield
    proxies.use("")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as served:
        served.replies["/page"] = Reply(b"<p>reached</p>")
        yield served


def unknown(host: str, port: int) -> list[str]:
    raise OSError("no name has an address here")


def fetcher(tls: ssl.SSLContext | None = None, **rules: object) -> Fetcher:
    return Fetcher(Rules(**{"timeout": LIMIT, "resolve": lambda host, port: ["93.184.215.14"], **rules}), tls)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize(
    "resolve", [lambda host, port: ["93.184.215.14"], unknown, lambda host, port: ["198.18.0.7"]]
)
def test_a_page_comes_through_the_proxy_by_its_name(server: WebServer, kind: str, resolve: object) -> None:
    with closing(Relay(server.server_port, kind)) as relay:
        proxies.use(relay.address)
        assert fetcher(resolve=resolve).fetch("http://docs.example.com/page").body == b"<p>reached</p>"
        assert len(relay.wanted) == 1
        assert "docs.example.com" in relay.wanted[0]


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_tls_is_with_the_page_and_not_with_the_proxy(server: WebServer, kind: str, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "docs.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    trusting = fetcher(ssl.create_default_context(cafile=certificate), resolve=unknown)
    with closing(Relay(server.server_port, kind)) as relay:
        proxies.use(relay.address)
        assert trusting.fetch("https://docs.example.com/page").body == b"<p>reached</p>"
        with pytest.raises(FetchRefused):
            trusting.fetch("https://other.example.com/page")


@pytest.mark.parametrize("kind", ["", "http", "socks5"])
def test_a_connection_ends_with_the_fetch_whether_or_not_the_server_says_goodbye(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path, "docs.example.com")
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: left.append(one.exc_value))
    with silent_server(certificate, key) as port, closing(Relay(port, kind or "http")) as relay:
        proxies.use(relay.address if kind else "")
        tls = ssl.create_default_context(cafile=certificate)
        here = {
            "resolve": lambda host, asked: ["127.0.0.1" if not kind else "93.184.215.14"],
            "permitted": lambda address: True,
            "ports": {"https": (port,)},
        }
        page = fetcher(tls, **here).fetch(f"https://docs.example.com:{port}/")
        assert page.body == b"<p>reached</p>"
        del page
        gc.collect()
        assert left == []


@contextmanager
def silent_server(certificate: Path, key: Path) -> Iterator[int]:
    """Answers one request over TLS, and then neither says that it hears the end of it nor hangs up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    over = threading.Event()

    def serve() -> None:
        client, _ = listening.accept()
        with context.wrap_socket(client, server_side=True) as talking:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += talking.recv(65536)
            talking.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<p>reached</p>"
            )
            over.wait(LIMIT)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            join(serving)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("address", ADDRESSES[::7])
def test_nothing_near_is_asked_of_the_proxy(server: WebServer, kind: str, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with closing(Relay(server.server_port, kind)) as relay:
        proxies.use(relay.address)
        with pytest.raises(FetchRefused):
            fetcher(resolve=unknown).fetch(f"http://{host}/page")
        if not address.startswith(("198.18.", "198.19.")):
            with pytest.raises(FetchRefused, match="outside the public internet"):
                fetcher(resolve=lambda host, port: ["93.184.215.14", address]).fetch(
                    "http://docs.example.com/"
                )
        assert relay.wanted == []


@pytest.mark.parametrize(
    "name",
    [
        "metadata.google.internal",
        "jenkins.corp",
        "printer.local",
        "router.lan",
        "x.localhost",
        "nas.home.arpa",
    ],
)
@pytest.mark.parametrize("resolve", [unknown, lambda host, port: ["198.18.1.9"]])
def test_names_of_local_networks_are_not_left_to_the_proxy(name: str, resolve: object) -> None:
    proxies.use("http://127.0.0.1:9")
    with pytest.raises(FetchRefused, match=r"local network|no address|public internet"):
        fetcher(resolve=resolve).fetch(f"http://{name}/")


def test_a_redirect_to_something_near_is_refused_too(server: WebServer) -> None:
    server.replies["/page"] = Reply(
        status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}
    )
    with closing(Relay(server.server_port, "http")) as relay:
        proxies.use(relay.address)
        with pytest.raises(FetchRefused, match="outside the public internet"):
            fetcher().fetch("http://docs.example.com/page")
        assert len(relay.wanted) == 1


def test_hosts_that_are_exempt_are_connected_to_at_their_checked_address(server: WebServer) -> None:
    proxies.use("http://127.0.0.1:9", ("docs.example.com",))
    here = {
        "resolve": lambda host, port: ["127.0.0.1"],
        "permitted": lambda address: address == "127.0.0.1",
        "ports": {"http": (server.server_port,)},
    }
    assert (
        fetcher(**here).fetch(f"http://docs.example.com:{server.server_port}/page").body == b"<p>reached</p>"
    )


def test_a_proxy_that_fails_is_named_without_its_password() -> None:
    for proxy in ("http://user:secret@127.0.0.1:9", "socks5://user:secret@127.0.0.1:9"):
        proxies.use(proxy)
        with pytest.raises(FetchRefused) as caught:
            fetcher().fetch("https://docs.example.com/page")
        assert "127.0.0.1:9" in str(caught.value)
        assert "secret" not in str(caught.value)


def test_a_proxy_that_refuses_is_a_page_that_could_not_be_read(server: WebServer) -> None:
    server.replies["/page"] = Reply(status=403)
    with closing(Relay(server.server_port, "http")) as relay:
        proxies.use(relay.address)
        with pytest.raises(StatusRefused):
            fetcher().fetch("http://docs.example.com/page")


def test_the_doctor_says_which_proxy_pages_and_sites_take() -> None:
    proxies.use("http://proxy.corp:3128", ("docs.near.example",))
    settings = Settings(web_search=WebSearchSettings(engine="ddgs"))
    sources = (
        SourceSettings(site="https://docs.far.example/"),
        SourceSettings(site="https://docs.near.example/"),
    )
    settings = settings.model_copy(update={"index": settings.index.model_copy(update={"sources": sources})})
    said = " ".join(row[2] for row in proxy_rows(settings))
    assert "the pages that web search finds: through http://proxy.corp:3128" in said
    assert "https://docs.far.example/" in said
