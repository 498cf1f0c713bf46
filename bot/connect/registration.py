"""An app in Feishu, made or extended by one scan: lark-oapi's `register_app` with every end in plain words.

The SDK reads answers without a time limit and without looking at their shape (lark_oapi/scene/registration,
1.7.5), so it runs in a thread that is given up on, and whatever it raises ends in one sentence.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.errors import ConfigError
from bot.feishu.app_needs import CALLBACKS, EVENTS, LISTENING_SCOPE, SCOPES
from bot.feishu.sdk_parts import without_the_services

GRACE = 60.0
"""Seconds after the link's own end until a server that does not answer is given up on."""
ANSWER_TIMEOUT = 60.0
"""Seconds the accounts server may take to give a link, once the SDK is loaded: a slow disk is no network."""
_DOMAINS = {
    "https://open.feishu.cn": ("https://accounts.feishu.cn", "https://accounts.larksuite.com"),
    "https://open.larksuite.com": ("https://accounts.larksuite.com", "https://accounts.larksuite.com"),
}
LARK = "https://open.larksuite.com"


@dataclass(frozen=True)
class Link:
    """What a person opens or scans; good for `seconds`."""

    url: str
    seconds: int


@dataclass(frozen=True)
class Registered:
    """An app's keys. `domain` is the Open API it belongs to."""

    app_id: str
    app_secret: str
    domain: str


@dataclass(frozen=True)
class Wish:
    """What is asked for. `app_id` names an app that exists; `listening` adds the scope for all messages."""

    domain: str
    app_id: str = ""
    name: str = ""
    listening: bool = False

    def addons(self) -> dict[str, Any]:
        """Exactly what the bot uses, in the shape of register_app."""
        scopes = [*SCOPES, *([LISTENING_SCOPE] if self.listening else [])]
        return {
            "scopes": {"tenant": scopes},
            "events": {"items": {"tenant": list(EVENTS)}},
            "callbacks": {"items": list(CALLBACKS)},
        }


def register(wish: Wish, show: Callable[[Link], None], tell: Callable[[str], None]) -> Registered:
    """Runs the whole flow; returns when the person agreed.

    `show` gets the link once; `tell` gets 'polling', 'slow_down' and 'domain_switched' as they come.
    Raises ConfigError with the reason and what to do; KeyboardInterrupt passes through.
    """
    flow = _Flow(wish)
    threading.Thread(target=flow.run, name="register-app", daemon=True).start()
    try:
        return flow.follow(show, tell)
    finally:
        flow.cancelled.set()


class _Flow:
    """register_app in a thread that dies with the process; what it says comes through a queue."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.cancelled = threading.Event()
        self.loaded = threading.Event()
        self.said: queue.Queue[Link | str | dict[str, Any] | Exception] = queue.Queue()
        self.switched = False

    def run(self) -> None:
        """The thread: calls the SDK and hands on what it says and how it ends."""
        try:
            register_app = self._sdk()
            accounts, lark = self._accounts()
            result = register_app(
                lambda info: self.said.put(Link(str(info["url"]), int(info["expire_in"]))),
                lambda info: self.said.put(str(info["status"])),
                source="fennel",
                cancel_event=self.cancelled,
                domain=accounts,
                lark_domain=lark,
                app_preset={"name": self.wish.name} if self.wish.name else None,
                addons=self.wish.addons(),
                create_only=None if self.wish.app_id else True,
                app_id=self.wish.app_id or None,
            )
            self.said.put(dict(result))
        except Exception as error:  # whatever the SDK makes of a foreign answer becomes a sentence
            self.said.put(error)

    def _sdk(self) -> Any:
        try:
            with without_the_services():
                from lark_oapi.scene.registration import register_app
        finally:
            self.loaded.set()
        return register_app

    def follow(self, show: Callable[[Link], None], tell: Callable[[str], None]) -> Registered:
        """Hands on what is said until the end. Raises ConfigError."""
        self.loaded.wait()
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while True:
            try:
                said = self.said.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise ConfigError(f"{self._host()} does not answer; is the network there? {_PROXY}") from None
            if isinstance(said, Link):
                deadline = time.monotonic() + said.seconds + GRACE
                show(said)
            elif isinstance(said, str):
                self.switched = self.switched or said == "domain_switched"
                tell(said)
            elif isinstance(said, Exception):
                raise ConfigError(self._explained(said)) from said
            else:
                return self._registered(said)

    def _registered(self, result: dict[str, Any]) -> Registered:
        user = result.get("user_info")
        lark = self.switched or (isinstance(user, dict) and user.get("tenant_brand") == "lark")
        domain = LARK if lark and self.wish.domain in _DOMAINS else self.wish.domain
        return Registered(str(result["client_id"]), str(result["client_secret"]), domain)

    def _accounts(self) -> tuple[str, str]:
        """The accounts server of the domain, and Lark's; a local Feishu is its own."""
        return _DOMAINS.get(self.wish.domain, (self.wish.domain, self.wish.domain))

    def _host(self) -> str:
        return urlsplit(self._accounts()[0]).netloc

    def _explained(self, error: Exception) -> str:
        kind, host = type(error).__name__, self._host()
        if kind == "AppExpiredError":
            return "nobody used the link in time; run `python -m bot connect` for a new one"
        if kind == "AppAccessDeniedError":
            return "the request was refused in Feishu; run `python -m bot connect` again to ask anew"
        if kind == "RegisterAppError":
            return f"{host} refuses: {error}; {_BY_HAND}"
        if isinstance(error, OSError) and not isinstance(
            error, ValueError
        ):  # requests' own; their text holds addresses
            return f"{host} cannot be reached ({kind}). {_PROXY}"
        return f"{host} answers in a form that this program does not know ({kind}); {_BY_HAND}"


_PROXY = "Behind a proxy set HTTPS_PROXY."
_BY_HAND = "docs/en/feishu-app.md says how to make the app by hand"
