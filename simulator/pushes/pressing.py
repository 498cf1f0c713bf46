"""Pressing a button of a card: the synchronous callback and what the client does with its answer.

cardkit-v1/card-callback-communication.md: 3 s, once, HTTP 200 only; the answer may hold a toast and a new
card. Errors are shown to the person as numbers (200671 not 200, 200341 too slow, 200672 bad body, 200673
bad card, 200342 no connection).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from simulator.api.sending import CARD_DAYS
from simulator.cards import edit as card_edit
from simulator.cards.validator import CardRejected, validate_card
from simulator.pushes import payloads
from simulator.pushes.payloads import App
from simulator.pushes.pushes import Attempt, Pushes
from simulator.tenant.clock import DAY
from simulator.tenant.state import ChatMessage, Tenant
from simulator.types import Json

TOASTS = ("info", "success", "error", "warning")


@dataclass(frozen=True)
class Pressed:
    """What the person sees after pressing."""

    status: int
    """HTTP status of the callback's answer; 0 without one."""
    answer: Json
    error: int = 0
    """The number the client shows when the interaction failed; 0 when it did not."""
    opened: str = ""
    """The address that an open_url button opens; nothing is called back then."""

    @property
    def toast(self) -> str:
        """The text of the toast, empty without one."""
        return str((self.answer.get("toast") or {}).get("content", ""))

    @property
    def toast_type(self) -> str:
        return str((self.answer.get("toast") or {}).get("type", "info")) if self.toast else ""


class Presser:
    """Presses buttons for the people of a tenant."""

    def __init__(self, tenant: Tenant, app: App, pushes: Pushes) -> None:
        self.tenant = tenant
        self.app = app
        self.pushes = pushes

    def press(self, user: str, message_id: str, button: str, form: Json | None = None) -> Pressed:
        """Presses the button with this element_id, name or label. Raises KeyError when there is none."""
        with self.tenant.lock:
            message = self.tenant.messages[message_id]
            if message.card is None:
                raise KeyError(f"message {message_id} has no card")
            element = find_button(message.card.card, button)
            if address := _address(element):
                return Pressed(0, {}, opened=address)
            if element.get("disabled"):
                raise KeyError(f"button {button} is disabled")
            if (
                self.tenant.clock.milliseconds() - message.create_time
                > self.tenant.clock.lasting(CARD_DAYS * DAY) * 1000
            ):
                return self._seen(user, message, Pressed(0, {}, error=200080))
            action = self._action(message.card.card, element, form or {})
            event = payloads.card_action(self.tenant, message, user, action)
            message.card.interacting = True
        try:
            _, attempt = self.pushes.call_back(
                payloads.envelope(self.app, self.tenant.clock, "card.action.trigger", event)
            )
        finally:
            with self.tenant.lock:
                message.card.interacting = False
        return self._seen(user, message, self._judged(message, attempt))

    def _action(self, card: Json, element: Json, form: Json) -> Json:
        action: Json = {"value": _value(element), "tag": element["tag"], "timezone": "Asia/Shanghai"}
        if element.get("name"):
            action["name"] = element["name"]
        if element.get("form_action_type") == "submit":
            action["form_value"] = {**_form_defaults(card, element), **form}
        return action

    def _judged(self, message: ChatMessage, attempt: Attempt) -> Pressed:
        if attempt.status == 0:
            return Pressed(0, {}, error=200341 if "ReadTimeout" in attempt.problem else 200342)
        if attempt.status != 200:
            return Pressed(attempt.status, {}, error=200671)
        answer = _read(attempt.body)
        if answer is None:
            return Pressed(200, {}, error=200672)
        card = answer.get("card")
        if card and (error := self._replace(message, card)):
            return Pressed(200, answer, error=error)
        return Pressed(200, answer)

    def _replace(self, message: ChatMessage, given: Any) -> int:
        """Puts the answer's card in; the error number when it cannot be."""
        if (
            not isinstance(given, dict)
            or given.get("type") != "raw"
            or not isinstance(given.get("data"), dict)
        ):
            return 200673
        if given["data"].get("schema") != "2.0":
            return 200830
        try:
            validate_card(given["data"])
        except CardRejected:
            return 200673
        with self.tenant.lock:
            card = message.card
            if card is None or card.streaming:
                return 200673
            card.card = given["data"]
            message.content = json.dumps(card.card, ensure_ascii=False)
            message.update_time = self.tenant.clock.milliseconds()
            self.tenant.touch()
        return 0

    def _seen(self, user: str, message: ChatMessage, pressed: Pressed) -> Pressed:
        with self.tenant.lock:
            text = pressed.toast or (f"出错了，请稍后重试 code: {pressed.error}" if pressed.error else "")
            if text:
                self.tenant.toasts.append(
                    {
                        "id": len(self.tenant.toasts) + self.tenant.revision,
                        "user": user,
                        "message_id": message.message_id,
                        "text": text,
                        "type": "error" if pressed.error else pressed.toast_type,
                        "code": pressed.error if not pressed.toast else 0,
                    }
                )
            self.tenant.touch()
        return pressed


def find_button(card: Json, button: str) -> Json:
    """The button with this element_id, name or label. Raises KeyError naming those there are."""
    buttons = [element for element in card_edit.walk(card) if element.get("tag") == "button"]
    for element in buttons:
        label = (element.get("text") or {}).get("content", "")
        if button in (element.get("element_id"), element.get("name"), label):
            return element
    labels = [(element.get("text") or {}).get("content", "") for element in buttons]
    raise KeyError(f"no button {button}; there are {labels}")


def _address(element: Json) -> str:
    kinds = [behavior.get("type") for behavior in element.get("behaviors", [])]
    if "open_url" in kinds and "callback" not in kinds:
        return str(element["behaviors"][kinds.index("open_url")].get("default_url", ""))
    return ""


def _value(element: Json) -> Any:
    for behavior in element.get("behaviors", []):
        if behavior.get("type") == "callback":
            return behavior.get("value", {})
    return element.get("value", {})


def _form_defaults(card: Json, button: Json) -> Json:
    """The values that the other fields of the button's form have before anybody types."""
    for form in card_edit.walk(card):
        if form.get("tag") != "form":
            continue
        fields = list(card_edit.walk({"body": form}))
        if button in fields:
            return {
                field["name"]: field.get("default_value", field.get("initial_option", ""))
                for field in fields
                if field.get("name") and field["tag"] not in ("button",)
            }
    return {}


def _read(body: str) -> Json | None:
    """The callback's answer; None for a body that is not what Feishu accepts."""
    if not body.strip():
        return {}
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    toast = answer.get("toast")
    if toast is not None and (not isinstance(toast, dict) or toast.get("type", "info") not in TOASTS):
        return None
    return answer
