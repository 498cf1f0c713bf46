"""Tokens and the bot's own card: auth/v3/tenant_access_token/internal and bot/v3/info.

A token lives 2 h; the same one is given while 30 minutes or more of it are left
(authentication-management/access-token/tenant_access_token_internal.md).
"""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass

from flask import Blueprint, Response, request

from simulator.api.replies import ApiError, as_json
from simulator.tenant.clock import Clock
from simulator.tenant.state import Tenant

LIFETIME = 7200.0
RENEW_BELOW = 1800.0


@dataclass
class Token:
    text: str
    expires: float


class Tokens:
    """The tokens given to the one app of this tenant."""

    def __init__(self, clock: Clock, app_id: str, app_secret: str) -> None:
        self.clock = clock
        self.app_id = app_id
        self.app_secret = app_secret
        self.given: list[Token] = []
        self.lock = threading.Lock()
        self.requests = 0

    def issue(self, app_id: str, app_secret: str) -> tuple[str, int]:
        """(token, seconds left). Raises ApiError 10003 or 10014 as Feishu does."""
        if not app_id or not app_secret:
            raise ApiError(10003, "invalid param")
        if app_id != self.app_id or not hmac.compare_digest(app_secret, self.app_secret):
            raise ApiError(10014, "app secret invalid")
        with self.lock:
            self.requests += 1
            now = self.clock.now()
            newest = self.given[-1] if self.given else None
            if newest is None or newest.expires - now < self.clock.lasting(RENEW_BELOW):
                newest = Token("t-" + secrets.token_hex(20), now + self.clock.lasting(LIFETIME))
                self.given.append(newest)
            return newest.text, max(1, int((newest.expires - now) / self.clock.scale))

    def check(self, header: str) -> None:
        """Raises ApiError 99991661, 99991671 or 99991663 for an Authorization header that proves nothing."""
        if not header:
            raise ApiError(
                99991661, "Missing access token for authorization. Please make a request with token."
            )
        text = header.removeprefix("Bearer ")
        if text == header or not text.startswith("t-"):
            raise ApiError(99991671, "Invalid access token format: it must start with 't-' or 'u-'.")
        with self.lock:
            now = self.clock.now()
            known = any(hmac.compare_digest(text, token.text) and token.expires > now for token in self.given)
        if not known:
            raise ApiError(
                99991663,
                "Invalid access token for authorization. Please make a test attempt to obtain a new token.",
            )

    def revoke(self) -> None:
        """Makes every token given so far invalid, as an app's reinstallation does."""
        with self.lock:
            self.given.clear()


def auth_blueprint(tenant: Tenant, tokens: Tokens) -> Blueprint:
    """The routes; the token route needs no Content-Type, because lark-oapi sends none."""
    auth = Blueprint("auth", __name__)

    @auth.post("/open-apis/auth/v3/tenant_access_token/internal", endpoint="token")
    def token() -> Response:
        body = request.get_json(force=True, silent=True)
        if not isinstance(body, dict):
            raise ApiError(10003, "invalid param")
        text, seconds = tokens.issue(str(body.get("app_id", "")), str(body.get("app_secret", "")))
        return as_json({"code": 0, "msg": "ok", "tenant_access_token": text, "expire": seconds})

    @auth.get("/open-apis/bot/v3/info", endpoint="bot_info")
    def bot_info() -> Response:
        bot = {
            "activate_status": 2,
            "app_name": tenant.bot.name,
            "avatar_url": "https://s1-imfile.feishucdn.com/static-resource/v1/fennel",
            "ip_white_list": [],
            "open_id": tenant.bot.open_id,
        }
        return as_json({"code": 0, "msg": "ok", "bot": bot})

    @auth.get("/open-apis/application/v6/scopes", endpoint="scopes")
    def scopes() -> Response:
        listed = [{"scope_name": name, "grant_status": 1, "scope_type": "tenant"} for name in tenant.scopes]
        return as_json({"code": 0, "msg": "success", "data": {"scopes": listed}})

    return auth
