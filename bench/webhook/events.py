"""Signed and encrypted pushes as Feishu sends them, ready to be written to a socket."""

from __future__ import annotations

import json
import time

from bot.signature import NONCE, SIGNATURE, TIMESTAMP, encrypt, signature

ENCRYPT_KEY, TOKEN, BOT = "bench encrypt key", "bench verification token", "ou_bench_bot"
PEER_LIST = "peer-messages"
"""The Redis list the peer pushes to."""
CHATS, USERS = 200, 500
_FILL = "How do I quantise the KV cache to int8, and what does it cost in accuracy? " * 6


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


def request_bytes(payload: object, path: str, port: int, *, nonce: str = "nonce") -> bytes:
    """The whole HTTP request of a push of `payload`, signed now."""
    body = json.dumps({"encrypt": encrypt(json.dumps(payload).encode(), ENCRYPT_KEY)}).encode()
    stamp = str(int(time.time()))
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json;charset=utf-8\r\n"
        f"{TIMESTAMP}: {stamp}\r\n{NONCE}: {nonce}\r\n"
        f"{SIGNATURE}: {signature(stamp, nonce, ENCRYPT_KEY, body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def questions(count: int, path: str, port: int, run: str) -> list[bytes]:
    """`count` distinct requests; about 2 KB of body each."""
    return [request_bytes(question(number, run), path, port) for number in range(count)]
