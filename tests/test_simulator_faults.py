"""Ordered faults strike the calls they name, in the way that Feishu or the network would."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import requests

from simulator import LocalFeishu, server
from simulator.tenant.faults import Faults
from tests.feishu_caller import CARD, Caller, text


@pytest.fixture
def question(local: LocalFeishu) -> str:
    return local.say(text="@bot how?", mention_bot=True)


def test_code_strikes_the_named_operation_as_often_as_said(
    local: LocalFeishu, caller: Caller, question: str
) -> None:
    fault = local.faults.add(230020, on="messages.reply", times=2)
    assert caller.call("GET", "/bot/v3/info")["code"] == 0
    codes = [caller.reply(question, text("x"))["code"] for _ in range(3)]
    assert codes == [230020, 230020, 0]
    assert fault.struck == 2
    assert [call.fault for call in local.calls("messages.reply")] == ["230020", "230020", ""]


def test_gateway_limit_says_when_to_come_back(local: LocalFeishu, caller: Caller, question: str) -> None:
    local.faults.add(99991400, on="messages", reset=7)
    answer = caller.send(
        "POST", f"/im/v1/messages/{question}/reply", {"msg_type": "text", "content": text("x")}
    )
    assert (answer.status_code, answer.json()["code"]) == (429, 99991400)
    assert answer.headers["x-ogw-ratelimit-reset"] == "7"


def test_connection_dropped_before_nothing_happened(
    local: LocalFeishu, caller: Caller, question: str
) -> None:
    local.faults.add("drop_before", on="messages.reply")
    with pytest.raises(requests.ConnectionError):
        caller.reply(question, text("x"))
    assert local.replies(question) == []


def test_connection_dropped_after_the_message_was_sent(
    local: LocalFeishu, caller: Caller, question: str
) -> None:
    local.faults.add("drop_after", on="messages.reply")
    with pytest.raises(requests.ConnectionError):
        caller.reply(question, text("x"), uuid="key")
    assert len(local.replies(question)) == 1
    assert caller.reply(question, text("x"), uuid="key")["code"] == 0
    assert len(local.replies(question)) == 1


def test_bad_gateway_is_html(local: LocalFeishu, caller: Caller) -> None:
    local.faults.add("bad_gateway", on="auth.bot_info")
    answer = caller.send("GET", "/bot/v3/info")
    assert answer.status_code == 502
    assert "<html>" in answer.text


def test_header_names_can_be_lower_case_as_behind_some_gateways(local: LocalFeishu, caller: Caller) -> None:
    local.faults.add("lower_case_headers", on="auth.bot_info")
    assert "content-type" in list(caller.send("GET", "/bot/v3/info").headers)
    assert "Content-Type" in list(caller.send("GET", "/bot/v3/info").headers)


def test_codes_of_a_state_bring_it_about(local: LocalFeishu, caller: Caller) -> None:
    for code in (300309, 200850):
        card_id = caller.card_id(CARD)
        local.faults.add(code, on="elements.content")
        assert [caller.stream(card_id, "a")["code"] for _ in range(2)] == [code, code]
    card_id = caller.card_id(CARD)
    local.faults.add(300317, on="elements")
    assert caller.stream(card_id, "a", sequence=41)["code"] == 300317
    assert caller.stream(card_id, "a", sequence=41)["code"] == 300317, "as if 41 had been used already"
    assert caller.stream(card_id, "a", sequence=42)["code"] == 0


def test_revoked_token_stays_revoked(local: LocalFeishu, caller: Caller) -> None:
    local.faults.add(99991663, on="auth.bot_info")
    assert [caller.call("GET", "/bot/v3/info")["code"] for _ in range(2)] == [99991663, 99991663]
    caller.token = caller.fetch_token()["tenant_access_token"]
    assert caller.call("GET", "/bot/v3/info")["code"] == 0


def test_card_recalled_in_the_middle_of_streaming(local: LocalFeishu, caller: Caller, question: str) -> None:
    card_id = caller.card_id(CARD)
    caller.reply_card(question, {"type": "card", "data": {"card_id": card_id}})
    local.faults.add("recalled", on="elements.content", skip=1)
    assert [caller.stream(card_id, "a" * (n + 1))["code"] for n in range(3)] == [0, 230011, 230011]
    assert local.cards(question) == []


def test_table_limit_comes_as_230099(local: LocalFeishu, caller: Caller) -> None:
    local.faults.add(11310, on="cards.create")
    refused = caller.create_card(CARD)
    assert refused["code"] == 230099
    assert "ErrCode: 11310" in refused["msg"]


def test_latency(local: LocalFeishu, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(server, "time", SimpleNamespace(sleep=slept.append, time=time.time))
    local.faults.add("latency", on="auth.bot_info", delay=0.3)
    assert caller.call("GET", "/bot/v3/info")["code"] == 0
    assert slept == [0.3]


def test_random_faults_are_the_same_for_the_same_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(seed=seed)
        faults.add("bad_gateway", times=None, probability=0.3)
        return [faults.next("messages.get") is not None for _ in range(200)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)
    assert 30 < sum(struck(1)) < 90


def test_token_endpoint_is_struck_only_by_name(local: LocalFeishu, caller: Caller) -> None:
    local.faults.add("bad_gateway", times=None)
    assert caller.fetch_token()["code"] == 0
    local.faults.clear()
    local.faults.add(99991400, on="auth.token")
    assert caller.fetch_token()["code"] == 99991400


def test_unknown_fault_is_an_error(local: LocalFeishu) -> None:
    with pytest.raises(ValueError, match="no such fault: drop"):
        local.faults.add("drop")
