"""The local Feishu's CardKit: sequence, streaming, uuids, limits and edits of elements."""

from __future__ import annotations

import json

import pytest

from simulator import LocalFeishu
from simulator.tenant.clock import DAY
from tests.feishu_caller import CARD, Caller, plain_card


def elements(local: LocalFeishu, card_id: str) -> list[dict[str, object]]:
    return list(local.tenant.cards[card_id].card["body"]["elements"])


def test_sequence_must_rise_over_all_operations(caller: Caller) -> None:
    card_id = caller.card_id()
    assert caller.stream(card_id, "a", sequence=5)["code"] == 0
    assert caller.stream(card_id, "ab", sequence=5)["code"] == 300317
    settings = json.dumps({"config": {"streaming_mode": False}})
    assert caller.operate("PATCH", f"{card_id}/settings", settings=settings, sequence=4)["code"] == 300317
    assert caller.operate("PATCH", f"{card_id}/settings", settings=settings, sequence=6)["code"] == 0
    assert caller.stream(card_id, "x", sequence="7")["code"] == 10002
    assert caller.stream(card_id, "x", sequence=0)["code"] == 10002


def test_text_streams_only_while_streaming_is_open(local: LocalFeishu, caller: Caller) -> None:
    card_id = caller.card_id()
    off, on = ({"settings": json.dumps({"config": {"streaming_mode": mode}})} for mode in (False, True))
    assert caller.operate("PATCH", f"{card_id}/settings", **off)["code"] == 0
    assert caller.stream(card_id, "late")["code"] == 300309
    assert caller.operate("PATCH", f"{card_id}/settings", **on)["code"] == 0
    assert caller.stream(card_id, "again")["code"] == 0
    assert elements(local, card_id)[0]["content"] == "again"


def test_streaming_closes_by_itself_after_10_minutes(local: LocalFeishu, caller: Caller) -> None:
    card_id = caller.card_id()
    local.clock.advance(601)
    assert caller.stream(card_id, "late")["code"] == 200850
    reopened = json.dumps({**CARD, "config": {"streaming_mode": True}})
    card = {"type": "card_json", "data": reopened}
    assert caller.operate("PUT", card_id, card=card)["code"] == 0
    assert caller.stream(card_id, "again")["code"] == 0


def test_uuid_counts_once(caller: Caller) -> None:
    card_id = caller.card_id()
    assert caller.stream(card_id, "a", uuid="u")["code"] == 0
    assert caller.stream(card_id, "ab", uuid="u")["code"] == 200770


@pytest.mark.usefixtures("one_second")
def test_eleventh_operation_of_a_second_is_refused(caller: Caller) -> None:
    card_id = caller.card_id()
    codes = [caller.stream(card_id, "x" * (number + 1))["code"] for number in range(11)]
    assert codes == [0] * 10 + [230020]


def test_card_entity_expires_after_14_days(local: LocalFeishu, caller: Caller) -> None:
    card_id = caller.card_id()
    local.clock.advance(15 * DAY)
    caller.token = caller.fetch_token()["tenant_access_token"]
    assert caller.stream(card_id, "late")["code"] == 200750
    assert caller.stream("7000", "nobody's")["code"] == 200740


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"schema": "1.0", "elements": []}, 300303),
        ({}, 300307),
        ({"schema": "2.0", "config": {"update_multi": False}}, 300302),
        (plain_card(*({"tag": "hr"} for _ in range(201))), 300305),
        (plain_card({"tag": "hr", "element_id": "a"}, {"tag": "hr", "element_id": "a"}), 300301),
        (plain_card({"tag": "markdown", "content": "x" * 31_000}), 200860),
        (plain_card({"tag": "note"}), 230099),
    ],
)
def test_cards_are_judged_with_cardkits_codes(caller: Caller, card: dict[str, object], code: int) -> None:
    assert caller.create_card(card)["code"] == code


def test_streamed_text_is_judged_too(caller: Caller) -> None:
    card_id = caller.card_id()
    refused = caller.stream(card_id, "| a |\n|---|\n| 1 |\n\n" * 5)
    assert refused["code"] == 230099
    assert "11310" in refused["msg"]
    assert caller.stream(card_id, "x", element="nobody")["code"] == 300313
    assert caller.stream(card_id, "")["code"] == 10002
    assert caller.stream(card_id, "x" * 100_001)["code"] == 10002


def test_elements_are_inserted_replaced_patched_and_deleted(local: LocalFeishu, caller: Caller) -> None:
    card_id = caller.card_id()
    path = f"{card_id}/elements"
    rule = json.dumps([{"tag": "hr", "element_id": "rule"}])
    caller.operate("POST", path, type="insert_after", target_element_id="answer", elements=rule)
    assert [one["tag"] for one in elements(local, card_id)] == ["markdown", "hr"]
    gone = caller.operate("POST", path, type="insert_after", target_element_id="gone", elements=rule)
    assert gone["code"] == 300315
    again = caller.operate("POST", path, type="append", elements=rule)
    assert again["code"] == 300301
    wrong_tag = json.dumps({"tag": "hr"})
    assert caller.operate("PATCH", f"{path}/answer", partial_element=wrong_tag)["code"] == 300312
    bigger = json.dumps({"text_size": "heading"})
    assert caller.operate("PATCH", f"{path}/answer", partial_element=bigger)["code"] == 0
    assert elements(local, card_id)[0]["text_size"] == "heading"
    new = json.dumps({"tag": "markdown", "content": "new"})
    assert caller.operate("PUT", f"{path}/rule", element=new)["code"] == 0
    assert elements(local, card_id)[1] == {"element_id": "rule", "tag": "markdown", "content": "new"}
    assert caller.operate("DELETE", f"{path}/rule")["code"] == 0
    assert caller.operate("DELETE", f"{path}/rule")["code"] == 300314


def test_batch_update_is_all_or_nothing(local: LocalFeishu, caller: Caller) -> None:
    card_id = caller.card_id()
    add = {
        "action": "add_elements",
        "params": {"type": "append", "elements": [{"tag": "hr", "element_id": "rule"}]},
    }
    delete = {"action": "delete_elements", "params": {"element_ids": ["gone"]}}
    close = {
        "action": "partial_update_setting",
        "params": {"settings": {"config": {"streaming_mode": False}}},
    }
    refused = caller.operate("POST", f"{card_id}/batch_update", actions=json.dumps([add, close, delete]))
    assert refused["code"] == 300314
    assert len(elements(local, card_id)) == 1
    assert local.tenant.cards[card_id].streaming
    assert caller.operate("POST", f"{card_id}/batch_update", actions=json.dumps([add, close]))["code"] == 0
    assert len(elements(local, card_id)) == 2
    assert not local.tenant.cards[card_id].streaming


def test_message_becomes_an_entity_by_id_convert(local: LocalFeishu, caller: Caller) -> None:
    question = local.say(text="@bot how?", mention_bot=True)
    sent = caller.reply_card(question, CARD)["data"]["message_id"]
    card_id = caller.call("POST", "/cardkit/v1/cards/id_convert", {"message_id": sent})["data"]["card_id"]
    assert caller.stream(card_id, "streamed")["code"] == 0
    assert local.cards(question)[0]["body"]["elements"][0]["content"] == "streamed"


def test_recalled_card_takes_no_more_updates(local: LocalFeishu, caller: Caller) -> None:
    question = local.say(text="@bot how?", mention_bot=True)
    card_id = caller.card_id()
    sent = caller.reply_card(question, {"type": "card", "data": {"card_id": card_id}})["data"]["message_id"]
    local.recall(sent)
    assert caller.stream(card_id, "late")["code"] == 230011
