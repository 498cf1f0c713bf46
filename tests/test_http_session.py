"""The outbound session: the environment's proxy, except towards this machine, and nobody else's passwords."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
import requests
from urllib3 import HTTPConnectionPool, exceptions

from bot.http_session import EndlessAnswer, in_words, new_session
from tests.waiting import LIMIT
from tests.web_server import WebServer

OPEN = "https://open.feishu.cn/x"


def proxies(url: str) -> dict[str, str]:
    settings = new_session().merge_environment_settings(url, {}, None, None, None)
    return dict(settings["proxies"])


def test_the_proxy_of_the_environment_is_used_but_not_towards_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("no_proxy", "NO_PROXY", "https_proxy", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert proxies(OPEN)["https"] == "http://proxy.example:3128"
    assert "https" not in proxies("https://127.0.0.1:9/x")


def test_the_environment_is_read_once_for_each_host(monkeypatch: pytest.MonkeyPatch) -> None:
    session = new_session()
    monkeypatch.setenv("HTTPS_PROXY", "http://first.example:3128")
    first = session.merge_environment_settings(OPEN, {}, None, None, None)
    monkeypatch.setenv("HTTPS_PROXY", "http://second.example:3128")
    assert session.merge_environment_settings(OPEN, {}, None, None, None) == first


def test_a_password_file_does_not_take_the_place_of_a_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with WebServer() as server:
        answer = new_session().get(f"{server.url}/x", headers={"Authorization": "Bearer t-1"}, timeout=LIMIT)
        assert answer.request.headers["Authorization"] == "Bearer t-1"


def through_pools(reason: Exception) -> requests.ConnectionError:
    """As requests hands on what urllib3 met."""
    return requests.ConnectionError(exceptions.MaxRetryError(HTTPConnectionPool("a.example"), "/x", reason))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (through_pools(exceptions.ProxyError("no", OSError("407"))), "the proxy does not let it through"),
        (through_pools(exceptions.SSLError("self-signed")), "its certificate is not trusted here"),
        (
            through_pools(exceptions.ReadTimeoutError(HTTPConnectionPool("a"), "/x", "")),
            "does not answer in time",
        ),
        (requests.ConnectTimeout("x"), "it cannot be reached in time"),
        (requests.exceptions.InvalidURL("x"), "that is no web address"),
        (requests.exceptions.JSONDecodeError("x", "", 0), "what answers there is no JSON"),
        (requests.ConnectionError("aborted"), "it breaks off the connection"),
        (EndlessAnswer("more than 5 bytes"), "its answer does not end: more than 5 bytes"),
    ],
)
def test_what_went_wrong_is_said_without_pools_and_classes(error: Exception, said: str) -> None:
    assert said in in_words(error)
    assert "Pool" not in in_words(error)


def test_a_port_without_a_server_is_told_as_such() -> None:
    with new_session() as session, pytest.raises(requests.RequestException) as caught:
        session.get("http://127.0.0.1:1/", timeout=LIMIT)
    assert in_words(caught.value) == "nothing listens there"


def test_a_straight_request_says_what_any_other_says() -> None:
    heard: list[bytes] = []

    def answer(listening: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                received = b""
                while not received.endswith(b"{}"):
                    received += connection.recv(65536)
                heard.append(received)
                connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        url, headers = f"http://127.0.0.1:{listening.getsockname()[1]}/cards", {"Authorization": "Bearer t"}
        straight = new_session().straight("PUT", url, headers, b"{}", (3.0, 10.0))
        usual = new_session().request(
            "PUT", url, headers=headers, data=b"{}", timeout=10, allow_redirects=False, stream=True
        )
    assert straight.status_code == usual.status_code == 302
    assert sorted(heard[0].splitlines()) == sorted(heard[1].splitlines())
