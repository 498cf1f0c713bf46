"""bot.events: Feishu's documented payloads and anything else that may arrive."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import MalformedEvent
from bot.events.events import BotAdded, CardPress, Challenge, Event, Message, Reaction, Recall, Unknown
from bot.events.reader import READERS, read_event
from bot.queue.intake import HANDLERS

BOT = "ou_bot"


def push(event_type: str, event: dict[str, Any]) -> dict[str, Any]:
    header = {"event_id": "5e3702a84e847582be8db7fb73283c02", "event_type": event_type, "token": "t"}
    return {"schema": "2.0", "header": header, "event": event}


def message_event(content: object, **fields: Any) -> dict[str, Any]:
    message = {
        "message_id": "om_5ce6d572455d361153b7cb51da133945",
        "create_time": "1609073151345",
        "chat_id": "oc_5ce6d572455d361153b7xx51da133945",
        "chat_type": "group",
        "message_type": "text",
        "content": content if isinstance(content, str) else json.dumps(content),
        "mentions": [
            {"key": "@_user_1", "id": {"open_id": BOT, "union_id": "on_1"}, "name": "Fennel"},
            {"key": "@_user_10", "id": {"open_id": "ou_tom"}, "name": "Tom"},
        ],
        **fields,
    }
    sender = {"sender_id": {"open_id": "ou_asker"}, "sender_type": "user", "tenant_key": "t"}
    return push("im.message.receive_v1", {"sender": sender, "message": message})


def read_message(content: object, **fields: Any) -> Message:
    event = read_event(message_event(content, **fields))
    assert isinstance(event, Message)
    return event


def test_text_message() -> None:
    message = read_message({"text": "@_user_1 how does @_user_10 install it?"})
    assert (message.message_id, message.chat_type) == ("om_5ce6d572455d361153b7cb51da133945", "group")
    assert message.sender_id == "ou_asker"
    assert message.create_time == 1609073151345
    assert message.mentions_open_id(BOT)
    assert message.text_without(BOT) == "how does @Tom install it?"
    assert not message.mention_all


def test_post_keeps_words_code_and_links() -> None:
    post = {
        "title": "Install",
        "content": [
            [{"tag": "at", "user_id": "@_user_1", "user_name": "Fennel"}, {"tag": "text", "text": " why?"}],
            [{"tag": "code_block", "language": "PYTHON", "text": "import x\n    y"}],
            [{"tag": "a", "href": "https://e.org/a", "text": "docs"}, {"tag": "img", "image_key": "img_1"}],
        ],
    }
    text = read_message(post, message_type="post").text_without(BOT)
    assert text == "Install\n why?\n\n```python\nimport x\n    y\n```\n\ndocs (https://e.org/a)"


def test_code_of_a_post_that_holds_fences_stays_one_block() -> None:
    code = "cat > a.md <<EOF\n```\n# x\n````\nEOF"
    span = {"tag": "code_block", "language": "MARK`DOWN\n```", "text": code}
    text = read_message({"content": [[span]]}, message_type="post").text_without(BOT)
    assert text == f"`````mark down\n{code}\n`````"


def test_mention_of_everybody_is_seen_without_a_mention_entry() -> None:
    message = read_message({"text": "@_all hello"}, mentions=[])
    assert message.mention_all
    assert message.text_without(BOT) == "hello"


def test_thread_key_is_shared_by_a_question_and_its_follow_up() -> None:
    first = read_message({"text": "a"})
    later = read_message({"text": "b"}, message_id="om_2", root_id=first.message_id, thread_id="omt_1")
    private = read_message({"text": "c"}, chat_type="p2p")
    assert later.thread_key == first.thread_key == first.message_id
    assert private.thread_key == private.chat_id


def test_types_without_text_and_recalled_content_are_empty() -> None:
    assert read_message({"image_key": "img_1"}, message_type="image").text == ""
    assert read_message("").text == ""


def test_card_action_in_feishus_shape() -> None:
    event = {
        "operator": {"open_id": "ou_1", "union_id": "on_1"},
        "token": "c-295",
        "action": {"value": {"key": "value"}, "tag": "button", "form_value": {"reason": "x"}, "name": "b"},
        "context": {"open_message_id": "om_card", "open_chat_id": "oc_1"},
    }
    action = read_event(push("card.action.trigger", event))
    assert isinstance(action, CardPress)
    assert (action.operator_id, action.message_id, action.chat_id) == ("ou_1", "om_card", "oc_1")
    assert action.value == {"key": "value"}
    assert action.form == {"reason": "x"}
    assert CardPress.from_json(json.loads(json.dumps(action.to_json()))) == action


def test_other_events() -> None:
    recall = read_event(
        push(
            "im.message.recalled_v1",
            {"message_id": "om_1", "chat_id": "oc_1", "recall_type": "message_owner"},
        )
    )
    assert recall == Recall("om_1", "oc_1", "message_owner")
    assert Recall.from_json(recall.to_json()) == recall
    added = read_event(
        push("im.chat.member.bot.added_v1", {"chat_id": "oc_1", "operator_id": {"open_id": "ou_1"}})
    )
    assert isinstance(added, BotAdded)
    assert added.operator_id == "ou_1"
    reaction = {
        "message_id": "om_1",
        "reaction_type": {"emoji_type": "SMILE"},
        "operator_type": "user",
        "user_id": {"open_id": "ou_1"},
    }
    read = read_event(push("im.message.reaction.created_v1", reaction))
    assert isinstance(read, Reaction)
    assert read.emoji == "SMILE"


def test_challenge_and_unknown_events() -> None:
    assert read_event({"type": "url_verification", "challenge": "c", "token": "t"}) == Challenge("c")
    unknown = read_event(push("application.bot.menu_v6", {}))
    assert unknown == Unknown("application.bot.menu_v6", "5e3702a84e847582be8db7fb73283c02")
    assert read_event({"uuid": "u", "type": "event_callback", "event": {"type": "message"}}) == Unknown(
        "message", "u"
    )


def test_message_survives_a_job_argument() -> None:
    message = read_message({"text": "@_user_1 你好"})
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"header": []},
        {"header": {"event_type": 5}},
        message_event("not json"),
        message_event("[]"),
        message_event({"text": 5}),
        message_event({"text": "a"}, message_id="om:1 x"),
        message_event({"text": "a"}, message_id=""),
        message_event({"text": "a"}, message_id=None),
        message_event({"text": "a"}, create_time="yesterday"),
        message_event({"text": "a"}, mentions={"key": 1}),
        message_event({"text": "a"}, mentions=["@_user_1"]),
        message_event({"content": ["text"]}, message_type="post"),
        message_event({"content": [["text"]]}, message_type="post"),
        message_event("[" * 100_000),
        push("card.action.trigger", {"action": {}}),
        push("im.message.recalled_v1", {}),
    ],
)
def test_anything_else_is_malformed_or_unknown(payload: dict[str, Any]) -> None:
    try:
        event = read_event(payload)
    except MalformedEvent:
        return
    assert isinstance(event, Unknown)


def test_lone_surrogates_cannot_reach_an_encoder() -> None:
    message = read_message('{"text": "\\ud800 hello"}')
    assert message.text.encode("utf-8") == "\ufffd hello".encode()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    ["message_id", "chat_id", "content", "mentions", "root_id", "create_time", "message_type", "chat_type"]
)


def _with(field: str, value: object) -> dict[str, Any]:
    payload = message_event({"text": "a"})
    payload["event"]["message"][field] = value
    return payload


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(field=_FIELDS, value=_JSON)
def test_no_field_can_break_the_reader(field: str, value: object) -> None:
    try:
        event = read_event(_with(field, value))
    except MalformedEvent:
        return
    assert isinstance(event, Message)
    json.dumps(event.to_json())


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(payload=st.dictionaries(st.sampled_from(["type", "header", "event", "uuid", "challenge"]), _JSON))
def test_no_payload_can_break_the_reader(payload: dict[str, Any]) -> None:
    try:
        read_event(payload)
    except MalformedEvent:
        return


def test_every_event_that_is_read_is_handled() -> None:
    made = {get_type_hints(reader)["return"] for reader in READERS.values()} | {Challenge, Unknown}
    assert made == set(get_args(Event)) == set(HANDLERS)


def test_a_post_whose_mentions_are_empty_still_mentions_whom_its_words_do() -> None:
    """A document pasted into a post: Feishu leaves `mentions` empty and puts the open_id into the span."""
    post = {
        "title": "发布说明",
        "content": [
            [{"tag": "text", "text": "请看 "}, {"tag": "at", "user_id": BOT, "user_name": "Fennel"}],
            [
                {"tag": "at", "user_id": "ou_tom", "user_name": "Tom"},
                {"tag": "text", "text": "开哪几个端口？"},
            ],
        ],
    }
    message = read_message(post, message_type="post", mentions=[])
    assert message.mentions_open_id(BOT)
    assert message.mentions_open_id("ou_tom")
    text = message.text_without(BOT)
    assert "开哪几个端口？" in text
    assert "ou_" not in text


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("@_user_1 @_user_102.4 版要重启吗", "@Tom2.4 版要重启吗"),
        ("@_user_18080 端口被占了", "8080 端口被占了"),
        ("为什么 @_user_1404 了", "为什么 404 了"),
    ],
)
def test_a_mention_that_a_number_follows_is_told_from_it(said: str, question: str) -> None:
    assert read_message({"text": said}).text_without(BOT) == question
