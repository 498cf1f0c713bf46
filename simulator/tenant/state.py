"""What the local Feishu remembers: people, chats, messages, cards, pushes and calls.

One lock guards everything; `changed` wakes whoever waits for something to happen (tests, the page).
"""

from __future__ import annotations

import copy
import secrets
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field

from simulator.tenant.clock import Clock
from simulator.types import Json

TENANT = "2ed263bf32cf1651"
BOT_COLOR = "#245bdb"
COLORS = ("#7f3bf5", "#007a52", "#b34700", "#c0352d", "#0669ad", "#b3529e")


def new_id(prefix: str, digits: int = 32) -> str:
    """An id as Feishu makes them: `om_` + 32 hexadecimal digits, and so on."""
    return prefix + secrets.token_hex(digits // 2)


@dataclass
class User:
    """A person of the tenant, or the bot itself."""

    open_id: str
    name: str
    color: str = COLORS[0]
    admin: bool = False

    @property
    def union_id(self) -> str:
        return "on_" + self.open_id.removeprefix("ou_")

    def ids(self) -> Json:
        """The id object of events; user_id is absent, as it is without the employee-id scope."""
        return {"union_id": self.union_id, "open_id": self.open_id}


@dataclass
class Chat:
    """A group, or the p2p chat of one person with the bot."""

    chat_id: str
    name: str
    kind: str = "group"
    """'group' or 'p2p'."""
    members: list[str] = field(default_factory=list)
    message_type: str = "chat"
    """'thread' where every message opens a topic."""
    bot_inside: bool = True
    dissolved: bool = False
    threads_allowed: bool = True


@dataclass
class Reaction:
    reaction_id: str
    emoji: str
    operator_id: str
    operator_type: str
    time: int


@dataclass
class Card:
    """A card entity: what CardKit's calls work on, and what an interactive message shows."""

    card: Json
    created: float
    card_id: str = ""
    """Empty until CardKit made it or id_convert gave it one."""
    message_id: str = ""
    sequence: int = 0
    streaming_since: float | None = None
    """When streaming was last opened; None when it is closed."""
    timed_out: bool = False
    interacting: bool = False
    """A callback of this card is being answered (code 200810 for updates meanwhile)."""
    uuids: set[str] = field(default_factory=set)
    writes: list[tuple[float, str, str]] = field(default_factory=list)
    """(unix seconds, element_id, text) of each streamed update, for tests of pace and prefix."""

    @property
    def streaming(self) -> bool:
        return self.streaming_since is not None


@dataclass
class ChatMessage:
    """One message of a chat, of a person or of the bot."""

    message_id: str
    chat_id: str
    sender_id: str
    sender_type: str
    """'user' or 'app'."""
    msg_type: str
    content: str
    """The JSON string of the API; for cards the card as last sent or updated."""
    create_time: int
    update_time: int
    root_id: str = ""
    parent_id: str = ""
    thread_id: str = ""
    mentions: list[Json] = field(default_factory=list)
    """As REST answers carry them: id is a string."""
    recalled: bool = False
    recalled_by: str = ""
    edits: int = 0
    reactions: list[Reaction] = field(default_factory=list)
    card: Card | None = None

    @property
    def is_bot(self) -> bool:
        return self.sender_type == "app"


@dataclass
class ApiCall:
    """One call of the Open API, kept for the page's panel and for tests."""

    number: int
    time: float
    operation: str
    method: str
    path: str
    request: str
    status: int
    response: str
    code: int
    fault: str = ""


class Tenant:
    """All of it, with the lock that guards it."""

    def __init__(
        self, clock: Clock, *, bot_open_id: str, bot_name: str, app_id: str, scopes: tuple[str, ...] = ()
    ) -> None:
        self.clock = clock
        self.app_id = app_id
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.revision = 0
        self.bot = User(bot_open_id, bot_name, BOT_COLOR)
        self.users: dict[str, User] = {}
        self.chats: dict[str, Chat] = {}
        self.messages: dict[str, ChatMessage] = {}
        self.answers: dict[str, list[ChatMessage]] = defaultdict(list)
        """message id -> the bot's messages that answer it."""
        self.cards: dict[str, Card] = {}
        self.calls: deque[ApiCall] = deque(maxlen=2000)
        self.toasts: deque[Json] = deque(maxlen=200)
        self.files: dict[str, tuple[str, bytes]] = {}
        """file_key or image_key -> (message id, bytes): what people posted."""
        self.forwarded: dict[str, list[ChatMessage]] = {}
        """Forwarded chat's message id -> the messages inside."""
        self.sent: dict[str, tuple[float, str]] = {}
        """uuid of a send -> (when, message id)."""
        self.scopes = list(scopes)
        """What the app may do, for application/v6/scopes."""

    def touch(self) -> None:
        """Says that something changed; the caller holds the lock."""
        self.revision += 1
        self.changed.notify_all()

    def user(self, open_id: str, name: str = "") -> User:
        """The person with this id, made on first use."""
        with self.lock:
            if open_id == self.bot.open_id:
                return self.bot
            if open_id not in self.users:
                color = COLORS[len(self.users) % len(COLORS)]
                self.users[open_id] = User(open_id, name or open_id.removeprefix("ou_"), color)
            return self.users[open_id]

    def people(self) -> frozenset[str]:
        """The open_ids of everybody, the bot included."""
        with self.lock:
            return frozenset(self.users) | {self.bot.open_id}

    def chat(self, chat_id: str, name: str = "", kind: str = "group") -> Chat:
        """The chat with this id, made on first use."""
        with self.lock:
            if chat_id not in self.chats:
                self.chats[chat_id] = Chat(chat_id, name or chat_id, kind)
            return self.chats[chat_id]

    def add(self, message: ChatMessage) -> ChatMessage:
        """Puts a message into its chat."""
        with self.lock:
            self.messages[message.message_id] = message
            if message.is_bot:
                for answered in {message.root_id, message.parent_id} - {""}:
                    self.answers[answered].append(message)
            if message.card is not None:
                message.card.message_id = message.message_id
            self.touch()
            return message

    def in_chat(self, chat_id: str) -> list[ChatMessage]:
        """Copies of a chat's messages, oldest first."""
        with self.lock:
            return [copy.deepcopy(m) for m in self.messages.values() if m.chat_id == chat_id]

    def replies_to(self, message_id: str) -> list[ChatMessage]:
        """The bot's messages that answer a message, oldest first, recalled ones left out.

        They are the live ones: copy what is kept.
        """
        with self.lock:
            return [one for one in self.answers.get(message_id, ()) if not one.recalled]
