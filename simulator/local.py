"""The local Feishu as tests and the demo use it: a context manager with a chat's verbs."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from simulator.api import scopes
from simulator.api.accounts import Accounts, accounts_blueprint
from simulator.api.auth import Tokens
from simulator.api.hook import Hooks, hook_blueprint
from simulator.api.messages import p2p_chat_id
from simulator.library.asking import OwnLimits
from simulator.library.routes import register
from simulator.library.shelves import Shelves
from simulator.page.api import page_blueprint, root_blueprint
from simulator.page.view import View
from simulator.pushes import payloads
from simulator.pushes.long_connection import LongConnections, long_connection_blueprint
from simulator.pushes.payloads import App
from simulator.pushes.people import People, Speech
from simulator.pushes.pressing import Pressed, Presser
from simulator.pushes.pushes import PATIENCE, Push, Pushes
from simulator.server import Feishu, Server, create_app
from simulator.tenant.clock import Clock
from simulator.tenant.faults import Faults
from simulator.tenant.limits import CallLimits
from simulator.tenant.state import ApiCall, ChatMessage, Tenant
from simulator.types import Json

Found = TypeVar("Found")
DEMO_CHAT = "oc_demo"
PROGRESS_ELEMENT = "progress"
"""Element id of the line that only a card still being written has (bot.cards.answer)."""
BOT_OPEN_ID = "ou_fennel_bot"
ADMIN = "ou_admin"
PEOPLE = {"ou_alice": "李晓雯", "ou_bob": "Bob Chen", "ou_admin": "王管理", "ou_expert": "张专家"}


class SentCard(dict[str, Any]):
    """A card's JSON as it stands now, with the message it is shown in."""

    def __init__(self, message: ChatMessage) -> None:
        super().__init__(copy.deepcopy(message.card.card) if message.card else {})
        self.message_id = message.message_id
        self.streaming = bool(message.card and message.card.streaming)


class LocalFeishu:
    """A Feishu of one tenant, one app and a few people, on 127.0.0.1.

    `push_to` is the bot's event address; empty, events are kept but go nowhere. `scale` shrinks Feishu's
    long delays (retries, token and card lifetimes). `limits=False` switches rate limits off. `hook_secret`
    signs the custom bot's webhook.
    """

    def __init__(
        self,
        push_to: str = "",
        *,
        port: int = 0,
        app_id: str = "cli_fennel_local",
        app_secret: str = "",
        encrypt_key: str = "",
        verification_token: str = "",
        scale: float = 1.0,
        limits: bool = True,
        seed: int = 0,
        hook_secret: str = "",
    ) -> None:
        self.app = App(
            app_id,
            app_secret or secrets.token_hex(16),
            encrypt_key,
            verification_token or secrets.token_hex(16),
        )
        self.clock = Clock(scale)
        self.tenant = Tenant(
            self.clock, bot_open_id=BOT_OPEN_ID, bot_name="茴香", app_id=app_id, scopes=scopes.DEFAULT
        )
        self.faults = Faults(seed=seed)
        self.tokens = Tokens(self.clock, app_id, self.app.app_secret)
        self.limits = CallLimits(enabled=limits)
        self.pushes = Pushes(self.app, self.clock, push_to, self._changed)
        self.people = People(self.tenant, self.app, self.pushes)
        self.presser = Presser(self.tenant, self.app, self.pushes)
        self.web = create_app(Feishu(self.tenant, self.tokens, self.limits, self.faults))
        self.shelves = Shelves(self.tenant, self.clock)
        register(self.web, self.shelves, OwnLimits(enabled=limits))
        self.view = View(self.tenant, self.pushes)
        self.web.register_blueprint(page_blueprint(self.view, self.people, self.presser, self.faults))
        self.web.register_blueprint(root_blueprint())
        self.hooks = Hooks(self.tenant, self.limits, DEMO_CHAT, hook_secret)
        self.web.register_blueprint(hook_blueprint(self.hooks))
        self.accounts = Accounts(self.tenant, self.clock, self.app.app_secret)
        self.web.register_blueprint(accounts_blueprint(self.accounts))
        self.connections = LongConnections(self.tokens)
        self.web.register_blueprint(long_connection_blueprint(self.connections))
        self.pushes.long_connection = self.connections.deliver
        self.server = Server(self.web, port)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self._populate()

    def _populate(self) -> None:
        for open_id, name in PEOPLE.items():
            self.tenant.user(open_id, name)
        self.tenant.users[ADMIN].admin = True
        chat = self.tenant.chat(DEMO_CHAT, "茴香技术问答群")
        chat.members = list(PEOPLE)
        for open_id in PEOPLE:
            self.tenant.chat(p2p_chat_id(open_id), "", "p2p").members = [open_id]

    def _changed(self) -> None:
        with self.tenant.lock:
            self.tenant.touch()

    def __enter__(self) -> LocalFeishu:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Serves from a thread."""
        self.server.start()

    def stop(self) -> None:
        """Stops serving and gives up pushes still waiting."""
        self.pushes.stop()
        self.connections.stop()
        self.server.stop()

    @property
    def push_to(self) -> str:
        """Where events go; may be changed while running."""
        return self.pushes.push_to

    @push_to.setter
    def push_to(self, address: str) -> None:
        self.pushes.push_to = address

    @property
    def bot_open_id(self) -> str:
        return self.tenant.bot.open_id

    def add_chat(
        self, chat_id: str, name: str = "", members: tuple[str, ...] = (), message_type: str = "chat"
    ) -> None:
        """Makes a group; `message_type` "thread" is a group where every message opens a topic."""
        with self.tenant.lock:
            chat = self.tenant.chat(chat_id, name)
            chat.members = list(members or PEOPLE)
            chat.message_type = message_type
            for open_id in chat.members:
                self.tenant.user(open_id)
            self.tenant.touch()

    def say(
        self,
        user: str = "ou_alice",
        text: str = "",
        *,
        mention_bot: bool = False,
        chat: str = DEMO_CHAT,
        reply_to: str = "",
        in_thread: bool = False,
        mentions: tuple[str, ...] = (),
        mention_all: bool = False,
        post: bool = False,
        by_bot: bool = False,
    ) -> str:
        """A person, or another bot, sends a message, which Feishu pushes; its message_id. `chat` may be
        "p2p"."""
        speech = Speech(text, mention_bot, mention_all, mentions, reply_to, in_thread, post, by_bot=by_bot)
        message, _ = self.people.say(user, chat, speech)
        return message.message_id

    def post_file(
        self, user: str, name: str, data: bytes, *, chat: str = "p2p", kind: str = "file", reply_to: str = ""
    ) -> str:
        """A person posts a file (or, with `kind`, a picture, audio, video); its message_id."""
        key = f"{'img' if kind == 'image' else 'file'}_v3_{secrets.token_hex(12)}"
        content: Json = {"image_key": key} if kind == "image" else {"file_key": key, "file_name": name}
        speech = Speech("", kind=kind, content=content, reply_to=reply_to, in_thread=bool(reply_to))
        with self.tenant.lock:
            self.tenant.files[key] = ("", data)
            message, _ = self.people.say(user, chat, speech)
            self.tenant.files[key] = (message.message_id, data)
        return message.message_id

    def forward(self, user: str, texts: tuple[str, ...], *, chat: str = "p2p") -> str:
        """A person forwards a merged chat of these texts; its message_id."""
        with self.tenant.lock:
            content: Json = {"content": "Merged and Forwarded Message"}
            message, _ = self.people.say(user, chat, Speech("", kind="merge_forward", content=content))
            now = self.clock.milliseconds()
            self.tenant.forwarded[message.message_id] = [
                ChatMessage(
                    message_id=f"om_{secrets.token_hex(16)}",
                    chat_id=message.chat_id,
                    sender_id="ou_bob",
                    sender_type="user",
                    msg_type="text",
                    content=json.dumps({"text": text}, ensure_ascii=False),
                    create_time=now,
                    update_time=now,
                )
                for text in texts
            ]
        return message.message_id

    def push(self, message_id: str, times: int = 1, *, new_event_id: bool = False) -> list[Push]:
        """Delivers a message's event again, as Feishu sometimes does; waits for each first attempt."""
        first = self.pushes.of(message_id)
        sent = []
        for _ in range(times):
            payload = copy.deepcopy(first.payload)
            if new_event_id:
                payload["header"]["event_id"] = secrets.token_hex(16)
            sent.append(self.pushes.send(payload))
        return [self.pushes.wait(push) for push in sent]

    def push_event(self, event_type: str, event: Json) -> Push:
        """Pushes any event body in a fresh envelope."""
        return self.pushes.send(payloads.envelope(self.app, self.clock, event_type, event))

    def wait_for_push(self, message_id: str, timeout: float = PATIENCE, attempts: int = 1) -> Push:
        """The push of a message once it was attempted. Raises TimeoutError."""
        return self.pushes.wait(self.pushes.of(message_id), timeout, attempts)

    def messages(self, chat: str = DEMO_CHAT) -> list[ChatMessage]:
        """A chat's messages, oldest first."""
        return self.tenant.in_chat(chat)

    def replies(self, message_id: str) -> list[ChatMessage]:
        """The bot's messages that answer a message, as they stand now, recalled ones left out."""
        with self.tenant.lock:
            return [copy.deepcopy(one) for one in self.tenant.replies_to(message_id)]

    def cards(self, message_id: str) -> list[SentCard]:
        """The cards that answer a message, as they stand now."""
        with self.tenant.lock:
            return [SentCard(message) for message in self.tenant.replies_to(message_id) if message.card]

    def wait_for_card(self, message_id: str, timeout: float = PATIENCE, final: bool = True) -> SentCard:
        """The first card answering a message; `final`: once its streaming is closed. Raises TimeoutError."""

        def ready() -> SentCard | None:
            cards = self.cards(message_id)
            if not cards or (final and is_open(cards[0])):
                return None
            return cards[0]

        return self._wait(ready, timeout, f"no {'final ' if final else ''}card answered {message_id}")

    def wait_for_replies(
        self, message_id: str, count: int = 1, timeout: float = PATIENCE
    ) -> list[ChatMessage]:
        """The bot's answers once there are `count`. Raises TimeoutError."""

        def ready() -> list[ChatMessage] | None:
            enough = len(self.tenant.replies_to(message_id)) >= count
            return self.replies(message_id) if enough else None

        return self._wait(ready, timeout, f"{message_id} has fewer than {count} replies")

    def _wait(self, ready: Callable[[], Found | None], timeout: float, problem: str) -> Found:
        with self.tenant.changed:
            found = self.tenant.changed.wait_for(ready, timeout)
            if found is None:
                raise TimeoutError(f"{problem} within {timeout} s")
            return found

    def click(
        self, card_message_id: str, button: str, user: str = "ou_alice", form: Json | None = None
    ) -> Pressed:
        """A person presses a button, named by element_id, name or label."""
        return self.presser.press(user, card_message_id, button, form)

    def recall(self, message_id: str, recall_type: str = "message_owner") -> Push | None:
        """A person takes a message back."""
        return self.people.recall(message_id, recall_type)

    def react(self, message_id: str, emoji: str = "THUMBSUP", user: str = "ou_alice") -> Push | None:
        """A person reacts to a message, or takes the reaction back."""
        return self.people.react(user, message_id, emoji)

    def reactions(self, message_id: str) -> list[str]:
        """The emoji types under a message."""
        with self.tenant.lock:
            return [reaction.emoji for reaction in self.tenant.messages[message_id].reactions]

    def calls(self, operation: str = "") -> list[ApiCall]:
        """The Open API calls so far; `operation` such as "messages.reply" or "elements"."""
        with self.tenant.lock:
            return [
                call
                for call in self.tenant.calls
                if not operation or operation in (call.operation, call.operation.split(".")[0])
            ]


def is_open(card: SentCard) -> bool:
    """Whether the card is still being written; between closing its stream and the last card it is, too."""
    if card.streaming or (card.get("config") or {}).get("streaming_mode") is True:
        return True
    elements = (card.get("body") or {}).get("elements") or []
    return any(element.get("element_id") == PROGRESS_ELEMENT for element in elements)
