"""The `content` of a message: a JSON string whose shape depends on msg_type.

Shapes: im-v1/message/message-content-description/create_json.md. A card's content is either the card's JSON
or {"type":"card","data":{"card_id":"..."}} for a card made with CardKit.
"""

from __future__ import annotations

import json
import re
from typing import Any

from simulator.api.replies import ApiError
from simulator.cards.validator import MAX_ELEMENTS, CardRejected, validate_card

MAX_TEXT_BYTES = 150 * 1024
MAX_POST_BYTES = 30 * 1024
POST_TAGS = {"text", "a", "at", "img", "media", "emotion", "hr", "code_block", "md"}
LOCALES = {"zh_cn", "en_us", "ja_jp", "zh_hk", "zh_tw"}
KEYED_TYPES = {"image": "image_key", "file": "file_key", "audio": "file_key", "sticker": "file_key"}
KEYED_TYPES |= {"media": "file_key", "share_chat": "chat_id", "share_user": "user_id"}
_AT = re.compile(r'<at (?:user_id|id)="?([^"<>]*+)"?[^<>]*+>((?:(?!<at )[\s\S])*?)</at>', re.DOTALL)


def invalid(what: str) -> ApiError:
    """Feishu's "invalid parameter", saying which."""
    return ApiError(230001, f"Your request contains an invalid request parameter, ext={what}.")


def too_long() -> ApiError:
    return ApiError(230025, "The length of the message content reaches its limit.")


def card_refused(rejected: CardRejected) -> ApiError:
    """A refused card as the message APIs report it: 230099 with the sub-code inside the text."""
    if rejected.code == 200860:
        return too_long()
    if rejected.code == 300305:
        rejected = CardRejected(11310, "element exceeds the limit", str(MAX_ELEMENTS))
    path = f"ErrPath: {rejected.path}; " if rejected.path else ""
    return ApiError(
        230099,
        f"Failed to create card content, ext=ErrCode: {rejected.code}; {path}"
        f"ErrMsg: {rejected.message}; ErrorValue: {rejected.value}; ",
    )


def read_content(msg_type: str, content: Any, people: frozenset[str] | None = None) -> dict[str, Any]:
    """The parsed content of a message to send; `people` are the open_ids that exist. Raises ApiError."""
    if not isinstance(content, str) or not content:
        raise invalid("content must be a JSON string")
    limit = MAX_TEXT_BYTES if msg_type == "text" else MAX_POST_BYTES
    if len(content.encode()) > limit:
        raise too_long()
    try:
        parsed = json.loads(content)
    except ValueError:
        raise invalid(f"content is not a string in json format, msg_type: {msg_type}") from None
    if not isinstance(parsed, dict):
        raise invalid("content must be a JSON object in a string")
    _check_shape(msg_type, parsed, people)
    return parsed


def _check_shape(msg_type: str, parsed: dict[str, Any], people: frozenset[str] | None) -> None:
    if msg_type == "text":
        if not isinstance(parsed.get("text"), str) or not parsed["text"].strip():
            raise invalid("text message content is empty")
    elif msg_type == "post":
        _check_post(parsed)
    elif msg_type == "interactive":
        if parsed.get("type") not in ("card", "template"):
            _check_card(parsed, people)
    elif msg_type in KEYED_TYPES:
        if not isinstance(parsed.get(KEYED_TYPES[msg_type]), str):
            raise invalid(f"{KEYED_TYPES[msg_type]} is missing")
    else:
        raise invalid(f"invalid msg_type {msg_type}")


def _check_card(card: dict[str, Any], people: frozenset[str] | None) -> None:
    try:
        validate_card(card, people)
    except CardRejected as rejected:
        raise card_refused(rejected) from rejected


def _check_post(post: dict[str, Any]) -> None:
    """A sent post is {"zh_cn": {"title", "content": [[...]]}}; the outer "post" belongs to webhooks."""
    if not post or not set(post) <= LOCALES:
        raise invalid(f"post content must be keyed by locale, not {sorted(post)}")
    for body in post.values():
        rows = body.get("content") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            raise invalid("post content must hold rows")
        for row in rows:
            _check_row(row)


def _check_row(row: Any) -> None:
    if not isinstance(row, list):
        raise invalid("each row of a post is a list")
    for node in row:
        if not isinstance(node, dict) or node.get("tag") not in POST_TAGS:
            raise invalid(f"unknown post tag in {str(node)[:80]}")


def with_placeholders(text: str) -> tuple[str, list[tuple[str, str, str]]]:
    """A sent text with @_user_n in place of its <at> tags, and (key, open_id, name) of each."""
    found: list[tuple[str, str, str]] = []

    def place(at: re.Match[str]) -> str:
        key = "@_all" if at.group(1) == "all" else f"@_user_{len(found) + 1}"
        if key != "@_all":
            found.append((key, at.group(1), at.group(2)))
        return key

    return _AT.sub(place, text), found
