"""Putting a message of the bot into a chat, under Feishu's rules.

im-v1/message/create.md and reply.md: the chat must exist and hold the bot, 5 messages a second into one
group, one message per uuid and hour, a card entity sent once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from simulator.api.content import card_refused, invalid, read_content, with_placeholders
from simulator.api.replies import ApiError
from simulator.cards.validator import CardRejected
from simulator.tenant.clock import DAY
from simulator.tenant.limits import CallLimits
from simulator.tenant.state import TENANT, Card, Chat, ChatMessage, Tenant, new_id
from simulator.types import Json

UUID_HOURS = 1
CARD_DAYS = 14


@dataclass
class Sender:
    """Sends for the one app of the tenant."""

    tenant: Tenant
    limits: CallLimits

    def send(
        self,
        chat: Chat,
        body: Json,
        *,
        parent: ChatMessage | None = None,
        in_thread: bool = False,
    ) -> ChatMessage:
        """The new message, or the one that the same uuid sent before. Raises ApiError."""
        uuid = self._uuid(body)
        with self.tenant.lock:
            if earlier := self._sent_before(uuid):
                return earlier
            self._may_write(chat)
            msg_type = str(body.get("msg_type") or "")
            parsed = read_content(msg_type, body.get("content"), self.tenant.people())
            card = self._card(parsed) if msg_type == "interactive" else None
            if self.limits.exceeded(self.limits.group, chat.chat_id):
                raise ApiError(230020, "This operation triggers the frequency limit.")
            message = self._message(chat, msg_type, parsed, card)
            self._thread(message, chat, parent, in_thread)
            if uuid:
                self.tenant.sent[uuid] = (self.tenant.clock.now(), message.message_id)
            return self.tenant.add(message)

    def _uuid(self, body: Json) -> str:
        uuid = body.get("uuid") or ""
        if not isinstance(uuid, str) or len(uuid) > 50:
            raise invalid("uuid must be a string of at most 50 characters")
        return uuid

    def _sent_before(self, uuid: str) -> ChatMessage | None:
        if not uuid or uuid not in self.tenant.sent:
            return None
        sent_at, message_id = self.tenant.sent[uuid]
        if self.tenant.clock.now() - sent_at > self.tenant.clock.lasting(UUID_HOURS * 3600):
            return None
        return self.tenant.messages[message_id]

    def _may_write(self, chat: Chat) -> None:
        if chat.dissolved:
            raise ApiError(232009, "Your request specifies a chat which has already been dissolved.")
        if not chat.bot_inside:
            raise ApiError(230002, "The bot can not be outside the group.")

    def _card(self, parsed: Json) -> Card:
        if parsed.get("type") == "template":
            raise card_refused(
                CardRejected(
                    200380,
                    "template does not exist, please confirm whether this template has been released",
                    f"templateID: {(parsed.get('data') or {}).get('template_id')}",
                )
            )
        now = self.tenant.clock.now()
        if parsed.get("type") != "card":
            streaming = (parsed.get("config") or {}).get("streaming_mode") is True
            return Card(parsed, now, streaming_since=now if streaming else None)
        card_id = str((parsed.get("data") or {}).get("card_id", ""))
        card = self.tenant.cards.get(card_id)
        if card is None:
            raise card_refused(CardRejected(200740, "The card entity does not exist", f"cardID: {card_id}"))
        if now - card.created > self.tenant.clock.lasting(CARD_DAYS * DAY):
            raise card_refused(CardRejected(200750, "The card entity has expired", f"cardID: {card_id}"))
        if card.message_id:
            raise card_refused(
                CardRejected(11310, "card entity has already been sent once", f"cardID: {card_id}")
            )
        return card

    def _message(self, chat: Chat, msg_type: str, parsed: Json, card: Card | None) -> ChatMessage:
        now = self.tenant.clock.milliseconds()
        mentions: list[Json] = []
        if msg_type == "text":
            parsed, mentions = self._with_placeholders(parsed)
        return ChatMessage(
            message_id=new_id("om_"),
            chat_id=chat.chat_id,
            sender_id=self.tenant.app_id,
            sender_type="app",
            msg_type=msg_type,
            content=json.dumps(parsed, ensure_ascii=False),
            create_time=now,
            update_time=now,
            mentions=mentions,
            card=card,
        )

    def _with_placeholders(self, parsed: Json) -> tuple[Json, list[Json]]:
        """Replaces <at> tags by @_user_n, as Feishu stores them."""
        text, found = with_placeholders(str(parsed["text"]))
        mentions: list[Json] = []
        for key, open_id, name in found:
            person = self.tenant.users.get(open_id)
            mentions.append(
                {
                    "key": key,
                    "id": open_id,
                    "id_type": "open_id",
                    "name": person.name if person else name,
                    "tenant_key": TENANT,
                }
            )
        return {**parsed, "text": text}, mentions

    def _thread(self, message: ChatMessage, chat: Chat, parent: ChatMessage | None, in_thread: bool) -> None:
        """thread-introduction.md: a reply in a thread makes or joins a topic and points at its root."""
        if parent is None:
            if chat.message_type == "thread":
                message.thread_id = new_id("omt_", 12)
            return
        root = self.tenant.messages.get(parent.root_id) or parent
        if not (parent.thread_id or in_thread):
            message.root_id, message.parent_id = root.message_id, parent.message_id
            return
        if not parent.thread_id and not chat.threads_allowed:
            raise ApiError(230071, "The group to which the message belongs does not support reply in thread.")
        root = root if root.thread_id or parent.thread_id else parent
        root.thread_id = root.thread_id or parent.thread_id or new_id("omt_", 12)
        message.thread_id = root.thread_id
        message.root_id = message.parent_id = root.message_id


def describe(message: ChatMessage) -> dict[str, Any]:
    """A message as REST answers give it (get-message.md); absent ids are left out, as Feishu does."""
    described: dict[str, Any] = {"message_id": message.message_id}
    for name in ("root_id", "parent_id", "thread_id"):
        if getattr(message, name):
            described[name] = getattr(message, name)
    id_type = "app_id" if message.is_bot else "open_id"
    described |= {
        "msg_type": message.msg_type,
        "create_time": str(message.create_time),
        "update_time": str(message.update_time),
        "deleted": message.recalled,
        "updated": message.update_time > message.create_time,
        "chat_id": message.chat_id,
        "sender": {
            "id": message.sender_id,
            "id_type": id_type,
            "sender_type": "app" if message.sender_type == "bot" else message.sender_type,
            "tenant_key": TENANT,
        },
        "body": {"content": "This message was recalled" if message.recalled else message.content},
    }
    if message.mentions:
        described["mentions"] = message.mentions
    return described
