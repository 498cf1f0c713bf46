"""What comes from Feishu, as plain dataclasses: everything behind the webhook works on these.

How Feishu nests them is known to bot/events/reader.py alone.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from bot.events.content import MENTION_ALL, Attachment
from bot.stored import known, new_field, without_unset

PLACEHOLDER = re.compile(r"@_user_\d+|@_all")
"""What stands in a text for a mention."""


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
    attachments: tuple[Attachment, ...] = new_field(())
    """What hangs on it beside its words: pictures, files, a forwarded chat."""
    meant: str = new_field("")
    """Why it is for the bot though it does not name it (bot.talk.said.FOLLOWS), as it was when it was taken:
    what was said before it may be taken back or forgotten until its turn comes."""

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
        """The text with the mentions of `open_id` and @all stripped, other placeholders made @name.

        Only the message's own keys are placeholders, the longest first: "@_user_13090" may be @_user_1 and
        "3090", for nothing need stand between a mention and the next word.
        """
        names = {m.key: "" if m.open_id == open_id else f"@{m.name}" for m in self.mentions if m.key}
        names.setdefault(MENTION_ALL, "")
        return _with_names(self.text, names).strip()

    def to_json(self) -> dict[str, Any]:
        """A small JSON dict: the argument of a job."""
        whole = {
            **vars(self),
            "mentions": [vars(mention) for mention in self.mentions],
            "attachments": [vars(attachment) for attachment in self.attachments] or (),
        }
        return without_unset(self, whole)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Message:
        """The inverse of `to_json`; unknown fields are left out. Raises TypeError or KeyError."""
        mentions = tuple(Mention(**known(Mention, mention)) for mention in data["mentions"])
        attachments = tuple(Attachment(**known(Attachment, one)) for one in data.get("attachments") or ())
        return cls(**{**known(cls, data), "mentions": mentions, "attachments": attachments})


def _with_names(text: str, names: dict[str, str]) -> str:
    """The text with each placeholder as its name, looked up by its length: one expression of ten thousand
    placeholders would try them all at each."""
    lengths = sorted({len(key) for key in names}, reverse=True)
    written: list[str] = []
    end = 0
    for found in re.finditer("|".join({re.escape(key[0]) for key in names}), text):
        start = found.start()
        keys = (text[start : start + length] for length in lengths) if start >= end else ()
        if key := next((one for one in keys if one in names), ""):
            written += text[end:start], names[key]
            end = start + len(key)
    return "".join([*written, text[end:]])


@dataclass(frozen=True)
class CardPress:
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
        return without_unset(self, asdict(self))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CardPress:
        """The inverse of `to_json`; unknown fields are left out. Raises TypeError."""
        return cls(**known(cls, data))


@dataclass(frozen=True)
class Recall:
    """A message was taken back (im.message.recalled_v1)."""

    message_id: str
    chat_id: str
    recall_type: str
    """message_owner, group_owner, group_manager or enterprise_manager."""

    def to_json(self) -> dict[str, Any]:
        """A small JSON dict: the argument of a job."""
        return without_unset(self, asdict(self))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recall:
        """The inverse of `to_json`; unknown fields are left out. Raises TypeError."""
        return cls(**known(cls, data))


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


Event = Message | CardPress | Recall | BotAdded | Reaction | Challenge | Unknown
