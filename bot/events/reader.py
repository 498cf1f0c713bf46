"""Feishu's event JSON -> the dataclasses of bot/events/events.py.

Reading is strict where a field becomes a key or an id, and lenient where Feishu adds fields: identifiers
end up in Redis keys and job ids and text in cards and logs, so a field of the wrong type or with characters
that no id has is an error that names it, not something to find out about later.
Shapes: Feishu, "Receive message" (im.message.receive_v1), "Message recalled", "Card callback
communication" (card.action.trigger); `create_time` of messages is in milliseconds, as a string.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.errors import MalformedEvent
from bot.events.content import MENTION_ALL, read_content, text_of
from bot.events.events import (
    PLACEHOLDER,
    BotAdded,
    CardPress,
    Challenge,
    Event,
    Mention,
    Message,
    Reaction,
    Recall,
    Unknown,
)

_ID = re.compile(r"[A-Za-z0-9_\-]{1,128}")


def read_event(payload: dict[str, Any]) -> Event:
    """The event in a proven, decrypted push. Raises MalformedEvent when it is not what Feishu documents."""
    if payload.get("type") == "url_verification":
        return Challenge(text_of(payload, "challenge", required=True))
    if "header" not in payload:
        event_type = text_of(object_in(payload, "event", {}), "type")
        return Unknown(event_type or text_of(payload, "type"), text_of(payload, "uuid"))
    header = object_in(payload, "header")
    event_type = text_of(header, "event_type", required=True)
    reader = READERS.get(event_type)
    if reader is None:
        return Unknown(event_type, text_of(header, "event_id"))
    return reader(id_in(header, "event_id"), object_in(payload, "event"))


def _read_message(event_id: str, event: dict[str, Any]) -> Message:
    message, sender = object_in(event, "message"), object_in(event, "sender")
    kind = text_of(message, "message_type")
    content = read_content(kind, text_of(message, "content"))
    text = content.text
    mentions = tuple(_read_mention(item) for item in list_in(message, "mentions"))
    mentions += tuple(Mention(key, *person) for key, person in content.spans.items())
    return Message(
        message_id=id_in(message, "message_id", required=True),
        chat_id=id_in(message, "chat_id", required=True),
        chat_type="p2p" if message.get("chat_type") == "p2p" else "group",
        thread_id=id_in(message, "thread_id"),
        root_id=id_in(message, "root_id"),
        parent_id=id_in(message, "parent_id"),
        sender_id=id_in(object_in(sender, "sender_id", {}), "open_id"),
        sender_type=text_of(sender, "sender_type"),
        message_type=kind,
        text=text,
        mentions=mentions,
        mention_all=MENTION_ALL in PLACEHOLDER.findall(text) or any(m.key == MENTION_ALL for m in mentions),
        create_time=time_in(message, "create_time"),
        event_id=event_id,
        attachments=tuple(content.attachments),
    )


def _read_mention(item: Any) -> Mention:
    if not isinstance(item, dict):
        raise MalformedEvent("a mention is not an object")
    return Mention(text_of(item, "key"), id_in(object_in(item, "id", {}), "open_id"), text_of(item, "name"))


def _read_press(event_id: str, event: dict[str, Any]) -> CardPress:
    action, context = object_in(event, "action"), object_in(event, "context", {})
    value, form = action.get("value"), action.get("form_value")
    return CardPress(
        event_id=event_id,
        operator_id=id_in(object_in(event, "operator"), "open_id", required=True),
        message_id=id_in(context, "open_message_id"),
        chat_id=id_in(context, "open_chat_id"),
        token=text_of(event, "token"),
        value=value if isinstance(value, dict) else {},
        form=form if isinstance(form, dict) else {},
        name=text_of(action, "name"),
        tag=text_of(action, "tag"),
    )


def _read_recall(event_id: str, event: dict[str, Any]) -> Recall:
    return Recall(
        id_in(event, "message_id", required=True), id_in(event, "chat_id"), text_of(event, "recall_type")
    )


def _read_bot_added(event_id: str, event: dict[str, Any]) -> BotAdded:
    operator = id_in(object_in(event, "operator_id", {}), "open_id")
    return BotAdded(event_id, id_in(event, "chat_id", required=True), operator)


def _read_reaction(event_id: str, event: dict[str, Any]) -> Reaction:
    operator = id_in(object_in(event, "user_id", {}), "open_id")
    emoji = text_of(object_in(event, "reaction_type", {}), "emoji_type")
    return Reaction(event_id, id_in(event, "message_id", required=True), operator, emoji)


def object_in(data: dict[str, Any], name: str, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object field, or `default` where there is none. Raises MalformedEvent."""
    value = data.get(name, default)
    value = default if value is None else value
    if not isinstance(value, dict):
        raise MalformedEvent(f"{name} is not an object")
    return value


def list_in(data: dict[str, Any], name: str) -> list[Any]:
    """A list field; empty where there is none. Raises MalformedEvent."""
    value = data.get(name) or []
    if not isinstance(value, list):
        raise MalformedEvent(f"{name} is not a list")
    return value


def id_in(data: dict[str, Any], name: str, *, required: bool = False) -> str:
    """An identifier: safe in a Redis key and in a job id. Raises MalformedEvent."""
    value = text_of(data, name, required=required)
    if (value or required) and not _ID.fullmatch(value):
        raise MalformedEvent(f"{name} is not an identifier")
    return value


def time_in(data: dict[str, Any], name: str) -> int:
    """Milliseconds, which Feishu writes as a string; 0 where there are none. Raises MalformedEvent."""
    value = str(data.get(name) or "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 16):
        raise MalformedEvent(f"{name} is not a time")
    return int(value)


READERS: dict[str, Callable[[str, dict[str, Any]], Event]] = {
    "im.message.receive_v1": _read_message,
    "card.action.trigger": _read_press,
    "im.message.recalled_v1": _read_recall,
    "im.chat.member.bot.added_v1": _read_bot_added,
    "im.message.reaction.created_v1": _read_reaction,
}
"""Every event type of schema 2.0 that is read, and how. bot/queue/intake.py says what is done about it."""
