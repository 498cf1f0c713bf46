"""Signed notices to a custom bot's webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from bot.config.settings import FeishuSettings
from bot.errors import ConfigError, FeishuError
from bot.feishu.webhook import notify, sign
from simulator import LocalFeishu
from tests.web_server import Asked, Reply, WebServer

NOW = 1599360473
JSON = {"Content-Type": "application/json"}
PATH = "/open-apis/bot/v2/hook/secret-id"


class Hook:
    """A custom bot with a secret, and the answers it gives instead of its own."""

    def __init__(self, server: WebServer) -> None:
        self.server = server
        self.instead: list[Reply] = []
        self.texts: list[str] = []
        server.on_request = self.answer

    def answer(self, asked: Asked) -> Reply:
        if self.instead:
            return self.instead.pop(0)
        body = json.loads(asked.body)
        if asked.path != PATH:
            return refusal(19001)
        if body["sign"] != sign(int(body["timestamp"]), "demo") or abs(int(body["timestamp"]) - NOW) > 3600:
            return refusal(19021)
        self.texts.append(body["content"]["text"])
        return Reply(
            b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}', 200, JSON
        )

    def settings(self, secret: str = "demo") -> FeishuSettings:
        return FeishuSettings(webhook_url=SecretStr(self.server.url + PATH), webhook_secret=SecretStr(secret))


def refusal(code: int) -> Reply:
    return Reply(json.dumps({"code": code, "data": {}, "msg": "refused"}).encode(), 200, JSON)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with WebServer() as server:
        yield Hook(server)


def send(hook: Hook, text: str = "hello", settings: FeishuSettings | None = None) -> list[float]:
    slept: list[float] = []
    notify(text, settings or hook.settings(), now=lambda: NOW, sleep=slept.append)
    return slept


def test_signature_is_feishus() -> None:
    assert sign(1599360473, "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_notice_arrives_signed(hook: Hook) -> None:
    assert send(hook, "索引已更新") == []
    assert hook.texts == ["索引已更新"]


def test_local_feishu_takes_it_too() -> None:
    with LocalFeishu(hook_secret="demo") as local:
        address = f"{local.url}/open-apis/bot/v2/hook/demo"
        settings = FeishuSettings(webhook_url=SecretStr(address), webhook_secret=SecretStr("demo"))
        notify("hello", settings)
        assert "hello" in local.messages()[-1].content
        wrong = settings.model_copy(update={"webhook_secret": SecretStr("other")})
        with pytest.raises(FeishuError, match="clock"):
            notify("hello", wrong)


def test_webhook_without_a_secret_gets_no_signature(hook: Hook) -> None:
    hook.instead = [Reply(b'{"code":0}', 200, JSON)]
    send(hook, settings=hook.settings(secret=""))
    assert set(json.loads(hook.server.asked[0].body)) == {"msg_type", "content"}


@pytest.mark.parametrize(
    "first", [refusal(11232), Reply(b"<html>", 502), Reply(b"", 429), Reply(b"x", 200, JSON, length=9)]
)
def test_passing_failure_is_tried_again(hook: Hook, first: Reply) -> None:
    hook.instead = [first]
    assert send(hook) == [1.0]
    assert hook.texts == ["hello"]


def test_lasting_limit_is_an_error_in_the_end(hook: Hook) -> None:
    hook.instead = [refusal(11232)] * 4
    with pytest.raises(FeishuError) as caught:
        send(hook)
    assert caught.value.code == 11232
    assert len(hook.server.asked) == 4


@pytest.mark.parametrize(
    ("code", "reason"),
    [(19021, "webhook_secret"), (19022, "IP allow list"), (19024, "keywords"), (1, "refused")],
)
def test_refusal_says_what_to_do_and_no_secret(hook: Hook, code: int, reason: str) -> None:
    hook.instead = [refusal(code)]
    with structlog.testing.capture_logs() as logs, pytest.raises(FeishuError, match=reason) as caught:
        send(hook)
    assert len(hook.server.asked) == 1
    assert "secret-id" not in repr(logs) + str(caught.value)


def test_missing_address_is_named() -> None:
    with pytest.raises(ConfigError, match=r"feishu\.webhook_url"):
        notify("hello", FeishuSettings())


def test_long_text_is_refused_before_it_is_sent(hook: Hook) -> None:
    with pytest.raises(ConfigError, match="20000 bytes"):
        send(hook, "文" * 7000)
    assert hook.server.asked == []


@pytest.mark.slow
def test_unreachable_webhook_keeps_its_address_to_itself() -> None:
    settings = FeishuSettings(webhook_url=SecretStr("http://127.0.0.1:1/open-apis/bot/v2/hook/secret-id"))
    with pytest.raises(FeishuError, match="nothing listens there") as caught:
        notify("hello", settings, sleep=lambda _: None)
    assert "secret-id" not in str(caught.value)
