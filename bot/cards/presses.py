"""Buttons: what each may do, who may press it, and values that only this bot can have written.

A card's button carries a value that Feishu hands back when it is pressed. Feishu proves that the press
comes from Feishu, not that the value is one this bot wrote, so every value is signed (HMAC-SHA256 over
its canonical JSON) and a value that does not verify does nothing. Who may press what is data, kept here,
so that the web process can answer a press within Feishu's 3 seconds without asking the worker.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from bot.dotted_paths import JobName
from bot.errors import ConfigError, UnprovenEvent

_PURPOSE = b"fennel card action v1"
_MAC_LENGTH = 32
"""Hexadecimal digits of the signature that a value carries: 128 bits, short on purpose (cards are small)."""


class Who(StrEnum):
    """Who may press a button. Admins may press every one."""

    ANYONE = "anyone"
    ASKER = "asker"
    EXPERT = "expert"
    ASKER_OR_EXPERT = "asker_or_expert"
    ADMIN = "admin"


class Press(StrEnum):
    """Every button, declared once: what it is called in signed values, who may press it, its words.

    `label` and `toast` name sentences of bot/messages/; the toast is what the presser sees at once. What a
    press does stands in worker/jobs/pressing.py, where `job` leads.
    """

    HELPFUL = "helpful", Who.ANYONE, "button_helpful", "feedback_thanks"
    NOT_HELPFUL = "not_helpful", Who.ANYONE, "button_not_helpful", "feedback_sorry"
    REASON = "reason", Who.ANYONE, "button_send_reason", "feedback_thanks"
    """The form below "not helpful" was sent."""
    ASK_HUMAN = "ask_human", Who.ANYONE, "button_ask_human"
    TAKE = "take", Who.EXPERT, "button_take"
    """An expert takes the question over."""
    RESOLVE = "resolve", Who.ASKER_OR_EXPERT, "button_resolve"
    WEB = "web", Who.ANYONE, "button_web", "web_searching"
    """Answer once more, with web search."""
    SOURCES = "sources", Who.ANYONE, "button_sources"
    """On cards of the first release: show the passages that were found but not cited."""
    WHY = "why", Who.ANYONE, "button_why"
    RECALL = "recall", Who.ASKER, "button_recall"
    REMOVE_GONE = "remove_gone", Who.ASKER, "button_remove_gone", "toast_reindexing"
    """Build the index again and remove what is gone, however much: the button on a reindex card that asks."""
    CANCEL_REINDEX = "cancel_reindex", Who.ASKER, "button_cancel_reindex", "toast_cancelling"
    """Stop the build that this card shows."""
    USE_VERSION = "use_version", Who.ASKER, "button_use_version", "toast_switching"
    """Answer from this version of the index: the button on the list of versions."""
    KEEP = "keep", Who.ADMIN, "button_keep", "toast_keeping"
    """Keep what a colleague answered, as it stands in the form."""
    REJECT = "reject", Who.ADMIN, "button_reject"
    """Do not keep it, or no longer."""

    who: Who
    label: str
    toast: str
    job: JobName

    def __new__(
        cls,
        value: str,
        who: Who = Who.ANYONE,
        label: str = "",
        toast: str = "toast_noted",
        job: JobName = JobName.PRESS,
    ) -> Self:
        """One button; its value is what stands in signed values."""
        press = str.__new__(cls, value)
        press._value_ = value
        press.who, press.label, press.toast, press.job = who, label, toast, job
        return press


def may_press(
    kind: Press | str, operator: str, asker: str, *, is_admin: bool = False, is_expert: bool = False
) -> bool:
    """Whether `operator` (open_id) may press a button of `kind` under the answer to `asker`'s question."""
    who = Press(kind).who
    is_asker = bool(operator) and operator == asker
    allowed = {
        Who.ANYONE: bool(operator),
        Who.ASKER: is_asker,
        Who.EXPERT: is_expert,
        Who.ASKER_OR_EXPERT: is_asker or is_expert,
        Who.ADMIN: False,
    }
    return is_admin or allowed[who]


@dataclass(frozen=True)
class ProvenPress:
    """A button value that was proven to be this bot's own."""

    kind: Press
    message_id: str
    """The question the card answers."""
    asker: str
    """open_id of who asked it."""
    extra: Mapping[str, str] = field(default_factory=dict)


class PressSigner:
    """Signs button values and reads them back.

    `secret` is any secret only the server holds (the app secret); the signing key is derived from it, so a
    value never helps to guess the secret's other uses. Changing it makes old buttons do nothing.
    """

    def __init__(self, secret: str) -> None:
        """Raises ConfigError when the secret is empty: unsigned buttons are not offered."""
        if not secret:
            raise ConfigError("feishu.app_secret is empty: button values cannot be signed without it")
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def sign(self, kind: Press | str, message_id: str, asker: str, **extra: str) -> dict[str, Any]:
        """The value to put into a button's callback behaviour: a small JSON object of strings."""
        value: dict[str, Any] = {"kind": str(Press(kind)), "message_id": message_id, "asker": asker}
        if extra:
            value["extra"] = extra
        return {**value, "mac": self._mac(value)}

    def read(self, value: object) -> ProvenPress:
        """Proves a pressed button's value. Raises UnprovenEvent for anything this key did not sign."""
        if not isinstance(value, Mapping):
            raise UnprovenEvent("button value is not an object")
        fields = {name: item for name, item in value.items() if name != "mac"}
        mac = value.get("mac")
        if not isinstance(mac, str) or not mac.isascii():
            raise UnprovenEvent("button value carries no signature")
        if not hmac.compare_digest(mac, self._mac(fields)):
            raise UnprovenEvent("button value is not signed by this bot")
        return ProvenPress(
            kind=Press(fields["kind"]),
            message_id=fields["message_id"],
            asker=fields["asker"],
            extra=fields.get("extra", {}),
        )

    def _mac(self, fields: Mapping[Any, Any]) -> str:
        try:
            text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        except (TypeError, ValueError) as error:
            raise UnprovenEvent("button value is not plain JSON") from error
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:_MAC_LENGTH]
