"""The SDK over one pool, and what of the SDK is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr
from redis import Redis

from bot.config.settings import FeishuSettings
from bot.errors import FeishuError
from bot.feishu.client import Feishu
from bot.http_session import new_session

ANSWERS: dict[str, tuple[int, str, bytes]] = {}
"""Path ending -> (status, content type, body); others get a message that was sent."""
SENT = {"code": 0, "data": {"message_id": "om_2", "chat_id": "oc_1", "thread_id": "omt_1"}}


class Connections(ThreadingHTTPServer):
    """Counts the connections it accepts, and keeps them alive."""

    daemon_threads = True
    accepted = 0

    def get_request(self):
        self.accepted += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body: object = SENT
        if "tenant_access_token" in self.path:
            body = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
        status, kind, content = next(
            (answer for end, answer in ANSWERS.items() if self.path.endswith(end)),
            (200, "application/json", json.dumps(body).encode()),
        )
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[Connections]:
    ANSWERS.clear()
    with Connections(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, args=(0.05,), daemon=True).start()
        yield served
        served.shutdown()


@pytest.fixture
def feishu(server: Connections, redis: Redis) -> Feishu:
    settings = FeishuSettings(
        app_id="cli_1", app_secret=SecretStr("s"), domain=f"http://127.0.0.1:{server.server_port}"
    )
    return Feishu(settings, redis, patience=0.0)


def test_all_calls_go_over_one_connection(server: Connections, feishu: Feishu) -> None:
    for number in range(20):
        feishu.reply("om_1", {"schema": "2.0"}, key=str(number))
    assert server.accepted == 1


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_local_feishu_is_not_behind_the_environments_proxy(
    feishu: Feishu, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    assert feishu.reply("om_1", {"schema": "2.0"}, key="a").message_id == "om_2"


def test_everything_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "intranet.example.com")
    for host, proxied in (("open.feishu.cn", True), ("intranet.example.com", False)):
        settings = new_session().merge_environment_settings(f"https://{host}/", {}, None, None, None)
        assert ("https" in settings["proxies"]) is proxied


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (502, "text/html", b"<html>502 Bad Gateway</html>"),
        (504, "text/html", b""),
        (200, "text/html", b"<html>login</html>"),
        (200, "application/json", b"[]"),
        (200, "application/json", b'{"msg": "no code"}'),
        (200, "application/json", b"\xff\xfe"),
        (429, "text/plain", b"slow down"),
        (404, "text/plain", b"404 page not found"),
    ],
)
def test_unreadable_answer_is_an_error_with_a_name(
    feishu: Feishu, status: int, kind: str, content: bytes
) -> None:
    ANSWERS["/om_1/reply"] = (status, kind, content)
    with pytest.raises(FeishuError) as caught:
        feishu.reply("om_1", {"schema": "2.0"}, key="a")
    assert caught.value.retriable, "a proxy or a fault stands between, and that passes"
    assert caught.value.code == 0


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_the_bodys_code_decides_whatever_the_status(feishu: Feishu, status: int) -> None:
    refusal = json.dumps({"code": 230020, "msg": "limit"}).encode()
    ANSWERS["/om_1/reply"] = (status, "application/json", refusal)
    with pytest.raises(FeishuError) as caught:
        feishu.reply("om_1", {"schema": "2.0"}, key="a")
    assert caught.value.code == 230020
    assert caught.value.retriable


@pytest.mark.parametrize("data", [None, [], "text", {"mentions": "text", "body": []}])
def test_a_refusal_may_carry_any_data(feishu: Feishu, data: object) -> None:
    refusal = {"code": 230002, "msg": "no", "data": data, "error": "text"}
    ANSWERS["/om_1/reply"] = (400, "application/json", json.dumps(refusal).encode())
    with pytest.raises(FeishuError, match="not in this group"):
        feishu.reply("om_1", {"schema": "2.0"}, key="a")


@pytest.mark.slow
def test_client_loads_few_of_the_sdks_services_and_no_stand_ins_stay() -> None:
    program = """
import sys
import bot.feishu
services = {name.split(".")[2] for name in sys.modules if name.startswith("lark_oapi.api.")}
assert services == {"im", "cardkit"}, services
assert not {"lark_oapi", "lark_oapi.api"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.slow
def test_the_long_connection_and_the_registration_load_none_and_the_whole_package_can_still_be_had() -> None:
    program = """
import sys
from bot.feishu.sdk_parts import without_the_services
with without_the_services():
    from lark_oapi.scene.registration import register_app
    from lark_oapi.ws import Client
services = {name.split(".")[2] for name in sys.modules if name.startswith("lark_oapi.api.")}
assert services == {"im", "cardkit"}, services
import lark_oapi
from lark_oapi.event.dispatcher_handler import EventDispatcherHandler
assert lark_oapi.Client and EventDispatcherHandler is not object
with without_the_services():
    assert sys.modules["lark_oapi"] is lark_oapi
"""
    subprocess.run([sys.executable, "-c", program], check=True)
