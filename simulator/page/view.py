"""What the group chat page is told: chats, messages with their cards drawn, pushes and calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from markdown_it.common.utils import escapeHtml

from simulator.page.card_html import CardHTML
from simulator.page.markup_html import emoji
from simulator.page.said import LANGUAGES, said
from simulator.pushes.pushes import Push, Pushes
from simulator.tenant.state import ApiCall, Chat, ChatMessage, Tenant, User
from simulator.types import Json

_PLACEHOLDER = re.compile(r"@_user_\d+|@_all")
_LINK = re.compile(r"https?://[^\s<>\"'，。；）]+")
SHOWN_PUSHES = 60
SHOWN_CALLS = 80


class View:
    """Draws the tenant for one reader."""

    def __init__(self, tenant: Tenant, pushes: Pushes) -> None:
        self.tenant = tenant
        self.pushes = pushes
        self.cards = {language: CardHTML(self.name_of, language) for language in LANGUAGES}
        self.drawn: dict[tuple[str, str], tuple[tuple[str, bool], str]] = {}
        """(message id, language) -> (what its look depends on, its HTML): only what changed is drawn."""

    def name_of(self, open_id: str) -> str:
        """The name of a person or of the bot; the id of somebody unknown."""
        if open_id in (self.tenant.bot.open_id, self.tenant.app_id):
            return self.tenant.bot.name
        person = self.tenant.users.get(open_id)
        return person.name if person else open_id

    def state(self, user: str, chat_id: str, language: str = "zh") -> Json:
        """Everything the page shows to `user` in one chat; `language` is 'zh' or 'en'."""
        with self.tenant.lock:
            self.tenant.user(user)
            chats = [c for c in self.tenant.chats.values() if c.kind == "group" or user in c.members]
            messages = [m for m in self.tenant.messages.values() if m.chat_id == chat_id]
            return {
                "revision": self.tenant.revision,
                "bot": _person(self.tenant.bot),
                "users": [_person(one) for one in self.tenant.users.values()],
                "chats": [self._chat(one, user, language) for one in chats],
                "messages": [self._message(one, language) for one in messages],
                "toasts": [_toast(one, language) for one in self.tenant.toasts if one["user"] == user],
                "pushes": [push_line(push, self.name_of) for push in self.pushes.all[-SHOWN_PUSHES:]][::-1],
                "calls": [call_line(call) for call in list(self.tenant.calls)[-SHOWN_CALLS:]][::-1],
            }

    def _chat(self, chat: Chat, user: str, language: str) -> Json:
        of_chat = [m for m in self.tenant.messages.values() if m.chat_id == chat.chat_id]
        newest = of_chat[-1] if of_chat else None
        name = self.tenant.bot.name if chat.kind == "p2p" else chat.name
        return {
            "id": chat.chat_id,
            "name": name,
            "kind": chat.kind,
            "members": len(chat.members) + 1,
            "preview": self._preview(newest, language) if newest else "",
            "time": newest.create_time if newest else 0,
        }

    def _preview(self, message: ChatMessage, language: str) -> str:
        """The line under the chat's name; of a streaming card that it is being written."""
        name = self.name_of(message.sender_id)
        if message.recalled:
            return said("recalled", language, who=name)
        if message.card is None:
            return f"{name}: {self._plain(message, language)[:40]}"
        if message.card.streaming:
            return f"{name}: {said('generating_line', language)}"
        config, header = message.card.card.get("config") or {}, message.card.card.get("header") or {}
        summary = (config.get("summary") or {}).get("content") or (header.get("title") or {}).get("content")
        return f"{name}: {summary or said('card', language)}"

    def _message(self, message: ChatMessage, language: str) -> Json:
        streaming = bool(message.card and message.card.streaming)
        return {
            "id": message.message_id,
            "sender": message.sender_id,
            "name": self.name_of(message.sender_id),
            "bot": message.is_bot,
            "type": message.msg_type,
            "time": message.create_time,
            "root": message.root_id,
            "parent": message.parent_id,
            "thread": message.thread_id,
            "recalled": message.recalled,
            "recalled_by": self.name_of(message.recalled_by) if message.recalled else "",
            "edited": message.edits > 0,
            "streaming": streaming,
            "html": "" if message.recalled else self.html(message, language),
            "reactions": self._reactions(message),
        }

    def html(self, message: ChatMessage, language: str) -> str:
        """The message's content as HTML, for a reader of 'zh' or 'en'."""
        looks = (message.content, bool(message.card and message.card.streaming))
        known = self.drawn.get((message.message_id, language))
        if known is None or known[0] != looks:
            known = (looks, self._drawn(message, language))
            self.drawn[message.message_id, language] = known
        return known[1]

    def _drawn(self, message: ChatMessage, language: str) -> str:
        if message.card is not None:
            return self.cards[language].card(message.card.card, streaming=message.card.streaming)
        words = self._plain(message, language, keep=True)
        return f'<div class="bubble">{self._with_mentions(message, words, language)}</div>'

    def _plain(self, message: ChatMessage, language: str, *, keep: bool = False) -> str:
        """The words of a text or post; `keep` leaves placeholders of mentions in."""
        content = json.loads(message.content)
        if message.msg_type == "text":
            words = str(content.get("text", ""))
        elif message.msg_type == "post":
            words = post_words(content)
        else:
            words = f"[{message.msg_type}]"
        if keep:
            return words
        names = {mention["key"]: mention["name"] for mention in message.mentions}
        everyone = said("everyone", language)
        return _PLACEHOLDER.sub(lambda found: "@" + names.get(found.group(), everyone), words)

    def _with_mentions(self, message: ChatMessage, words: str, language: str) -> str:
        everyone = said("everyone", language)
        names = {mention["key"]: mention["name"] for mention in message.mentions}
        shown = _LINK.sub(
            lambda found: f'<a class="fs-link" href="{found.group()}" target="_blank">{found.group()}</a>',
            escapeHtml(words),
        )
        shown = _PLACEHOLDER.sub(
            lambda found: f'<span class="fs-at">@{escapeHtml(names.get(found.group(), everyone))}</span>',
            shown,
        )
        return shown.replace("\n", "<br>")

    def _reactions(self, message: ChatMessage) -> list[Json]:
        grouped: dict[str, list[str]] = {}
        for reaction in message.reactions:
            grouped.setdefault(reaction.emoji, []).append(self.name_of(reaction.operator_id))
        return [{"key": key, "look": emoji(key), "names": names} for key, names in grouped.items()]


def _toast(toast: Json, language: str) -> Json:
    """Feishu's own words on a press that went wrong are in the reader's language; those of the bot stay."""
    if not toast["code"]:
        return toast
    return {**toast, "text": said("press_failed", language, code=str(toast["code"]))}


def _person(user: User) -> Json:
    return {"id": user.open_id, "name": user.name, "color": user.color, "admin": user.admin}


def post_words(content: Json) -> str:
    """The words of a post, sent (with a locale) or received (without)."""
    body = content if "content" in content else next(iter(content.values()), {})
    rows = body.get("content", [])
    lines = ["".join(_node_words(node) for node in row) for row in rows]
    title = str(body.get("title") or "")
    return "\n".join(([title] if title else []) + lines)


def _node_words(node: Json) -> str:
    if node.get("tag") == "at":
        return str(node.get("user_id", ""))
    return str(node.get("text", ""))


def push_line(push: Push, name_of: Callable[[str], str]) -> Json:
    """A push for the panel, its raw payload included; the token is not shown."""
    sender, text = _said(push.payload.get("event", {}), name_of)
    payload: dict[str, Any] = {**push.payload, "header": {**push.payload.get("header", {}), "token": "***"}}
    return {
        "number": push.number,
        "type": push.event_type,
        "time": int(push.created * 1000),
        "sender": sender,
        "text": text,
        "state": push.state,
        "attempts": [asdict(attempt) for attempt in push.attempts],
        "payload": json.dumps(payload, ensure_ascii=False, indent=2),
    }


def _said(event: Json, name_of: Callable[[str], str]) -> tuple[str, str]:
    """Who an event is about and the first words of its message; empty where it has none."""
    people = [event.get(role) for role in ("sender", "operator", "user_id")]
    ids = [one.get("sender_id", one) for one in people if isinstance(one, dict)]
    open_id = next((str(one["open_id"]) for one in ids if isinstance(one, dict) and "open_id" in one), "")
    try:
        content = json.loads(event.get("message", {}).get("content", "{}"))
    except ValueError:
        content = {}
    words = str(content.get("text", content.get("title", ""))) if isinstance(content, dict) else ""
    for one in event.get("message", {}).get("mentions") or []:
        words = words.replace(str(one.get("key")), f"@{one.get('name')}")
    return (name_of(open_id) if open_id else "", words[:80])


def call_line(call: ApiCall) -> Json:
    """An API call for the panel."""
    return {
        "number": call.number,
        "operation": call.operation,
        "time": int(call.time * 1000),
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "code": call.code,
        "fault": call.fault,
        "request": call.request[:4000],
        "response": call.response[:4000],
    }
