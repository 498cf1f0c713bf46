"""Which calls go through a proxy, and that they do, over HTTP and SOCKS; none to this machine ever does."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from bot.config import proxies
from bot.config.proxies import proxy_for, shown
from bot.config.settings import LLMSettings, Settings
from bot.http_session import new_session
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from worker.engines.openai.engine import open_engine
from worker.llm import ChatMessage

ASK: list[ChatMessage] = [{"role": "user", "content": "How do I install it?"}]
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield
    proxies.use("")


class Relay:
    """A proxy of either kind that connects everybody to `port` here, and notes where they wanted to go."""

    def __init__(self, port: int, kind: str) -> None:
        self.port, self.kind = port, kind
        self.wanted: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"{kind}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._sockets: list[socket.socket] = []
        self._threads[0].start()

    def close(self) -> None:
        for opened in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            self._start(self._serve, client)

    def _start(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.port))
        self._sockets.append(server)
        if self.kind == "http":
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            self.wanted.append(head.split(b" ")[1].decode())
            server.sendall(_without_host(head))
        else:
            client.recv(1024)
            client.sendall(b"\x05\x00")
            asked = client.recv(1024)
            self.wanted.append(asked[5 : 5 + asked[4]].decode())
            client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00" + struct.pack("!H", 0))
        self._start(self._pump, server, client)
        self._pump(client, server)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(_without_host(data))
        except OSError:
            pass
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _without_host(data: bytes) -> bytes:
    """Requests as the server behind a proxy gets them."""
    return data.replace(b" http://model.example/", b" /")


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_a_model_server_is_reached_through_the_proxy(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(model=ScriptedModel(reply="yes")) as server:
        relay = Relay(server.port, kind)
        monkeypatch.setenv("ALL_PROXY", relay.address)
        far, near = "http://model.example/v1", server.url
        try:
            for url, proxied in ((far, True), (near, False)):
                engine = open_engine(Settings(llm=LLMSettings(model="internlm2-chat-7b")), (url,))
                relay.wanted.clear()
                try:
                    assert "".join(engine.stream(ASK)) == "yes"
                finally:
                    engine.close()
                assert bool(relay.wanted) is proxied
                assert all("model.example" in place for place in relay.wanted), "names are left to the proxy"
        finally:
            relay.close()


def test_the_setting_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://env:1")
    assert proxy_for("https://a.example/") == "http://env:1"
    proxies.use("socks5://user:word@set:2", ("b.example", "10.0.0.0/8"))
    assert proxy_for("https://a.example/") == "socks5h://user:word@set:2"
    assert shown("socks5h://user:word@set:2") == "socks5h://set:2"
    assert proxy_for("https://x.b.example/") == proxy_for("http://10.1.2.3:8000/v1") == ""
    proxies.use("none")
    assert proxy_for("https://a.example/") == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "http://127.8.9.1/",
        "http://localhost:1/",
        "http://[::1]:80/",
        "http://0.0.0.0/",
        f"http://{socket.gethostname()}:8000/",
        "http://model.localhost/",
    ],
)
def test_this_machine_is_never_behind_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES[:3]:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    proxies.use("http://127.0.0.1:9")
    assert proxy_for(url) == ""
    found = new_session().merge_environment_settings(url, {}, None, None, None)
    assert not [value for key, value in found["proxies"].items() if key != "no_proxy"]


@pytest.mark.parametrize(
    ("no_proxy", "straight"),
    [
        ("a.example", True),
        (".a.example", True),
        ("*.a.example", True),
        ("ample", False),
        ("*", True),
        ("b.example, a.example:443", True),
        ("a.example:8443", False),
        ("192.168.0.0/16", False),
    ],
)
def test_no_proxy_as_people_write_it(no_proxy: str, straight: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.corp:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert (proxy_for("https://www.a.example:443/v1") == "") is straight
    if not straight:
        assert proxy_for("https://www.a.example:443/v1") == "http://proxy.corp:3128"


def test_a_proxy_that_is_not_there_is_a_server_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.errors import EngineUnavailable

    for address in ("http://127.0.0.1:9", "socks5://127.0.0.1:9"):
        monkeypatch.setenv("all_proxy", address)
        engine = open_engine(Settings(llm=LLMSettings(model="m")), ("http://model.example/v1",))
        try:
            with pytest.raises(EngineUnavailable):
                list(engine.stream(ASK))
            assert engine.degraded == "engine_down"
        finally:
            engine.close()
