"""Which calls go through a proxy, and that they do, over HTTP and SOCKS; none to this machine ever does."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bot.config import proxies
from bot.config.proxies import proxy_for, shown
from bot.config.settings import LLMSettings, Settings
from bot.http_session import new_session
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from tests.relay import Relay
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


@pytest.mark.usefixtures("rests_for_good")
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
