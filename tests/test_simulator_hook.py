"""The custom bot's webhook: signature, codes, shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from simulator import LocalFeishu
from simulator.api.hook import hook_signature
from tests.feishu_caller import plain_card
from tests.waiting import LIMIT


@pytest.fixture
def local() -> Iterator[LocalFeishu]:
    with LocalFeishu(hook_secret="secret") as feishu:
        yield feishu


def post(local: LocalFeishu, body: Any, *, signed: bool = True, age: int = 0) -> dict[str, Any]:
    if signed:
        timestamp = str(int(local.clock.now()) - age)
        body = {"timestamp": timestamp, "sign": hook_signature(timestamp, "secret"), **body}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = requests.post(f"{local.url}/open-apis/bot/v2/hook/id", data=raw, timeout=LIMIT)
    assert answer.status_code == 200
    return dict(answer.json())


def test_signature_is_that_of_the_guide() -> None:
    assert hook_signature("1599360473", "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.mark.parametrize(
    "body",
    [
        {"msg_type": "text", "content": {"text": "hello"}},
        {"msg_type": "post", "content": {"post": {"zh_cn": {"title": "t", "content": [[]]}}}},
        {"msg_type": "interactive", "card": plain_card()},
    ],
)
def test_message_reaches_the_group(local: LocalFeishu, body: dict[str, Any]) -> None:
    assert post(local, body)["StatusCode"] == 0
    assert [message.msg_type for message in local.messages()] == [body["msg_type"]]


def test_refusals_have_the_webhooks_codes(local: LocalFeishu) -> None:
    hello = {"msg_type": "text", "content": {"text": "hello"}}
    assert post(local, hello, signed=False)["code"] == 19021
    assert post(local, hello, age=3700)["code"] == 19021
    assert post(local, {"content": {"text": "x"}})["code"] == 19002
    assert post(local, {"msg_type": "text", "content": "x"})["code"] == 9499
    assert post(local, b"not json", signed=False)["code"] == 9499
    assert post(local, {**hello, "pad": "x" * 21_000})["code"] == 19036
    assert post(local, {"msg_type": "interactive", "card": {"elements": []}})["code"] == 11246
    assert local.messages() == []


@pytest.mark.usefixtures("one_second")
def test_sixth_message_of_a_second_is_refused(local: LocalFeishu) -> None:
    hello = {"msg_type": "text", "content": {"text": "hello"}}
    assert [post(local, hello)["code"] for _ in range(6)] == [0, 0, 0, 0, 0, 11232]
