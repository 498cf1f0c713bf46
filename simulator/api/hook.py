"""A custom bot's webhook: /open-apis/bot/v2/hook/{id}, with its signature and its codes.

Custom-bot guide: sign = base64(HMAC-SHA256(key = timestamp + "\\n" + secret, message = "")), timestamp in
seconds and at most 1 h old (19021); 5 a second and 100 a minute (11232); 20 KB (19036); msg_type missing
(19002); any other bad body 9499. Cards are objects here, posts have an outer "post", nothing calls back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from flask import Blueprint, Response, request

from simulator.api.content import LOCALES, card_refused
from simulator.api.replies import ApiError, as_json
from simulator.cards.validator import CardRejected, validate_card
from simulator.tenant.limits import CallLimits, Window
from simulator.tenant.state import Card, ChatMessage, Tenant, new_id
from simulator.types import Json

MAX_BYTES = 20 * 1024
MAX_AGE = 3600
DONE = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


def hook_signature(timestamp: str, secret: str) -> str:
    """The value of `sign`."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


class Hooks:
    """The custom bots of the demo group; any id works, all share one secret (empty: no signature asked)."""

    def __init__(self, tenant: Tenant, limits: CallLimits, chat_id: str, secret: str) -> None:
        self.tenant = tenant
        self.limits = limits
        self.chat_id = chat_id
        self.secret = secret
        self.second = Window(5, 1.0)
        self.minute = Window(100, 60.0)

    def send(self, hook_id: str, raw: bytes) -> None:
        """Puts the message into the group. Raises ApiError with the webhook's own codes, HTTP 200."""
        body = self._body(raw)
        if self.secret:
            self._check_sign(body)
        if self.limits.exceeded(self.second, hook_id) or self.limits.exceeded(self.minute, hook_id):
            raise refused(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
        msg_type = body.get("msg_type")
        if not msg_type:
            raise refused(19002, "params error, msg_type need")
        if msg_type == "interactive":
            content, card = self._card(body.get("card"))
        else:
            content, card = _content(str(msg_type), body.get("content")), None
        now = self.tenant.clock.milliseconds()
        message = ChatMessage(
            new_id("om_"), self.chat_id, "自定义机器人", "app", str(msg_type), content, now, now, card=card
        )
        self.tenant.add(message)

    def _body(self, raw: bytes) -> Json:
        if len(raw) > MAX_BYTES:
            raise refused(19036, "request body too large")
        try:
            body = json.loads(raw)
        except ValueError:
            raise refused(9499, "Bad Request") from None
        if not isinstance(body, dict):
            raise refused(9499, "Bad Request")
        return body

    def _check_sign(self, body: Json) -> None:
        timestamp = str(body.get("timestamp", ""))
        age = abs(self.tenant.clock.now() - int(timestamp)) if timestamp.isdigit() else MAX_AGE + 1
        good = hmac.compare_digest(str(body.get("sign", "")), hook_signature(timestamp, self.secret))
        if age > MAX_AGE or not good:
            raise refused(19021, "sign match fail or timestamp is not within one hour from current time")

    def _card(self, card: Any) -> tuple[str, Card]:
        if not isinstance(card, dict):
            raise refused(9499, "Bad Request")
        try:
            validate_card(card, self.tenant.people())
        except CardRejected as rejected:
            raise refused(11246, card_refused(rejected).message) from rejected
        return json.dumps(card, ensure_ascii=False), Card(card, self.tenant.clock.now())


def refused(code: int, message: str) -> ApiError:
    """The webhook says no with HTTP 200."""
    return ApiError(code, message, status=200)


def _content(msg_type: str, content: Any) -> str:
    if not isinstance(content, dict):
        raise refused(9499, "Bad Request")
    if msg_type == "text" and isinstance(content.get("text"), str) and content["text"]:
        return json.dumps({"text": content["text"]}, ensure_ascii=False)
    post = content.get("post")
    if msg_type == "post" and isinstance(post, dict) and post and set(post) <= LOCALES:
        return json.dumps(post, ensure_ascii=False)
    raise refused(9499, "Bad Request")


def hook_blueprint(hooks: Hooks) -> Blueprint:
    """The route."""
    hook = Blueprint("hook", __name__)

    @hook.post("/open-apis/bot/v2/hook/<hook_id>", endpoint="send")
    def send(hook_id: str) -> Response:
        with hooks.tenant.lock:
            hooks.send(hook_id, request.get_data())
        return as_json(dict(DONE))

    return hook
