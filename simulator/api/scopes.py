"""What an app may do: which scope each operation and each event needs, any one of those listed.

From the "权限要求" row of each API's page and im-v1/message/events/receive.md.
"""

from __future__ import annotations

from simulator.api.replies import ApiError
from simulator.cards.words import names

DEFAULT = (
    "im:message.group_at_msg:readonly",
    "im:message.group_msg",
    "im:message.p2p_msg:readonly",
    "im:message:send_as_bot",
    "im:message:recall",
    "im:message:readonly",
    "im:message.reactions:write_only",
    "im:chat:readonly",
    "cardkit:card:write",
    "wiki:wiki:readonly",
    "docx:document:readonly",
    "drive:drive:readonly",
    "sheets:spreadsheet:readonly",
    "bitable:app:readonly",
)
_SEND = names("im:message im:message:send_as_bot im:message:send")
_UPDATE = names("im:message im:message:send_as_bot im:message:update")
_REACT = names("im:message im:message.reactions:write_only")
_CHAT = names("im:chat im:chat:readonly im:chat:read")
_CARD = names("cardkit:card:write")
_DOCX = names("docx:document docx:document:readonly")
_SHEET = names("drive:drive drive:drive:readonly sheets:spreadsheet sheets:spreadsheet:readonly")
NEEDED = {
    "messages.create": _SEND,
    "messages.reply": _SEND,
    "messages.patch": _UPDATE,
    "messages.edit": _UPDATE,
    "messages.delete": names("im:message im:message:recall im:message:send_as_bot"),
    "messages.get": names("im:message im:message:readonly"),
    "messages.resource": names("im:message im:message:readonly im:message.history:readonly"),
    "messages.list": names("im:message im:message:readonly im:message.history:readonly"),
    "reactions.create": _REACT,
    "reactions.delete": _REACT,
    "reactions.list": names("im:message im:message:readonly im:message.reactions:read"),
    "chats.list": _CHAT,
    "chats.get": _CHAT,
    "chats.members": _CHAT | names("im:chat.members:read im:chat.group_info:readonly"),
    "wiki.get_node": names("wiki:node:read wiki:wiki wiki:wiki:readonly"),
    "wiki.nodes": names("wiki:node:retrieve wiki:wiki wiki:wiki:readonly"),
    "docx.get": _DOCX,
    "docx.blocks": _DOCX,
    "docx.children": _DOCX,
    "docx.raw_content": _DOCX,
    "drive.list": names("drive:drive drive:drive:readonly space:document:retrieve"),
    "drive.download": names("drive:drive drive:drive:readonly drive:file drive:file:download"),
    "sheets.query": _SHEET,
    "sheets.values": _SHEET,
    "bitable.tables": names("base:table:read bitable:app bitable:app:readonly"),
    "bitable.records": names("base:record:retrieve bitable:app bitable:app:readonly"),
}
P2P = names("im:message.p2p_msg im:message.p2p_msg:readonly")
MENTIONED = names("im:message.group_at_msg im:message.group_at_msg:readonly")
EVERY_MESSAGE = names("im:message.group_msg")
KNOWN = frozenset().union(DEFAULT, _CARD, P2P, MENTIONED, EVERY_MESSAGE, *NEEDED.values())
"""Every scope of the APIs and events that are served here."""


def needed(operation: str) -> frozenset[str]:
    """The scopes one of which an operation needs; none for an operation open to every app."""
    return _CARD if operation.split(".")[0] in ("cards", "elements") else NEEDED.get(operation, frozenset())


def check(operation: str, granted: list[str]) -> None:
    """Raises ApiError 99991672 where none of an operation's scopes was granted."""
    wanted = needed(operation)
    if wanted and not wanted & set(granted):
        listed = ", ".join(sorted(wanted))
        raise ApiError(99991672, f"Access denied. One of the following scopes is required: [{listed}].")


def hears(granted: list[str], *, kind: str, mentioned: bool) -> bool:
    """Whether the app is told of a message in a chat of this kind ('p2p' or 'group')."""
    have = set(granted)
    if kind == "p2p":
        return bool(P2P & have)
    return bool(EVERY_MESSAGE & have) or (mentioned and bool(MENTIONED & have))
