"""Feishu's event JSON -> plain dataclasses.

Everything behind the webhook works on these, never on Feishu's nesting. Reading is strict where a field
becomes a key or an id (bot/events/fields.py) and lenient where Feishu adds fields.
Shapes: Feishu, "Receive message" (im.message.receive_v1), "Message recalled", "Card callback
communication" (card.action.trigger); `create_time` of messages is in milliseconds, as a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.errors import MalformedEvent
from bot.events.fields import id_in, list_in, object_in, text_in, time_in

_PLACEHOLDER = re.compile(r"@_user_\d+|@_all")
MENTION_ALL = "@_all"
"""Placeholder of @all in a text; it need not appear among the mentions."""


@dataclass(frozen=True)
class Mention:
    """One @somebody in a message; `key` is its placeholder in the text, such as '@_user_1'."""

    key: str
    open_id: str
    name: str


@dataclass(frozen=True)
class Message:
    """One message somebody sent where the bot can read it (im.message.receive_v1)."""

    message_id: str
    chat_id: str
    chat_type: str
    """'p2p' or 'group'; anything Feishu may add counts as a group."""
    thread_id: str
    root_id: str
    parent_id: str
    sender_id: str
    """open_id of the sender; empty where Feishu gives none (some bots)."""
    sender_type: str
    """'user', 'bot' or 'app'."""
    message_type: str
    text: str
    """Plain text with the placeholders of mentions still in it; empty for types without text."""
    mentions: tuple[Mention, ...]
    mention_all: bool
    create_time: int
    """Unix time in milliseconds; 0 when unknown."""
    event_id: str

    @property
    def thread_key(self) -> str:
        """What messages are kept in order by: the p2p chat, else the thread's first message.

        Inside a thread root_id is the first message, so a question and the follow-ups to it share its id
        even though the thread (and its thread_id) only came to be with the bot's reply.
        """
        return self.chat_id if self.chat_type == "p2p" else self.root_id or self.message_id

    def mentions_open_id(self, open_id: str) -> bool:
        """Whether this person or bot is mentioned by id (names can be forged)."""
        return any(mention.open_id == open_id for mention in self.mentions)

    def text_without(self, open_id: str) -> str:
        """The text with the mentions of `open_id` and @all stripped, other placeholders made @name."""
        names = {m.key: "" if m.open_id == open_id else f"@{m.name}" for m in self.mentions}
        names.setdefault(MENTION_ALL, "")
        text = _PLACEHOLDER.sub(lambda found: names.get(found.group(), found.group()), self.text)
        return text.strip()

    def to_json(self) -> dict[str, Any]:
        """A small JSON dict: the argument of a job."""
        return {**vars(self), "mentions": [vars(mention) for mention in self.mentions]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Message:
        """The inverse of `to_json`. Raises TypeError or KeyError on anything else."""
        mentions = tuple(Mention(**mention) for mention in data["mentions"])
        return cls(**{**data, "mentions": mentions})


@dataclass(frozen=True)
class CardAction:
    """Somebody pressed a button or submitted a form on a card (card.action.trigger)."""

    event_id: str
    operator_id: str
    message_id: str
    """The card's message (open_message_id)."""
    chat_id: str
    token: str
    """For a delayed update of the card: 30 minutes, two uses."""
    value: dict[str, Any]
    """The button's value; not to be trusted before bot.cards.presses has proven it."""
    form: dict[str, Any]
    name: str
    tag: str

    def to_json(self) -> dict[str, Any]:
        """A small JSON dict: the argument of a job."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CardAction:
        """The inverse of `to_json`. Raises TypeError on anything else."""
        return cls(**data)


@dataclass(frozen=True)
class Recall:
    """A message was taken back (im.message.recalled_v1)."""

    message_id: str
    chat_id: str
    recall_type: str
    """message_owner, group_owner, group_manager or enterprise_manager."""

    def to_json(self) -> dict[str, Any]:
        """A small JSON dict: the argument of a job."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recall:
        """The inverse of `to_json`. Raises TypeError on anything else."""
        return cls(**data)


@dataclass(frozen=True)
class BotAdded:
    """The bot was put into a group (im.chat.member.bot.added_v1)."""

    event_id: str
    chat_id: str
    operator_id: str


@dataclass(frozen=True)
class Reaction:
    """An emoji was added to a message (im.message.reaction.created_v1)."""

    event_id: str
    message_id: str
    operator_id: str
    """Empty when an app reacted."""
    emoji: str


@dataclass(frozen=True)
class Challenge:
    """Feishu checks that the request URL is ours (url_verification)."""

    challenge: str


@dataclass(frozen=True)
class Unknown:
    """An event nobody asked for; answered 200 and counted, so that Feishu does not push it again."""

    event_type: str
    event_id: str


Event = Message | CardAction | Recall | BotAdded | Reaction | Challenge | Unknown


def read_event(payload: dict[str, Any]) -> Event:
    """The event in a proven, decrypted push. Raises MalformedEvent when it is not what Feishu documents."""
    if payload.get("type") == "url_verification":
        return Challenge(text_in(payload, "challenge", required=True))
    if "header" not in payload:
        event_type = text_in(object_in(payload, "event", {}), "type")
        return Unknown(event_type or text_in(payload, "type"), text_in(payload, "uuid"))
    header = object_in(payload, "header")
    event_type = text_in(header, "event_type", required=True)
    reader = _READERS.get(event_type)
    if reader is None:
        return Unknown(event_type, text_in(header, "event_id"))
    return reader(id_in(header, "event_id"), object_in(payload, "event"))


def _read_message(event_id: str, event: dict[str, Any]) -> Message:
    message, sender = object_in(event, "message"), object_in(event, "sender")
    mentions = tuple(_read_mention(item) for item in list_in(message, "mentions"))
    kind = text_in(message, "message_type")
    text = _read_content(kind, text_in(message, "content"))
    return Message(
        message_id=id_in(message, "message_id", required=True),
        chat_id=id_in(message, "chat_id", required=True),
        chat_type="p2p" if message.get("chat_type") == "p2p" else "group",
        thread_id=id_in(message, "thread_id"),
        root_id=id_in(message, "root_id"),
        parent_id=id_in(message, "parent_id"),
        sender_id=id_in(object_in(sender, "sender_id", {}), "open_id"),
        sender_type=text_in(sender, "sender_type"),
        message_type=kind,
        text=text,
        mentions=mentions,
        mention_all=MENTION_ALL in _PLACEHOLDER.findall(text) or any(m.key == MENTION_ALL for m in mentions),
        create_time=time_in(message, "create_time"),
        event_id=event_id,
    )


def _read_mention(item: Any) -> Mention:
    if not isinstance(item, dict):
        raise MalformedEvent("a mention is not an object")
    return Mention(text_in(item, "key"), id_in(object_in(item, "id", {}), "open_id"), text_in(item, "name"))


def _read_content(kind: str, content: str) -> str:
    """The words of a message; its content is JSON inside a string, one shape for each type."""
    if kind not in ("text", "post") or not content:
        return ""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("message.content is not JSON") from error
    if not isinstance(data, dict):
        raise MalformedEvent("message.content is not an object")
    return text_in(data, "text") if kind == "text" else _read_post(data)


def _read_post(data: dict[str, Any]) -> str:
    lines = [text_in(data, "title")]
    for paragraph in list_in(data, "content"):
        if not isinstance(paragraph, list):
            raise MalformedEvent("a paragraph of a post is not a list")
        lines.append("".join(_read_span(span) for span in paragraph))
    return "\n".join(lines).strip("\n")


def _read_span(span: Any) -> str:
    if not isinstance(span, dict):
        raise MalformedEvent("a span of a post is not an object")
    tag = span.get("tag")
    if tag == "at":
        who = text_in(span, "user_id")
        return MENTION_ALL if who == "all" else who
    if tag == "code_block":
        return f"\n```{text_in(span, 'language').lower()}\n{text_in(span, 'text')}\n```\n"
    if tag == "a":
        words, address = text_in(span, "text"), text_in(span, "href")
        return words if not address or address == words else f"{words} ({address})"
    return text_in(span, "text") if tag in ("text", "md") else ""


def _read_action(event_id: str, event: dict[str, Any]) -> CardAction:
    action, context = object_in(event, "action"), object_in(event, "context", {})
    value, form = action.get("value"), action.get("form_value")
    return CardAction(
        event_id=event_id,
        operator_id=id_in(object_in(event, "operator"), "open_id", required=True),
        message_id=id_in(context, "open_message_id"),
        chat_id=id_in(context, "open_chat_id"),
        token=text_in(event, "token"),
        value=value if isinstance(value, dict) else {},
        form=form if isinstance(form, dict) else {},
        name=text_in(action, "name"),
        tag=text_in(action, "tag"),
    )


def _read_recall(event_id: str, event: dict[str, Any]) -> Recall:
    return Recall(
        id_in(event, "message_id", required=True), id_in(event, "chat_id"), text_in(event, "recall_type")
    )


def _read_bot_added(event_id: str, event: dict[str, Any]) -> BotAdded:
    operator = id_in(object_in(event, "operator_id", {}), "open_id")
    return BotAdded(event_id, id_in(event, "chat_id", required=True), operator)


def _read_reaction(event_id: str, event: dict[str, Any]) -> Reaction:
    operator = id_in(object_in(event, "user_id", {}), "open_id")
    emoji = text_in(object_in(event, "reaction_type", {}), "emoji_type")
    return Reaction(event_id, id_in(event, "message_id", required=True), operator, emoji)


_READERS: dict[str, Callable[[str, dict[str, Any]], Event]] = {
    "im.message.receive_v1": _read_message,
    "card.action.trigger": _read_action,
    "im.message.recalled_v1": _read_recall,
    "im.chat.member.bot.added_v1": _read_bot_added,
    "im.message.reaction.created_v1": _read_reaction,
}
