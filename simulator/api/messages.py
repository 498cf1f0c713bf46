"""im/v1/messages: create, reply, get, list, patch (cards), put (texts), delete."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from simulator.api.content import invalid, read_content
from simulator.api.replies import ApiError, success
from simulator.api.sending import CARD_DAYS, Sender, describe
from simulator.tenant.clock import DAY
from simulator.tenant.state import Chat, ChatMessage, Tenant
from simulator.types import Json

MAX_EDITS = 20


def json_body() -> Json:
    """The request's JSON object. Raises ApiError 230001 / 9499-like refusals as Feishu does."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise invalid("request body is not valid JSON")
    return body


def existing(tenant: Tenant, message_id: str) -> ChatMessage:
    """The message with this id. Raises ApiError 230001 when there is none, 230011 when it was recalled."""
    message = tenant.messages.get(message_id)
    if message is None:
        raise invalid(f"invalid message_id {message_id}")
    if message.recalled:
        raise ApiError(230011, "The message is recalled.")
    return message


def messages_blueprint(tenant: Tenant, sender: Sender) -> Blueprint:
    """The routes of im/v1/messages."""
    messages = Blueprint("messages", __name__, url_prefix="/open-apis/im/v1/messages")

    @messages.post("", endpoint="create")
    def create() -> Response:
        body = json_body()
        chat = _receiver(tenant, request.args.get("receive_id_type", ""), str(body.get("receive_id") or ""))
        return success(describe(sender.send(chat, body)))

    @messages.post("/<message_id>/reply", endpoint="reply")
    def reply(message_id: str) -> Response:
        body = json_body()
        with tenant.lock:
            parent = existing(tenant, message_id)
            chat = tenant.chats[parent.chat_id]
            in_thread = body.get("reply_in_thread") is True
            return success(describe(sender.send(chat, body, parent=parent, in_thread=in_thread)))

    @messages.get("/<message_id>", endpoint="get")
    def get(message_id: str) -> Response:
        with tenant.lock:
            message = tenant.messages.get(message_id)
            if message is None:
                raise invalid(f"invalid message_id {message_id}")
            return success({"items": [describe(message), *_inside(tenant, message_id)]})

    @messages.get("", endpoint="list")
    def list_messages() -> Response:
        with tenant.lock:
            return success(_page(_container(tenant), request.args))

    @messages.patch("/<message_id>", endpoint="patch")
    def patch(message_id: str) -> Response:
        body = json_body()
        with tenant.lock:
            patch_card(tenant, sender, existing(tenant, message_id), body.get("content"))
        return success()

    @messages.put("/<message_id>", endpoint="edit")
    def edit(message_id: str) -> Response:
        body = json_body()
        with tenant.lock:
            message = existing(tenant, message_id)
            _edit(tenant, message, body)
            return success(describe(message))

    @messages.delete("/<message_id>", endpoint="delete")
    def delete(message_id: str) -> Response:
        with tenant.lock:
            message = existing(tenant, message_id)
            if not message.is_bot:
                raise ApiError(230026, "No permission to recall this message.")
            message.recalled, message.recalled_by = True, tenant.bot.open_id
            tenant.touch()
        return success()

    messages.get("/<message_id>/resources/<file_key>", endpoint="resource")(_resource_route(tenant))
    return messages


def _resource_route(tenant: Tenant) -> Callable[[str, str], Response]:
    def resource(message_id: str, file_key: str) -> Response:
        with tenant.lock:
            data = _resource(tenant, message_id, file_key, request.args.get("type", ""))
        return Response(data, content_type="application/octet-stream")

    return resource


def _inside(tenant: Tenant, message_id: str) -> list[Json]:
    """get-message.md: the messages of a forwarded chat follow it, each with upper_message_id."""
    return [{**describe(one), "upper_message_id": message_id} for one in tenant.forwarded.get(message_id, ())]


def _resource(tenant: Tenant, message_id: str, file_key: str, kind: str) -> bytes:
    """im-v1/message/get-message-resource.md: a file of this very message, by the type of its key."""
    message = tenant.messages.get(message_id)
    if message is None or kind not in ("image", "file"):
        raise ApiError(234001, "Invalid request param.")
    if message.recalled:
        raise ApiError(230110, "Action unavailable as the message has been deleted.")
    if not tenant.chats[message.chat_id].bot_inside:
        raise ApiError(234004, "App not in chat.")
    if message.msg_type in ("merge_forward", "interactive", "sticker"):
        raise ApiError(234043, "Unsupported message type.")
    owner, data = tenant.files.get(file_key, ("", b""))
    if owner != message_id or file_key.startswith("img_") is not (kind == "image"):
        raise ApiError(234003, "File not in message.")
    return data


def _receiver(tenant: Tenant, id_type: str, receive_id: str) -> Chat:
    if id_type not in ("open_id", "union_id", "user_id", "email", "chat_id"):
        raise ApiError(
            99992402, "field validation failed: receive_id_type is required, options: open_id, chat_id"
        )
    with tenant.lock:
        if id_type == "chat_id" and receive_id in tenant.chats:
            return tenant.chats[receive_id]
        if id_type == "open_id" and receive_id in tenant.users:
            chat = tenant.chat(p2p_chat_id(receive_id), tenant.users[receive_id].name, "p2p")
            chat.members = [receive_id]
            return chat
    raise ApiError(230034, f"The receive_id is invalid. ext=invalid receive_id {receive_id}")


def p2p_chat_id(open_id: str) -> str:
    """The id of a person's chat with the bot."""
    return "oc_p2p_" + open_id.removeprefix("ou_")


def patch_card(tenant: Tenant, sender: Sender, message: ChatMessage, content: Any) -> None:
    """message-card/patch.md: own cards of the last 14 days, 5 updates a second each, shared cards only."""
    clock, limits = tenant.clock, sender.limits
    if message.msg_type != "interactive" or message.card is None:
        raise ApiError(230054, "This operation is not supported for this message type.")
    if not message.is_bot:
        raise ApiError(230027, "Lack of necessary permissions.")
    if clock.now() * 1000 - message.create_time > clock.lasting(CARD_DAYS * DAY) * 1000:
        raise ApiError(230031, "Message can only be modified within 14 days after sending.")
    parsed = read_content("interactive", content, tenant.people())
    if parsed.get("type") in ("card", "template"):
        raise invalid("a card entity cannot be patched into a message")
    if limits.exceeded(limits.patch, message.message_id):
        raise ApiError(230020, "This operation triggers the frequency limit.")
    streaming = (parsed.get("config") or {}).get("streaming_mode") is True
    message.card.card = parsed
    message.card.streaming_since = clock.now() if streaming else None
    message.content = json.dumps(parsed, ensure_ascii=False)
    message.update_time = clock.milliseconds()
    tenant.touch()


def _edit(tenant: Tenant, message: ChatMessage, body: Json) -> None:
    if not message.is_bot:
        raise ApiError(230071, "The operator is not the sender of the message.")
    if message.msg_type not in ("text", "post") or body.get("msg_type") != message.msg_type:
        raise ApiError(230054, "This operation is not supported for this message type.")
    if message.edits >= MAX_EDITS:
        raise ApiError(230072, "The message has reached the number of times it can be edited.")
    parsed = read_content(message.msg_type, body.get("content"))
    message.edits += 1
    message.content = json.dumps(parsed, ensure_ascii=False)
    message.update_time = tenant.clock.milliseconds()
    tenant.touch()


def _container(tenant: Tenant) -> list[ChatMessage]:
    kind = request.args.get("container_id_type", "")
    container = request.args.get("container_id", "")
    everything = tenant.messages.values()
    if kind == "thread":
        return [m for m in everything if m.thread_id == container]
    if kind != "chat" or container not in tenant.chats:
        raise invalid("container_id")
    return [m for m in everything if m.chat_id == container and not (m.thread_id and m.root_id)]


def _page(found: list[ChatMessage], arguments: Any) -> Json:
    size = arguments.get("page_size", 20, type=int)
    if not 1 <= size <= 50:
        raise ApiError(99992402, "field validation failed: page_size must be between 1 and 50")
    start = arguments.get("start_time", 0, type=int) * 1000
    end = arguments.get("end_time", 0, type=int) * 1000
    kept = [m for m in found if m.create_time >= start and (not end or m.create_time <= end)]
    kept.sort(key=lambda m: m.create_time, reverse=arguments.get("sort_type") == "ByCreateTimeDesc")
    first = arguments.get("page_token", 0, type=int)
    more = first + size < len(kept)
    return {
        "has_more": more,
        "page_token": str(first + size) if more else "",
        "items": [describe(message) for message in kept[first : first + size]],
    }
