"""The local Feishu's message APIs answer as Feishu's documents say, over real sockets."""

from __future__ import annotations

import json

import pytest

from simulator import LocalFeishu
from simulator.tenant.clock import DAY
from tests.feishu_caller import CARD, Caller, plain_card, text


@pytest.fixture
def question(local: LocalFeishu) -> str:
    return local.say("ou_alice", "@bot how?", mention_bot=True)


def test_same_token_is_given_while_30_minutes_are_left(local: LocalFeishu, caller: Caller) -> None:
    assert caller.fetch_token()["tenant_access_token"] == caller.token
    local.clock.advance(5500)
    renewed = caller.fetch_token()
    assert renewed["tenant_access_token"] != caller.token
    assert renewed["expire"] == 7200
    assert caller.call("GET", "/bot/v3/info")["code"] == 0, "the old token lives on beside the new one"


@pytest.mark.parametrize(("token", "code"), [("", 99991661), ("nonsense", 99991671), ("t-forged", 99991663)])
def test_token_is_checked(caller: Caller, token: str, code: int) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = caller.session.get(f"{caller.local.url}/open-apis/bot/v3/info", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_wrong_app_secret_is_refused(caller: Caller) -> None:
    assert caller.fetch_token(app_secret="wrong")["code"] == 10014
    assert caller.fetch_token(app_id="")["code"] == 10003


def test_errors_have_feishus_shape(caller: Caller) -> None:
    answer = caller.send(
        "POST", "/im/v1/messages/om_nobody/reply", {"msg_type": "text", "content": text("x")}
    )
    body = answer.json()
    assert answer.status_code == 400
    assert set(body) == {"code", "msg", "error"}
    assert body["error"]["log_id"] == answer.headers["X-Tt-Logid"]
    assert body["error"]["log_id"] in body["error"]["troubleshooter"]
    assert answer.headers["Content-Type"].startswith("application/json")


def test_reply_in_thread_opens_a_topic_that_later_replies_join(caller: Caller, question: str) -> None:
    first = caller.reply(question, text("one"), reply_in_thread=True)["data"]
    assert first["thread_id"].startswith("omt_")
    assert (first["root_id"], first["parent_id"]) == (question, question)
    second = caller.reply(first["message_id"], text("two"))["data"]
    assert second["thread_id"] == first["thread_id"]
    assert second["parent_id"] == question, "inside a topic the parent is its root"
    listed = caller.call("GET", f"/im/v1/messages?container_id_type=thread&container_id={first['thread_id']}")
    assert [item["message_id"] for item in listed["data"]["items"]] == [
        question,
        first["message_id"],
        second["message_id"],
    ]
    roots = caller.call("GET", "/im/v1/messages?container_id_type=chat&container_id=oc_demo")
    assert [item["message_id"] for item in roots["data"]["items"]] == [question]


def test_same_uuid_sends_once_within_an_hour(local: LocalFeishu, caller: Caller, question: str) -> None:
    first = caller.reply(question, text("one"), uuid="key")["data"]["message_id"]
    assert caller.reply(question, text("two"), uuid="key")["data"]["message_id"] == first
    local.clock.advance(3601)
    caller.token = caller.fetch_token()["tenant_access_token"]
    assert caller.reply(question, text("three"), uuid="key")["data"]["message_id"] != first
    assert caller.reply(question, text("x"), uuid="k" * 51)["code"] == 230001


@pytest.mark.usefixtures("one_second")
def test_sixth_message_of_a_second_is_refused(caller: Caller, question: str) -> None:
    codes = [caller.reply(question, text(str(number)))["code"] for number in range(6)]
    assert codes[:5] == [0] * 5
    assert codes[5] == 230020


@pytest.mark.parametrize(
    ("msg_type", "content", "code"),
    [
        ("text", {"text": "an object"}, 230001),
        ("text", "not json", 230001),
        ("text", text(" "), 230001),
        ("text", text("x" * 150 * 1024), 230025),
        ("post", json.dumps({"post": {"zh_cn": {}}}), 230001),
        ("post", json.dumps({"zh_cn": {"content": [[{"tag": "script"}]]}}), 230001),
        ("interactive", json.dumps({"schema": "2.0", "pad": "x" * 31_000}), 230025),
        ("interactive", json.dumps({"schema": "2.0", "body": {"elements": [{"tag": "note"}]}}), 230099),
        ("interactive", json.dumps({"type": "card", "data": {"card_id": "7"}}), 230099),
        ("vote", "{}", 230001),
    ],
)
def test_content_is_checked(caller: Caller, question: str, msg_type: str, content: object, code: int) -> None:
    body = {"msg_type": msg_type, "content": content}
    assert caller.call("POST", f"/im/v1/messages/{question}/reply", body)["code"] == code


def test_refused_card_names_its_sub_code(caller: Caller, question: str) -> None:
    table = "| a |\n|---|\n| 1 |\n\n"
    card = plain_card(*({"tag": "markdown", "content": table * 3} for _ in range(2)))
    message = caller.reply_card(question, card)["msg"]
    assert "ErrCode: 11310; ErrMsg: card table number over limit; ErrorValue: table; " in message


def test_unknown_person_in_a_card_is_refused(caller: Caller, question: str) -> None:
    mention = {"tag": "markdown", "content": "<at id=ou_alice></at> <at id=ou_nobody></at>"}
    assert "ErrCode: 100290" in caller.reply_card(question, plain_card(mention))["msg"]


def test_at_tags_of_a_sent_text_become_placeholders(caller: Caller, question: str) -> None:
    said = '<at user_id="ou_bob">Bob</at> and <at user_id="all"></at>: look'
    sent = caller.reply(question, text(said))["data"]
    assert json.loads(sent["body"]["content"])["text"] == "@_user_1 and @_all: look"
    assert [(mention["id"], mention["name"]) for mention in sent["mentions"]] == [("ou_bob", "Bob Chen")]


def test_recalled_message_takes_no_reply(local: LocalFeishu, caller: Caller, question: str) -> None:
    local.recall(question)
    assert caller.reply(question, text("late"))["code"] == 230011


def test_only_own_messages_can_be_recalled(local: LocalFeishu, caller: Caller, question: str) -> None:
    assert caller.call("DELETE", f"/im/v1/messages/{question}")["code"] == 230026
    mine = caller.reply(question, text("x"))["data"]["message_id"]
    assert caller.call("DELETE", f"/im/v1/messages/{mine}")["code"] == 0
    assert caller.call("DELETE", f"/im/v1/messages/{mine}")["code"] == 230011
    assert local.replies(question) == []
    assert caller.call("GET", f"/im/v1/messages/{mine}")["data"]["items"][0]["deleted"] is True


@pytest.mark.usefixtures("one_second")
def test_card_is_patched_within_14_days_and_5_times_a_second(
    local: LocalFeishu, caller: Caller, question: str
) -> None:
    mine = caller.reply_card(question, plain_card())["data"]["message_id"]
    body = {"content": json.dumps(plain_card({"tag": "hr"}))}
    codes = [caller.call("PATCH", f"/im/v1/messages/{mine}", body)["code"] for _ in range(6)]
    assert codes == [0, 0, 0, 0, 0, 230020]
    assert local.cards(question)[0]["body"]["elements"] == [{"tag": "hr"}]
    local.clock.advance(15 * DAY)
    caller.token = caller.fetch_token()["tenant_access_token"]
    assert caller.call("PATCH", f"/im/v1/messages/{mine}", body)["code"] == 230031


def test_text_is_edited_at_most_20_times(caller: Caller, question: str) -> None:
    mine = caller.reply(question, text("x"))["data"]["message_id"]
    body = {"msg_type": "text", "content": text("edited")}
    codes = [caller.call("PUT", f"/im/v1/messages/{mine}", body)["code"] for _ in range(21)]
    assert codes == [0] * 20 + [230072]


def test_bot_outside_the_group_may_not_write(local: LocalFeishu, caller: Caller, question: str) -> None:
    local.people.remove_bot("oc_demo", "ou_admin")
    assert caller.reply(question, text("x"))["code"] == 230002
    assert caller.call("GET", "/im/v1/chats/oc_demo")["code"] == 232011


def test_group_without_threads_refuses_replies_in_one(
    local: LocalFeishu, caller: Caller, question: str
) -> None:
    local.tenant.chats["oc_demo"].threads_allowed = False
    assert caller.reply(question, text("x"), reply_in_thread=True)["code"] == 230071
    assert caller.reply(question, text("x"))["code"] == 0


def test_message_reaches_a_person_by_open_id(local: LocalFeishu, caller: Caller) -> None:
    body = {"receive_id": "ou_bob", "msg_type": "text", "content": text("hello")}
    sent = caller.call("POST", "/im/v1/messages?receive_id_type=open_id", body)["data"]
    assert sent["chat_id"] == "oc_p2p_bob"
    assert caller.call("POST", "/im/v1/messages", body)["code"] == 99992402
    wrong = {**body, "receive_id": "ou_nobody"}
    assert caller.call("POST", "/im/v1/messages?receive_id_type=open_id", wrong)["code"] == 230034


def test_reactions(local: LocalFeishu, caller: Caller, question: str) -> None:
    path = f"/im/v1/messages/{question}/reactions"
    made = caller.call("POST", path, {"reaction_type": {"emoji_type": "OnIt"}})["data"]
    assert caller.call("POST", path, {"reaction_type": {"emoji_type": "NOPE"}})["code"] == 231001
    local.react(question, "THUMBSUP", "ou_bob")
    listed = caller.call("GET", path)["data"]["items"]
    assert [item["reaction_type"]["emoji_type"] for item in listed] == ["OnIt", "THUMBSUP"]
    assert caller.call("DELETE", f"{path}/{listed[1]['reaction_id']}")["code"] == 231007
    assert caller.call("DELETE", f"{path}/{made['reaction_id']}")["code"] == 0
    assert local.reactions(question) == ["THUMBSUP"]
    assert (
        caller.call("POST", path.replace(question, "om_gone"), {"reaction_type": {"emoji_type": "OnIt"}})[
            "code"
        ]
        == 231003
    )


def test_members_are_listed_page_by_page_without_the_bot(caller: Caller) -> None:
    first = caller.call("GET", "/im/v1/chats/oc_demo/members?page_size=3")["data"]
    rest = caller.call("GET", f"/im/v1/chats/oc_demo/members?page_size=3&page_token={first['page_token']}")[
        "data"
    ]
    ids = [item["member_id"] for item in first["items"] + rest["items"]]
    assert ids == ["ou_alice", "ou_bob", "ou_admin", "ou_expert"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_entity_card_is_sent_once(local: LocalFeishu, caller: Caller, question: str) -> None:
    content = {"type": "card", "data": {"card_id": caller.card_id(CARD)}}
    assert caller.reply_card(question, content)["code"] == 0
    assert caller.reply_card(question, content)["code"] == 230099
    assert local.cards(question)[0].streaming


def test_unknown_routes_are_plain_404(caller: Caller) -> None:
    answer = caller.send("GET", "/im/v9/nothing")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain")


def test_scopes_decide_what_the_app_may_do_and_hear(
    local: LocalFeishu, caller: Caller, question: str
) -> None:
    listed = caller.call("GET", "/application/v6/scopes")["data"]["scopes"]
    assert "im:message.group_msg" in {scope["scope_name"] for scope in listed}
    local.tenant.scopes = ["im:message.group_at_msg:readonly"]
    refused = caller.reply(question, text("x"))
    assert refused["code"] == 99991672
    assert "im:message:send_as_bot" in refused["msg"]
    assert caller.create_card(CARD)["code"] == 99991672
    heard = len(local.pushes.all)
    local.say(text="nobody in particular")
    assert len(local.pushes.all) == heard, "without im:message.group_msg only mentions are pushed"
    local.say(text="@bot hello", mention_bot=True)
    assert len(local.pushes.all) == heard + 1


def test_every_message_opens_a_topic_in_a_topic_group(local: LocalFeishu, caller: Caller) -> None:
    local.add_chat("oc_topics", "Topics", message_type="thread")
    question = local.say(text="@bot how?", mention_bot=True, chat="oc_topics")
    thread = local.messages("oc_topics")[0].thread_id
    assert thread.startswith("omt_")
    assert caller.reply(question, text("x"))["data"]["thread_id"] == thread
