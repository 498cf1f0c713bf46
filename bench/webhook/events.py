"""Signed and encrypted pushes as Feishu sends them, ready to be written to a socket."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

from bot.web.signature import NONCE, SIGNATURE, TIMESTAMP, encrypt, signature

ENCRYPT_KEY, TOKEN, BOT = "bench encrypt key", "bench verification token", "ou_bench_bot"
PEER_LIST = "peer-messages"
"""The Redis list the peer pushes to."""
CHATS, USERS = 200, 500
_FILL = "How do I quantise the KV cache to int8, and what does it cost in accuracy? " * 6


_PERSON = {"open_id": "ou_1", "user_id": "e33ggbyz", "union_id": "on_1"}
OTHER_EVENTS: dict[str, dict[str, Any]] = {
    "card.action.trigger": {
        "operator": {"tenant_key": "t", **_PERSON},
        "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d",
        "action": {"value": {}, "tag": "button", "form_value": {"reason": "x"}, "name": "Button_1"},
        "host": "im_message",
        "context": {"open_message_id": "om_card", "open_chat_id": "oc_1"},
    },
    "im.message.recalled_v1": {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "recall_time": "1615380573411",
        "recall_type": "message_owner",
    },
    "im.chat.member.bot.added_v1": {
        "chat_id": "oc_1",
        "operator_id": _PERSON,
        "external": False,
        "name": "g",
    },
    "im.message.reaction.created_v1": {
        "message_id": "om_1",
        "reaction_type": {"emoji_type": "SMILE"},
        "operator_type": "user",
        "user_id": _PERSON,
        "action_time": "1627641418803",
    },
    "application.bot.menu_v6": {
        "operator": {"operator_id": _PERSON},
        "event_key": "k",
        "timestamp": 1669364458,
    },
}
"""What events other than messages hold, as Feishu documents them."""


def other_event(event_type: str, number: int, run: str) -> dict[str, Any]:
    """One such event in its envelope."""
    header = {"event_id": f"{run}{number}", "event_type": event_type, "token": TOKEN, "app_id": "cli_1"}
    return {"schema": "2.0", "header": header, "event": copy.deepcopy(OTHER_EVENTS[event_type])}


def question(number: int, run: str) -> dict[str, object]:
    """One distinct question that mentions the bot, in Feishu's documented shape."""
    sender = f"{number % USERS:032x}"
    message = {
        "message_id": f"om_{run}{number:024d}",
        "create_time": str(int(time.time() * 1000)),
        "update_time": str(int(time.time() * 1000)),
        "chat_id": f"oc_{number % CHATS:032x}",
        "chat_type": "group",
        "message_type": "text",
        "content": json.dumps({"text": f"@_user_1 {_FILL}"}),
        "mentions": [
            {
                "key": "@_user_1",
                "id": {"union_id": f"on_{0:030x}", "user_id": "e33ggbyz", "open_id": BOT},
                "name": "Fennel",
                "tenant_key": "736588c9260f175e",
            }
        ],
        "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 13_2_1) Lark/6.7.5 LarkLocale/en_US",
    }
    ids = {"union_id": f"on_{sender}", "user_id": "e33ggbyz", "open_id": f"ou_{sender}"}
    return {
        "schema": "2.0",
        "header": {
            "event_id": f"{number:032x}",
            "event_type": "im.message.receive_v1",
            "create_time": str(int(time.time() * 1000)),
            "token": TOKEN,
            "app_id": "cli_9f5343c580712544",
            "tenant_key": "2ca1d211f64f6438",
        },
        "event": {"sender": {"sender_id": ids, "sender_type": "user"}, "message": message},
    }


def request_bytes(payload: object, path: str, port: int, *, key: str = ENCRYPT_KEY) -> bytes:
    """The whole HTTP request of a push of `payload`, signed now."""
    body = json.dumps({"encrypt": encrypt(json.dumps(payload).encode(), key)}).encode()
    stamp, nonce = str(int(time.time())), "nonce"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json;charset=utf-8\r\n"
        f"{TIMESTAMP}: {stamp}\r\n{NONCE}: {nonce}\r\n"
        f"{SIGNATURE}: {signature(stamp, nonce, key, body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def questions(count: int, path: str, port: int, run: str) -> list[bytes]:
    """`count` distinct requests; about 2 KB of body each."""
    return [request_bytes(question(number, run), path, port) for number in range(count)]
