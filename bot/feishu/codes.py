"""What to do about each code in a Feishu response body.

Feishu says what went wrong in the body's `code`, not in the HTTP status: rate limits come as 400 or 429, an
expired token as 200 or 400. So everything outbound asks this table, by code first and by status where no code
could be read. Only a code that is named here as final ends a call for good: HTTP 5xx is a fault of Feishu's
whatever its body says, and of a code that nobody knows it is not known that it will last.

Sources: the error tables of im-v1/message (send, reply, patch, delete), cardkit-v1, wiki-v2, docx-v1,
drive-v1, sheets and bitable-v1, the IM FAQ's map of rate codes, the API call guide on 99991400, and public
reports of clients that met the cardkit codes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, auto


class Remedy(StrEnum):
    """What a caller does about a refusal."""

    RETRY = auto()
    """The same call may succeed later."""
    RATE = auto()
    """The same call succeeds once the limit allows it."""
    TOKEN = auto()
    """The tenant token is not accepted: fetch another and call once more."""
    DONE = auto()
    """An earlier attempt of this very call already took effect."""
    CONTENT = auto()
    """This content is never accepted; plainer content may be."""
    THREADLESS = auto()
    """The reply must not ask for a thread."""
    GONE = auto()
    """The message was recalled or deleted: there is nothing left to answer or to change."""
    EXPIRED = auto()
    """The card entity or its message is too old to change: only a new card helps."""
    SEQUENCE = auto()
    """Another operation on this card used this sequence or a later one."""
    CLOSED = auto()
    """The card is not in streaming mode any more."""
    NEVER = auto()
    """The call can never succeed: the bot is not in the group, the group is gone, the person has left."""
    SETUP = auto()
    """The call succeeds once an operator has put the app right: its secret, scopes, quota, address."""
    UNKNOWN = auto()
    """A refusal nobody knows: something plainer may be taken, or the same later."""


@dataclass(frozen=True)
class Code:
    """One line of the table."""

    remedy: Remedy
    meaning: str
    """For the log and the trace: what it means and, where an operator can act, what to do."""


def _table() -> dict[int, Code]:
    table: dict[int, Code] = {}
    for remedy, meanings in _MEANINGS.items():
        for code, meaning in meanings.items():
            if code in table:
                raise ValueError(f"code {code} is listed twice")
            table[code] = Code(remedy, meaning)
    return table


_MEANINGS: dict[Remedy, dict[int, str]] = {
    Remedy.TOKEN: {
        99991661: "no tenant token was sent",
        99991663: "the tenant token is not valid any more",
        99991664: "the app token is not valid any more",
        99991665: "the tenant code is not valid any more",
        99991668: "the access token is not valid",
        99991671: "the tenant token is malformed",
    },
    Remedy.RATE: {
        99991400: "too many calls of this interface",
        230020: "more than 5 messages a second in this group",
        1254290: "too many calls of this base",
        11232: "the platform limits messages at the moment",
        11233: "the group's message limit is reached",
        11247: "the day's limit of batch messages is reached",
    },
    Remedy.RETRY: {
        230049: "the same message is being sent at this moment",
        18121: "the same request is being processed at this moment",
        200810: "somebody is using the card at this moment",
        300120: "the card service failed internally",
        2200: "Feishu failed internally",
        1500: "Feishu failed internally",
        1663: "Feishu failed internally",
        10101: "Feishu failed internally",
        131001: "the wiki failed internally",
        1254036: "the base is being copied at this moment",
        1254607: "the base is not ready yet",
        1061001: "the drive failed internally",
        1061045: "the drive is busy with another call",
    },
    Remedy.DONE: {200770: "this operation was carried out before"},
    Remedy.CONTENT: {
        99992402: "a field of the request is not valid",
        10002: "a parameter of the card is not valid",
        230001: "a parameter of the message is not valid",
        230022: "the content holds information Feishu counts as sensitive",
        230025: "the content is longer than 30 KB",
        230028: "the organisation's data loss prevention refused the content",
        230054: "this message type does not support the operation",
        230072: "the message is part of an aggregated message",
        230099: "the card's content was refused",
        11310: "the card has too many elements or tables",
        100290: "a mention in the card names nobody",
        200220: "the card's content could not be made",
        200380: "the card template does not exist",
        200381: "the card template is not visible to the app",
        200530: "a component of a form has no name of its own",
        200550: "a chart of the card is not valid",
        200570: "an image of the card has no image key",
        200621: "the card's JSON has a property or value Feishu does not know",
        200860: "the card is larger than 30 KB",
        200861: "the card holds a tag that JSON 2.0 does not support",
        200914: "a table of the card is not valid",
        200915: "a table of the card is not valid",
        300301: "an element id of the card is not unique",
        300305: "the card has more than 200 elements",
        300313: "the card has no element of this id",
    },
    Remedy.THREADLESS: {
        230019: "the topic does not exist any more",
        230071: "this group does not support replies in a thread",
    },
    Remedy.GONE: {
        230011: "the message was recalled",
        230110: "the message was deleted",
        231003: "the message does not exist any more",
    },
    Remedy.EXPIRED: {
        230031: "the message is older than the 14 days it can be changed in",
        200740: "the card entity does not exist",
        200750: "the card entity has expired",
        300311: "the card may not be changed by this app",
    },
    Remedy.SEQUENCE: {300317: "the sequence is not greater than the last one"},
    Remedy.CLOSED: {
        200510: "streaming ended ten minutes after it was opened",
        200850: "streaming ended ten minutes after it was opened",
        300309: "the card is not in streaming mode",
    },
    Remedy.NEVER: {
        234001: "the request for a file is malformed",
        234003: "the file is not in that message",
        234004: "the bot is not in the chat of that file",
        234009: "files of external groups cannot be read",
        234037: "the file is larger than 100 MB",
        234038: "the chat does not let its files be downloaded",
        234040: "the message is not visible to the bot",
        234043: "files of cards and forwarded chats cannot be read",
        230002: "the bot is not in this group",
        230013: "the person is outside the app's availability",
        230017: "the bot is not the owner of this resource",
        230018: "the group's settings do not let the bot speak",
        230029: "the person has left the organisation",
        230034: "the receiver's id is not valid",
        230035: "the bot is muted in this group",
        230038: "messages across organisations are not allowed",
        230050: "the message is not visible to the bot",
        230053: "the person has blocked the bot",
        230111: "the message cannot be acted on by this app",
        231001: "Feishu does not know this emoji",
        232009: "the group was dissolved",
        131002: "the wiki does not take this parameter",
        131004: "the wiki does not know this app",
        131005: "the wiki has no such page or space; check the link",
        131006: "no permission; add the app as a member of the wiki space, or share the page with it",
        131007: "the wiki failed on this page",
        1770001: "this is no document's token; check the link",
        1770002: "there is no such document",
        1770003: "the document was deleted",
        1770004: "the document has too many blocks",
        1770020: "the document is being copied",
        1770021: "this revision of the document is too old",
        1770022: "the page token of a document is not valid",
        1770032: "no permission; share the document with the app: ... > More > Add document app",
        1770033: "the document's plain text is too large",
        1061002: "the drive does not take this parameter",
        1061003: "there is no such folder; check the link",
        1061004: "no permission; share the folder with a group that the app's bot is in",
        1061007: "the folder was deleted",
        1064001: "the drive does not take this page size",
        1310213: "no permission; share the sheet with the app",
        1310214: "there is no such sheet",
        1310215: "the sheet has no such tab",
        1310249: "the sheet was deleted",
        1310251: "the sheet does not take this parameter",
        1254003: "this is no base's token",
        1254004: "this is no table of the base",
        1254030: "the base's answer is too large",
        1254040: "there is no such base",
        1254041: "the base has no such table",
        1254302: "no permission; make the app an administrator of the base",
    },
    Remedy.SETUP: {
        10003: "the app id or secret is missing or malformed; check feishu.app_id and feishu.app_secret",
        10014: "the app secret is wrong; check feishu.app_secret",
        99991401: "this machine's address is not in the app's IP allow list",
        99991403: "the organisation's monthly quota of API calls is used up",
        99991662: "the app is disabled",
        99991672: "the app lacks a permission scope; add it in the developer console and publish a version",
        99991673: "the app is not available to this organisation",
        99991679: "a person has not authorised the app",
        230006: "the app's bot ability is not switched on",
        230027: "the app lacks a permission for this",
    },
}

CODES = _table()
_INNER_CODE = re.compile(r"ErrCode:\s*(\d{1,9})")
_ELEMENT_CODES = range(300301, 300318)
_LOCKED = "card action is lock"


def inner_code(message: str) -> int:
    """The `ErrCode` inside a 230099 message, 0 where there is none.

    One reads "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit; ...".
    """
    found = _INNER_CODE.search(message)
    return int(found.group(1)) if found else 0


def look_up(code: int, message: str = "", status: int = 200) -> Code:
    """What `code`, which came with an HTTP `status`, asks for."""
    if status >= 500:
        return Code(Remedy.RETRY, f"Feishu failed with HTTP {status}")
    if _LOCKED in message.lower():
        return Code(Remedy.RETRY, "somebody is using the card at this moment")
    known = CODES.get(code)
    if known is None and code in _ELEMENT_CODES:
        known = Code(Remedy.CONTENT, "an element of the card was refused")
    if known is None:
        unknown = Code(Remedy.UNKNOWN, "Feishu gives a code that is not in its documents")
        return look_up_status(status, unknown)
    inner = inner_code(message)
    if known.remedy is Remedy.CONTENT and inner:
        detail = CODES.get(inner)
        return Code(Remedy.CONTENT, detail.meaning if detail else f"{known.meaning} (ErrCode {inner})")
    return known


def look_up_status(status: int, otherwise: Code | None = None) -> Code:
    """What an answer asks for by its HTTP status alone; `otherwise` where that says nothing."""
    if status == 429:
        return Code(Remedy.RATE, "too many calls, by HTTP status")
    if status >= 500 or status == 408:
        return Code(Remedy.RETRY, f"Feishu or a gateway before it answered HTTP {status} without a code")
    return otherwise or Code(Remedy.UNKNOWN, f"HTTP {status} without a readable code")
