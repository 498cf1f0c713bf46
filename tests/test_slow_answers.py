"""Answers of Feishu's that come slowly, in part, or never: given up within a bound, and that passes."""

from __future__ import annotations

import gzip
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from pydantic import SecretStr
from redis import Redis

from bot.config.settings import FeishuSettings
from bot.errors import FeishuError
from bot.feishu import transport
from bot.feishu.client import Feishu
from bot.feishu.transport import LONGEST_RESET, reset_of

TOKEN = b'{"code":0,"tenant_access_token":"t-1","expire":7200}'
Talk = Callable[[socket.socket], None]


def whole(body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def request_of(connection: socket.socket) -> bytes:
    """All of a request: a connection that is closed over unread bytes is reset."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        if not (piece := connection.recv(65_536)):
            return b""
        asked += piece
    head, _, body = asked.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65_536)
    return head + body


class Feishus:
    """A server on a bare socket: gives a token, and answers all else as `talk` does."""

    def __init__(self) -> None:
        self.talk: Talk = lambda connection: None
        self.token = whole(TOKEN)
        self.ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve, name="feishus")]
        self._threads[0].start()

    def _serve(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._answer, args=(connection,), name="feishus-answer")
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with closing(connection), connection:
            try:
                asked = request_of(connection)
                if b"tenant_access_token" in asked:
                    connection.sendall(self.token)
                elif asked:
                    self.talk(connection)
            except OSError:
                return

    def close(self) -> None:
        self.ended.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def server() -> Iterator[Feishus]:
    server = Feishus()
    yield server
    server.close()


@pytest.fixture
def feishu(server: Feishus, redis: Redis) -> Feishu:
    settings = FeishuSettings(
        app_id="cli_1", app_secret=SecretStr("s"), domain=f"http://127.0.0.1:{server.port}"
    )
    return Feishu(settings, redis, patience=0.0)


def dripping(server: Feishus, head: bytes, byte: bytes) -> Talk:
    """A byte now and then, for as long as anybody listens."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        while not server.ended.wait(0.05):
            connection.sendall(byte)

    return talk


TALKS: dict[str, Callable[[Feishus], Talk]] = {
    "a byte now and then, of many promised": lambda server: dripping(
        server, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "
    ),
    "a chunk now and then": lambda server: dripping(
        server, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"
    ),
    "no length, no end": lambda server: dripping(server, b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "half a body": lambda _: (
        lambda connection: connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"code": 0, "da'
        )
    ),
    "half a number": lambda _: lambda connection: connection.sendall(whole(b'{"code": 0, "data": {"x": 1')),
    "no HTTP": lambda _: lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "nothing": lambda _: lambda connection: None,
    "broken chunks": lambda _: (
        lambda connection: connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"
        )
    ),
    "said to be packed": lambda _: (
        lambda connection: connection.sendall(whole(b'{"code": 0}', "Content-Encoding: gzip\r\n"))
    ),
    "a bomb": lambda _: (
        lambda connection: connection.sendall(
            whole(gzip.compress(b"[" * 50_000_000), "Content-Encoding: gzip\r\n")
        )
    ),
    "nested without end": lambda _: lambda connection: connection.sendall(whole(b"[" * 1_000_000)),
}


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS.keys())
def test_an_answer_that_never_is_one_is_given_up_and_passes(
    server: Feishus, feishu: Feishu, talk: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_SECONDS", 1.0)
    server.talk = talk(server)  # type: ignore[operator]
    with pytest.raises(FeishuError) as caught:
        feishu.reply("om_1", {"schema": "2.0"}, key="a")
    assert caught.value.retriable


def test_a_packed_answer_is_read(server: Feishus, feishu: Feishu) -> None:
    body = b'{"code":0,"data":{"message_id":"om_2","chat_id":"oc_1","thread_id":"omt_1"}}'
    server.talk = lambda connection: connection.sendall(
        whole(gzip.compress(body), "Content-Encoding: gzip\r\n")
    )
    assert feishu.reply("om_1", {"schema": "2.0"}, key="a").message_id == "om_2"


@pytest.mark.parametrize("expire", ["-1", "0", "true", "7200.5", '"7200"', "1" + "0" * 30, "null", "[]"])
def test_an_odd_lifetime_of_a_token_is_no_reason_to_be_silent(
    server: Feishus, feishu: Feishu, redis: Redis, expire: str
) -> None:
    server.token = whole(TOKEN.replace(b"7200", expire.encode()))
    server.talk = lambda connection: connection.sendall(whole(b'{"code":0,"data":{"message_id":"om_2"}}'))
    assert feishu.reply("om_1", {"schema": "2.0"}, key="a").message_id == "om_2"
    assert redis.ttl("fennel:token:cli_1") <= 7200


@pytest.mark.parametrize("token", [b'""', b"null", b"5", b'"t\\n1"', '"茴香"'.encode()])
def test_a_token_that_is_none_is_waited_for(server: Feishus, feishu: Feishu, token: bytes) -> None:
    server.token = whole(TOKEN.replace(b'"t-1"', token))
    with pytest.raises(FeishuError) as caught:
        feishu.reply("om_1", {"schema": "2.0"}, key="a")
    assert caught.value.retriable


@pytest.mark.parametrize(
    "value", ["-1", "abc", "", "1e9", "1.2.3", "Wed, 21 Oct 2026 07:28:00 GMT", "٣", "nan", "inf"]
)
def test_a_reset_that_is_no_number_says_nothing(value: str) -> None:
    assert reset_of({"x-ogw-ratelimit-reset": value}) == 0.0


@pytest.mark.parametrize("value", ["1000000000", "9" * 5000, "301"])
def test_a_reset_that_is_absurd_stops_nobody_for_long(value: str) -> None:
    assert reset_of({"X-Ogw-Ratelimit-Reset": value}) == LONGEST_RESET
    assert LONGEST_RESET <= 300


def test_a_reset_is_believed() -> None:
    assert reset_of({"x-ogw-ratelimit-reset": "60"}) == 60.0
    assert reset_of({"Retry-After": "1.5"}) == 1.5
