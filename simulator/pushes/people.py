"""What people do in the local Feishu: speak, recall, react, press buttons.

Each act changes the chat as Feishu would and pushes the event that Feishu would push.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from simulator.api import scopes
from simulator.api.messages import p2p_chat_id
from simulator.pushes import payloads
from simulator.pushes.payloads import App
from simulator.pushes.pushes import Push, Pushes
from simulator.tenant.state import TENANT, Chat, ChatMessage, Reaction, Tenant, User, new_id
from simulator.types import Json


@dataclass
class Speech:
    """A message a person is about to send."""

    text: str
    mention_bot: bool = False
    mention_all: bool = False
    mentions: tuple[str, ...] = ()
    """open_ids of other people mentioned."""
    reply_to: str = ""
    in_thread: bool = False
    post: bool = False
    """Sent as a rich-text post instead of a text."""
    kind: str = ""
    """Another message type: file, image, audio, media, sticker, merge_forward, ..."""
    content: Json | None = None
    """The content of that type."""
    by_bot: bool = False
    """Sent by another bot of the group (sender_type "bot" of im-v1/message/events/receive)."""


class People:
    """The acts of everybody in the tenant."""

    def __init__(self, tenant: Tenant, app: App, pushes: Pushes) -> None:
        self.tenant = tenant
        self.app = app
        self.pushes = pushes

    def say(self, user: str, chat_id: str, speech: Speech) -> tuple[ChatMessage, Push | None]:
        """Puts a person's message into a chat and pushes it, if the bot is there to hear it."""
        tenant = self.tenant
        with tenant.lock:
            person = tenant.user(user)
            chat = self._chat(chat_id, user)
            if user not in chat.members:
                chat.members.append(user)
            text, mentions = self.with_placeholders(speech, chat)
            now = tenant.clock.milliseconds()
            message = ChatMessage(
                message_id=new_id("om_"),
                chat_id=chat.chat_id,
                sender_id=person.open_id,
                sender_type="bot" if speech.by_bot else "user",
                msg_type=speech.kind or ("post" if speech.post else "text"),
                content=json.dumps(_content(speech, text, mentions), ensure_ascii=False),
                create_time=now,
                update_time=now,
                mentions=mentions,
            )
            self._thread(message, chat, speech)
            tenant.add(message)
            mentioned = tenant.bot.open_id in {mention["id"] for mention in mentions}
            if not chat.bot_inside or not scopes.hears(tenant.scopes, kind=chat.kind, mentioned=mentioned):
                return message, None
            event = payloads.message_received(tenant, message, chat)
        return message, self._push("im.message.receive_v1", event)

    def with_placeholders(self, speech: Speech, chat: Chat) -> tuple[str, list[Json]]:
        """The text with @_user_n in place of names, and the mentions in their order."""
        tenant, text = self.tenant, speech.text
        wanted = [tenant.bot] if speech.mention_bot and chat.kind == "group" else []
        wanted += [tenant.user(open_id) for open_id in speech.mentions]
        mentions: list[Json] = []
        for number, person in enumerate(wanted, start=1):
            key = f"@_user_{number}"
            text = _placed(text, person, key, called_bot=person is tenant.bot)
            mentions.append(
                {
                    "key": key,
                    "id": person.open_id,
                    "id_type": "open_id",
                    "name": person.name,
                    "tenant_key": TENANT,
                }
            )
        if speech.mention_all:
            text = re.sub(r"@(所有人|everyone|all)(?![A-Za-z0-9_])", "@_all", text) if "@" in text else text
            text = text if "@_all" in text else f"@_all {text}"
        return text, mentions

    def recall(self, message_id: str, recall_type: str = "message_owner") -> Push | None:
        """Takes a message back; the bot learns of it."""
        with self.tenant.lock:
            message = self.tenant.messages[message_id]
            message.recalled, message.recalled_by = True, message.sender_id
            self.tenant.touch()
            event = payloads.message_recalled(self.tenant, message, recall_type)
        return self._push("im.message.recalled_v1", event)

    def react(self, user: str, message_id: str, emoji: str) -> Push | None:
        """Puts a person's reaction under a message, or takes it away when it is there."""
        with self.tenant.lock:
            message = self.tenant.messages[message_id]
            self.tenant.user(user)
            mine = [r for r in message.reactions if (r.emoji, r.operator_id) == (emoji, user)]
            if mine:
                message.reactions.remove(mine[0])
                reaction, kind = mine[0], "im.message.reaction.deleted_v1"
            else:
                now = self.tenant.clock.milliseconds()
                reaction, kind = (
                    Reaction(new_id("", 24), emoji, user, "user", now),
                    "im.message.reaction.created_v1",
                )
                message.reactions.append(reaction)
            self.tenant.touch()
            event = payloads.reaction_created(self.tenant, message, reaction)
        return self._push(kind, event)

    def add_bot(self, chat_id: str, user: str) -> Push | None:
        """Brings the bot into a group."""
        with self.tenant.lock:
            chat = self.tenant.chat(chat_id)
            chat.bot_inside = True
            self.tenant.touch()
            event = payloads.bot_added(self.tenant, chat, user)
        return self._push("im.chat.member.bot.added_v1", event)

    def remove_bot(self, chat_id: str, user: str) -> Push | None:
        """Takes the bot out of a group."""
        with self.tenant.lock:
            chat = self.tenant.chats[chat_id]
            chat.bot_inside = False
            self.tenant.touch()
            event = payloads.bot_added(self.tenant, chat, user)
        return self._push("im.chat.member.bot.deleted_v1", event)

    def _push(self, event_type: str, event: Json) -> Push:
        return self.pushes.send(payloads.envelope(self.app, self.tenant.clock, event_type, event))

    def _chat(self, chat_id: str, user: str) -> Chat:
        if chat_id in ("p2p", p2p_chat_id(user)):
            return self.tenant.chat(p2p_chat_id(user), self.tenant.user(user).name, "p2p")
        return self.tenant.chat(chat_id)

    def _thread(self, message: ChatMessage, chat: Chat, speech: Speech) -> None:
        parent = self.tenant.messages.get(speech.reply_to)
        if parent is None:
            if chat.message_type == "thread":
                message.thread_id = new_id("omt_", 12)
            return
        root = self.tenant.messages.get(parent.root_id) or parent
        message.root_id = root.message_id
        message.parent_id = parent.message_id
        if speech.in_thread or root.thread_id:
            root.thread_id = root.thread_id or new_id("omt_", 12)
            message.thread_id = root.thread_id
            message.parent_id = root.message_id


def _placed(text: str, person: User, key: str, *, called_bot: bool) -> str:
    """The text with the placeholder where the person is named, else in front."""
    for name in (f"@{person.name}", "@bot") if called_bot else (f"@{person.name}",):
        placed, count = re.subn(
            re.escape(name) + r"(?![A-Za-z0-9_])", key, text, count=1, flags=re.IGNORECASE
        )
        if count:
            return placed
    return f"{key} {text}"


def _content(speech: Speech, text: str, mentions: list[Json]) -> Json:
    if speech.kind:
        return speech.content or {}
    return _post(text, mentions) if speech.post else {"text": text}


def _post(text: str, mentions: list[Json]) -> Json:
    """A received post has no locale wrapper; mentions are `at` nodes that carry the placeholder."""
    names = {mention["key"]: mention["name"] for mention in mentions}
    rows = []
    for line in text.splitlines():
        pieces = re.split(r"(@_user_\d+|@_all)", line)
        rows.append([_node(piece, names) for piece in pieces if piece])
    return {"title": "", "content": rows}


def _node(piece: str, names: dict[str, str]) -> Json:
    if piece == "@_all" or piece in names:
        return {"tag": "at", "user_id": piece, "user_name": names.get(piece, "所有人"), "style": []}
    return {"tag": "text", "text": piece, "style": []}
