"""The accounts server's app registration: an app made by one scan (RFC 8628 device authorisation).

The program asks `init`, then `begin`, shows the link of the answer and asks `poll` until the person behind
it has agreed or refused. What is asked for travels in the link as gzipped, base64url-coded JSON. Shapes as
lark-oapi 1.7.5 reads them (lark_oapi/scene/registration); states and errors as RFC 8628, 3.5 has them.
"""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, request

from simulator.api import scopes as api_scopes
from simulator.api.replies import as_json
from simulator.tenant.clock import Clock
from simulator.tenant.state import Tenant
from simulator.types import Json

PATH = "/oauth/v1/app/registration"
LIFETIME = 600.0
"""Seconds a link is good for."""
INTERVAL = 5
"""Seconds that must pass between two polls; one that comes sooner is told to slow down."""
EVENTS = frozenset(
    {
        *("im.message.receive_v1", "im.message.recalled_v1", "im.message.message_read_v1"),
        *("im.message.reaction.created_v1", "im.message.reaction.deleted_v1"),
        *("im.chat.member.bot.added_v1", "im.chat.member.bot.deleted_v1", "im.chat.disbanded_v1"),
        *("im.chat.access_event.bot_p2p_chat_entered_v1", "im.chat.updated_v1"),
    }
)
CALLBACKS = frozenset({"card.action.trigger", "url.preview.get", "profile.view.get"})


@dataclass
class Registration:
    """One link: what became of it, and what was asked for through it."""

    device_code: str
    expires: float
    state: str = "pending"
    """pending, approved, denied or lark."""
    polled: float = 0.0
    interval: float = INTERVAL
    asked: Json = field(default_factory=dict)
    """The decoded addons, app_id and name of the link that was opened."""


class Accounts:
    """Registrations of one tenant. `interval` is what it asks programs to wait between polls, in seconds."""

    def __init__(self, tenant: Tenant, clock: Clock, app_secret: str, *, interval: int = INTERVAL) -> None:
        self.tenant = tenant
        self.clock = clock
        self.app_secret = app_secret
        self.interval = interval
        self.brand = "feishu"
        self.lock = threading.Condition()
        self.registrations: list[Registration] = []

    def begin(self) -> Registration:
        """A new link."""
        with self.lock:
            made = Registration(
                secrets.token_urlsafe(32),
                self.clock.now() + self.clock.lasting(LIFETIME),
                interval=self.interval,
            )
            self.registrations.append(made)
            self.lock.notify_all()
            return made

    def scan(self, url: str, *, agree: bool = True) -> Registration:
        """A person opens the link and agrees or refuses. Raises ValueError for a link that shows nothing."""
        query = parse_qs(urlsplit(url).query)
        asked = self._read(query)
        with self.lock:
            code = query.get("user_code", [""])[0]
            found = next((one for one in self.registrations if one.device_code.startswith(code)), None)
            if not code or found is None or found.expires < self.clock.now():
                raise ValueError("this link is not valid any more")
            found.asked = asked
            found.state = "approved" if agree else "denied"
            if agree:
                self.tenant.scopes = sorted({*self.tenant.scopes, *asked["scopes"]})
            return found

    def _read(self, query: dict[str, list[str]]) -> Json:
        if query.get("from") != ["sdk"]:
            raise ValueError("the link does not come from an SDK")
        addons = _decoded(query.get("addons", [""])[0])
        scopes = addons.get("scopes", {}).get("tenant", [])
        events = addons.get("events", {}).get("items", {}).get("tenant", [])
        callbacks = addons.get("callbacks", {}).get("items", [])
        for kind, given, known in (
            ("scope", scopes, api_scopes.KNOWN),
            ("event", events, EVENTS),
            ("callback", callbacks, CALLBACKS),
        ):
            if unknown := set(given) - known:
                raise ValueError(f"there is no {kind} {sorted(unknown)[0]}")
        return {
            "scopes": scopes,
            "events": events,
            "callbacks": callbacks,
            "app_id": query.get("clientID", [""])[0],
            "create_only": query.get("createOnly") == ["true"],
            "name": query.get("name", [""])[0],
        }

    def poll(self, device_code: str) -> Json:
        """What a program is told: keys, or why there are none yet (RFC 8628, 3.5)."""
        with self.lock:
            found = next((one for one in self.registrations if one.device_code == device_code), None)
            now = self.clock.now()
            if found is None:
                return {"error": "invalid_grant", "error_description": "The device code is not known."}
            if found.expires < now:
                return {"error": "expired_token", "error_description": "The device code has expired."}
            if now - found.polled < found.interval * 0.9:
                found.interval += 5
                return {"error": "slow_down", "error_description": "Polling too fast."}
            found.polled = now
            return self._told(found)

    def _told(self, found: Registration) -> Json:
        if found.state == "denied":
            return {"error": "access_denied", "error_description": "The user denied the request."}
        if found.state == "pending":
            return {"error": "authorization_pending", "error_description": "Waiting for the user."}
        if self.brand == "lark" and found.state == "approved":
            found.state, found.polled = "lark", 0.0
            return {"error": "authorization_pending", "user_info": {"tenant_brand": "lark"}}
        user = {"open_id": "ou_admin", "tenant_brand": self.brand}
        app_id = found.asked["app_id"] or self.tenant.app_id
        return {"client_id": app_id, "client_secret": self.app_secret, "user_info": user}


def _decoded(text: str) -> Json:
    try:
        data = json.loads(gzip.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, OSError, EOFError) as error:
        raise ValueError("the link's addons cannot be read") from error
    if not isinstance(data, dict):
        raise ValueError("the link's addons are no object")
    return data


def accounts_blueprint(accounts: Accounts) -> Blueprint:
    """The route. Errors are JSON under HTTP 400, as OAuth has them."""
    blueprint = Blueprint("accounts", __name__)

    @blueprint.post(PATH)
    def registration() -> Response:
        if request.mimetype != "application/x-www-form-urlencoded":
            return _refused("invalid_request", "The body must be a form.")
        action = request.form.get("action", "")
        if action == "init":
            return as_json({"supported_auth_methods": ["client_secret"], "nonce": secrets.token_hex(8)})
        if action == "begin":
            return _begin(accounts)
        if action == "poll":
            told = accounts.poll(request.form.get("device_code", ""))
            return as_json(told, 400 if "error" in told else 200)
        return _refused("invalid_request", f"There is no action {action!r}.")

    return blueprint


def _begin(accounts: Accounts) -> Response:
    form = request.form
    if form.get("archetype") != "PersonalAgent" or form.get("auth_method") != "client_secret":
        return _refused("invalid_request", "archetype and auth_method are needed.")
    made = accounts.begin()
    user_code = made.device_code[:8]
    page = f"{request.host_url.rstrip('/')}{PATH}/page"
    told = {
        "device_code": made.device_code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={user_code}",
        "expires_in": max(1, int(LIFETIME * accounts.clock.scale)),
        "interval": accounts.interval,
    }
    return as_json(told)


def _refused(error: str, why: str) -> Response:
    return as_json({"error": error, "error_description": why}, 400)
