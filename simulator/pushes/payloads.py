"""The JSON of Feishu's events and callbacks, as its documents print it.

im-v1/message/events/receive.md and recalled.md, im-v1/message-reaction/event/created.md,
cardkit-v1/card-callback-communication.md, group/chat-member/event/added-events-1.md.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass

from simulator.tenant.clock import Clock
from simulator.tenant.state import TENANT, Chat, ChatMessage, Reaction, Tenant
from simulator.types import Json


@dataclass(frozen=True)
class App:
    """What Feishu knows of the app it pushes to."""

    app_id: str
    app_secret: str
    encrypt_key: str
    verification_token: str


def envelope(app: App, clock: Clock, event_type: str, event: Json, event_id: str = "") -> Json:
    """Schema 2.0; create_time in milliseconds, for card callbacks in microseconds."""
    milliseconds = clock.milliseconds()
    callback = event_type == "card.action.trigger"
    return {
        "schema": "2.0",
        "header": {
            "event_id": event_id or uuid.uuid4().hex,
            "event_type": event_type,
            "create_time": str(milliseconds * 1000 if callback else milliseconds),
            "token": app.verification_token,
            "app_id": app.app_id,
            "tenant_key": TENANT,
        },
        "event": event,
    }


def message_received(tenant: Tenant, message: ChatMessage, chat: Chat) -> Json:
    """The event body of im.message.receive_v1; absent ids are left out."""
    body: Json = {"message_id": message.message_id}
    for name in ("root_id", "parent_id"):
        if getattr(message, name):
            body[name] = getattr(message, name)
    body |= {
        "create_time": str(message.create_time),
        "update_time": str(message.update_time),
        "chat_id": message.chat_id,
    }
    if message.thread_id:
        body["thread_id"] = message.thread_id
    body |= {
        "chat_type": chat.kind,
        "message_type": message.msg_type,
        "content": message.content,
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Lark/7.30.5 LarkLocale/zh_CN",
    }
    mentions = [_event_mention(tenant, mention) for mention in message.mentions]
    if mentions:
        body["mentions"] = mentions
    sender_id = {"union_id": "on_" + message.sender_id.removeprefix("ou_"), "open_id": message.sender_id}
    sender_type = "user" if message.sender_type == "user" else message.sender_type
    return {
        "sender": {"sender_id": sender_id, "sender_type": sender_type, "tenant_key": TENANT},
        "message": body,
    }


def _event_mention(tenant: Tenant, mention: Json) -> Json:
    """REST gives a mention's id as a string, events as an object."""
    open_id = mention["id"]
    return {
        "key": mention["key"],
        "id": {"union_id": "on_" + open_id.removeprefix("ou_"), "open_id": open_id},
        "mentioned_type": "bot" if open_id == tenant.bot.open_id else "user",
        "name": mention["name"],
        "tenant_key": TENANT,
    }


def message_recalled(tenant: Tenant, message: ChatMessage, recall_type: str) -> Json:
    """The event body of im.message.recalled_v1."""
    return {
        "message_id": message.message_id,
        "chat_id": message.chat_id,
        "recall_time": str(tenant.clock.milliseconds()),
        "recall_type": recall_type,
    }


def reaction_created(tenant: Tenant, message: ChatMessage, reaction: Reaction) -> Json:
    """The event body of im.message.reaction.created_v1 and deleted_v1."""
    return {
        "message_id": message.message_id,
        "reaction_type": {"emoji_type": reaction.emoji},
        "operator_type": reaction.operator_type,
        "user_id": tenant.user(reaction.operator_id).ids(),
        "app_id": tenant.app_id,
        "action_time": str(reaction.time),
    }


def bot_added(tenant: Tenant, chat: Chat, operator_id: str) -> Json:
    """The event body of im.chat.member.bot.added_v1."""
    return {
        "chat_id": chat.chat_id,
        "operator_id": tenant.user(operator_id).ids(),
        "external": False,
        "operator_tenant_key": TENANT,
        "name": chat.name,
        "i18n_names": {"zh_cn": chat.name, "en_us": chat.name, "ja_jp": chat.name},
    }


def card_action(tenant: Tenant, message: ChatMessage, operator_id: str, action: Json) -> Json:
    """The event body of card.action.trigger."""
    return {
        "operator": {"tenant_key": TENANT, **tenant.user(operator_id).ids()},
        "token": "c-" + secrets.token_hex(20),
        "action": action,
        "host": "im_message",
        "context": {"open_message_id": message.message_id, "open_chat_id": message.chat_id},
    }
