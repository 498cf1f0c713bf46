"""The webhook as it runs: gunicorn's processes, a real Redis, and what Feishu does when either fails.

Where settings change, gunicorn and what it loads to try them start from nothing; else they are forks.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bench.webhook import servers
from bench.webhook.events import ENCRYPT_KEY, TOKEN, question, request_bytes
from bot.supervisor.redis_server import RedisServer, free_port
from bot.web.app import EVENT_PATH
from tests.forked_python import forks
from tests.waiting import LIMIT, START_LIMIT, join, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("webhook")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RedisServer]:
    with RedisServer(folder / "redis", fsync="always") as server:
        yield server


PARENTS: dict[int, int] = {}
"""Port -> the process id of gunicorn's parent."""


@contextmanager
def webhook(redis: RedisServer, folder: Path, **how: Any) -> Iterator[int]:
    """The webhook, with more patience for a Redis on a busy machine: there it would rightly answer 503."""
    patient = f"{redis.url}?socket_timeout={LIMIT}&socket_connect_timeout={LIMIT}"
    with servers.webhook(redis, folder, redis_url=patient, **how) as port:
        log = (folder / "web.log").read_text("utf-8")
        [PARENTS[port]] = map(int, re.findall(r"Listening at: .* \((\d+)\)", log))
        yield port


@pytest.fixture(scope="module")
def port(server: RedisServer, folder: Path) -> Iterator[int]:
    with ExitStack() as opened:
        with forks():
            port = opened.enter_context(webhook(server, folder))
        yield port


@pytest.fixture
def jobs(server: RedisServer, port: int) -> Iterator[Redis]:
    client = Redis.from_url(server.url)
    bot = client.get("fennel:bot:open_id")
    client.flushall()
    client.set("fennel:bot:open_id", bot)
    yield client
    client.close()


def push(port: int, number: int, run: str, key: str = ENCRYPT_KEY) -> int:
    """Pushes one question on a connection of its own; the status, 0 when the connection broke."""
    head, body = request_bytes(question(number, run), EVENT_PATH, port, key=key).split(b"\r\n\r\n", 1)
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request("POST", EVENT_PATH, body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def push_until_taken(port: int, number: int, run: str) -> None:
    """As Feishu does, only faster: again until it is answered 200."""
    wait_for(lambda: push(port, number, run) == 200, "a push to be taken")


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listed.split()]


def test_one_message_pushed_to_all_processes_at_once_is_one_job(port: int, jobs: Redis) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: push(port, number % 5, "a"), range(40)))
    assert statuses == [200] * 40
    assert jobs.zcard("fennel:pending") == 5


def test_a_reload_under_load_fails_nobody(port: int, jobs: Redis) -> None:
    statuses: list[int] = []
    stop = threading.Event()

    def keep_pushing(start: int) -> None:
        number = start
        while not stop.is_set():
            statuses.append(push(port, number, "b"))
            number += 4

    threads = [threading.Thread(target=keep_pushing, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(statuses) > 8, "pushes under way")
    before = children(PARENTS[port])
    os.kill(PARENTS[port], signal.SIGHUP)
    wait_for(lambda: not set(children(PARENTS[port])) & set(before), "the old processes to go", START_LIMIT)
    reloaded = len(statuses)
    wait_for(lambda: len(statuses) > reloaded + 8, "pushes to the new ones")
    stop.set()
    join(*threads)
    assert set(statuses) == {200}
    assert jobs.zcard("fennel:pending") == len(statuses)


def write_settings(file: Path, **keys: Path) -> Path:
    """Settings that name the files their secrets are in."""
    lines = "".join(f"  {name}: ${{file:{secret}}}\n" for name, secret in keys.items())
    file.write_text(f"feishu:\n{lines}", "utf-8")
    return file


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_operator_pages_are_on_their_own_port_whatever_headers_say(
    server: RedisServer, tmp_path: Path, forked_python: None
) -> None:
    operator = free_port()
    with webhook(server, tmp_path, operator_port=operator) as port:
        for headers in (
            {},
            {"Via": "1.1 proxy"},
            {"CF-Connecting-IP": "203.0.113.7"},
            {"Host": f"127.0.0.1:{operator}", "X-Forwarded-Port": str(operator)},
        ):
            assert get(port, "/metrics", headers)[0] == 404
            assert get(port, f"http://127.0.0.1:{operator}/metrics", headers)[0] == 404
            assert get(port, "/readyz", headers)[1] in (b'{"ready": false}', b'{"ready": true}')
        status, page = get(operator, "/metrics")
        assert (status, b"fennel_redis_up 1.0" in page) == (200, True)
        assert b'"workers"' in get(operator, "/readyz")[1]
        assert get(operator, EVENT_PATH)[0] == 404
        parent = PARENTS[port]
        assert set(reload(parent, lambda number: push(port, number, "op"))) == {200}
        assert get(operator, "/metrics")[0] == 200, "still there after a reload"


def test_the_webhook_starts_also_where_the_operator_port_is_taken(
    server: RedisServer, tmp_path: Path, forked_python: None
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with webhook(server, tmp_path, operator_port=taken.getsockname()[1]) as port:
            assert push(port, 1, "taken") == 200
    assert "no operator pages" in (tmp_path / "web.log").read_text("utf-8")


def test_keys_are_rotated_without_a_refused_push(server: RedisServer, tmp_path: Path) -> None:
    """Old key, both keys, new key: each step a SIGHUP, which reads settings and secret files again."""
    old, new, token = (tmp_path / name for name in ("old", "new", "token"))
    for file, secret in ((old, "old key"), (new, "new key"), (token, TOKEN)):
        file.write_text(secret, "utf-8")
    settings = write_settings(tmp_path / "s.yaml", encrypt_key=old, verification_token=token)
    with webhook(server, tmp_path, secrets=False, file=settings) as port:
        parent = PARENTS[port]
        assert [push(port, 1, "r", "old key"), push(port, 2, "r", "new key")] == [200, 401]
        write_settings(settings, encrypt_key=new, previous_encrypt_key=old, verification_token=token)
        statuses = reload(parent, lambda number: push(port, number, "both", "old key"))
        assert set(statuses) == {200}, "the old key is good all the time"
        assert [push(port, 3, "r", "old key"), push(port, 4, "r", "new key")] == [200, 200]
        write_settings(settings, encrypt_key=new, verification_token=token)
        statuses = reload(parent, lambda number: push(port, number, "new", "new key"))
        assert set(statuses) == {200}, "the new key is good all the time"
        assert [push(port, 5, "r", "old key"), push(port, 6, "r", "new key")] == [401, 200]


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("feishu:\n\tencrypt_key: x\n", "line 2"),
        ("web: {max_body_bytes: big}\n", "web.max_body_bytes: needs a whole number"),
        ("feishu: {encrypt_keys: x}\n", "feishu.encrypt_keys"),
        ("{}\n", "feishu.encrypt_key and feishu.verification_token are empty"),
        ("web: {host: 127.0.0.2}\nfeishu: {encrypt_key: k}\n", "restart to change them"),
        ("web: {host: no.host.invalid}\nfeishu: {encrypt_key: k}\n", "restart to change them"),
    ],
    ids=["no YAML", "no number", "a misspelt key", "no keys", "another address", "no address"],
)
def test_a_mistake_in_the_settings_ends_nothing_that_serves(
    served: tuple[int, Path], mistake: str, said: str
) -> None:
    port, settings = served
    parent = PARENTS[port]
    wait_for(lambda: len(children(parent)) == 2, "both processes")
    before = set(children(parent))
    already = not_reloaded(settings.parent)
    settings.write_text(mistake, "utf-8")
    os.kill(parent, signal.SIGHUP)
    wait_for(
        lambda: len(not_reloaded(settings.parent)) > len(already), "the mistake to be named", START_LIMIT
    )
    [line] = not_reloaded(settings.parent)[len(already) :]
    assert said in line
    assert set(children(parent)) == before
    killed = before.pop()
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: len(set(children(parent)) - {killed} - before) == 1, "another process in its place")
    assert push(port, 1, "m", "one key") == 200


def test_mended_settings_are_served(served: tuple[int, Path]) -> None:
    """After all those mistakes, or after one of its own where it runs alone."""
    port, settings = served
    settings.write_text("no settings", "utf-8")
    parent = PARENTS[port]
    already = not_reloaded(settings.parent)
    os.kill(parent, signal.SIGHUP)
    wait_for(
        lambda: len(not_reloaded(settings.parent)) > len(already), "the mistake to be named", START_LIMIT
    )
    write_one_key(settings)
    assert set(reload(parent, lambda number: push(port, number, "mended", "one key"))) == {200}


@pytest.fixture(scope="module")
def served(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A webhook's port and the settings file that it serves with."""
    folder, counts = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("counts")
    settings = write_one_key(folder / "s.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(counts))
        with webhook(server, folder, secrets=False, file=settings) as port:
            yield port, settings
    assert not list(counts.iterdir()), "what it counted goes with it, however often it was reloaded"


def write_one_key(settings: Path) -> Path:
    """Settings that are in order."""
    key, token = settings.parent / "key", settings.parent / "token"
    key.write_text("one key", "utf-8")
    token.write_text(TOKEN, "utf-8")
    return write_settings(settings, encrypt_key=key, verification_token=token)


def not_reloaded(folder: Path) -> list[str]:
    """What the log has said so far of settings that could not be served."""
    return [line for line in (folder / "web.log").read_text("utf-8").splitlines() if "Not reloaded" in line]


def reload(parent: int, push_one: Callable[[int], int]) -> list[int]:
    """SIGHUP, and pushes one after the other until the old processes are gone; their statuses."""
    before = set(children(parent))
    os.kill(parent, signal.SIGHUP)
    statuses: list[int] = []

    def are_gone() -> bool:
        statuses.append(push_one(len(statuses)))
        return not set(children(parent)) & before

    wait_for(are_gone, "the old processes to go", START_LIMIT)
    return statuses


def test_a_killed_process_loses_and_doubles_nothing(port: int, jobs: Redis) -> None:
    with ThreadPoolExecutor(4) as pool:
        pushed = [pool.submit(push_until_taken, port, number, "c") for number in range(60)]
        wait_for(lambda: jobs.zcard("fennel:pending"), "pushes under way")
        os.kill(children(PARENTS[port])[0], signal.SIGKILL)
        for one in pushed:
            one.result()
    assert jobs.zcard("fennel:pending") == 60


def test_redis_gone_means_503_and_redis_back_loses_nothing(
    server: RedisServer, port: int, jobs: Redis
) -> None:
    assert push(port, 1, "d") == 200
    server.kill()
    try:
        assert push(port, 2, "d") == 503
        with pytest.raises(RedisConnectionError):
            jobs.ping()
    finally:
        server.start()
    assert push(port, 1, "d") == 200, "still known as a duplicate"
    assert push(port, 2, "d") == 200
    assert jobs.zcard("fennel:pending") == 2


def test_the_wire_has_limits(port: int) -> None:
    for request, status in (
        (f"POST {EVENT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", b"413"),
        (f"GET /{'x' * 3000} HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (f"POST {EVENT_PATH} HTTP/1.1\r\nHost: x\r\nX: {'y' * 9000}\r\n\r\n", b"431"),
        ("nonsense\r\n\r\n", b"400"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
        connection.connect()
        connection.sock.sendall(request.encode())
        answer = connection.sock.recv(1000)
        connection.close()
        assert answer.split(b" ")[1] in (status, b"400"), answer[:80]


def received(connection: socket.socket) -> bytes:
    """What comes next; b"" once the other side has ended it."""
    try:
        return connection.recv(4096)
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        f"POST {EVENT_PATH} HTTP/1.1\r\nHost: x\r\nX-Lark".encode(),
        f"POST {EVENT_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n{{".encode(),
    ],
    ids=["nothing", "half the headers", "half the body"],
)
def test_half_sent_requests_do_not_occupy_the_webhook(port: int, jobs: Redis, sent: bytes) -> None:
    """They are never completed: who waited for them would wait for ever."""
    half_sent = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
    try:
        for connection in half_sent:
            connection.sendall(sent)
        assert [push(port, number, "h") for number in range(8)] == [200] * 8
        for connection in half_sent:  # and each is ended, by the webhook and not by who sent it
            connection.settimeout(LIMIT)
            while received(connection):
                pass
    finally:
        for connection in half_sent:
            connection.close()


def push_chunked(port: int, headers: dict[str, str], body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    parts = (body[at : at + 50_000] for at in range(0, len(body), 50_000))
    try:
        chunked = {**headers, "Transfer-Encoding": "chunked"}
        connection.request("POST", EVENT_PATH, parts, chunked, encode_chunked=True)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_body_without_a_length_is_read_up_to_the_limit(port: int, jobs: Redis) -> None:
    head, body = request_bytes(question(1, "e"), EVENT_PATH, port).split(b"\r\n\r\n", 1)
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, value in lines if name != "Content-Length"}
    assert push_chunked(port, headers, body) == 200
    assert push_chunked(port, headers, body + b" " * 1_200_000) in (401, 413)
    assert jobs.zcard("fennel:pending") == 1


def test_the_log_holds_no_words_and_no_secret(port: int, folder: Path) -> None:
    log = (folder / "web.log").read_text("utf-8")
    assert "Booting worker" in log
    for word in (ENCRYPT_KEY, TOKEN, "quantise"):
        assert word not in log
