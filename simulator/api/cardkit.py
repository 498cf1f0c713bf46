"""cardkit/v1: card entities, their settings, elements and streamed text.

Rules of cardkit-v1/*: `sequence` strictly rises over all operations of one card (300317), 10 operations a
second per card, a uuid counts once (200770), streamed text only while streaming is open (300309; 200850
when it closed by itself 10 minutes after it was last opened), only the creator's cards, 14 days.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from simulator.api.messages import json_body
from simulator.api.replies import ApiError, success
from simulator.api.sending import CARD_DAYS
from simulator.cards import edit as card_edit
from simulator.cards.validator import CardRejected, validate_card
from simulator.tenant.clock import DAY
from simulator.tenant.limits import CallLimits
from simulator.tenant.state import Card, Tenant
from simulator.types import Json

STREAMING_MINUTES = 10
MAX_SEQUENCE = 2_147_483_647
CONTENT_LIMIT = 100_000
CARDKIT_CODES = {200860, 300301, 300302, 300303, 300305, 300307}
"""Rejections that CardKit reports under their own code; all others come as 230099 with a sub-code."""


def bad_parameter(what: str) -> ApiError:
    return ApiError(10002, f"Your request contains an invalid request parameter. ext={what}")


def entity_refused(rejected: CardRejected) -> ApiError:
    """A refused card as CardKit reports it.

    Field reports show 230099 with ErrCode 11310 from cardkit.v1.cardElement.content
    (github.com/xmanrui/dsh-im/issues/240).
    """
    if rejected.code in CARDKIT_CODES:
        return ApiError(rejected.code, rejected.message)
    path = f"ErrPath: {rejected.path}; " if rejected.path else ""
    return ApiError(
        230099,
        f"Failed to create card content, ext=ErrCode: {rejected.code}; {path}"
        f"ErrMsg: {rejected.message}; ErrorValue: {rejected.value}; ",
    )


def check(card: Json, people: frozenset[str]) -> None:
    """Raises ApiError for a card that CardKit refuses."""
    try:
        validate_card(card, people)
    except CardRejected as rejected:
        raise entity_refused(rejected) from rejected


def parsed(text: Any, what: str, kind: type, limit: int = 3_000_000) -> Any:
    """The JSON inside a string parameter. Raises ApiError 10002, or 200220 for what is not JSON."""
    if not isinstance(text, str) or not 1 <= len(text) <= limit:
        raise bad_parameter(f"{what} must be a JSON string of 1 to {limit} characters")
    try:
        value = json.loads(text)
    except ValueError:
        raise ApiError(200220, f"Failed to generate card content, ext={what} is not valid JSON") from None
    if not isinstance(value, kind):
        raise bad_parameter(f"{what} must hold a JSON {kind.__name__}")
    return value


class CardKit:
    """The card entities of one app."""

    def __init__(self, tenant: Tenant, limits: CallLimits) -> None:
        self.tenant = tenant
        self.limits = limits

    def create(self, body: Json) -> str:
        """Makes an entity of {"type": "card_json", "data": "..."}; its card_id."""
        if body.get("type") != "card_json":
            raise bad_parameter("type must be card_json (the local Feishu knows no templates)")
        card = parsed(body.get("data"), "data", dict)
        check(card, self.tenant.people())
        now = self.tenant.clock.now()
        streaming = (card.get("config") or {}).get("streaming_mode") is True
        entity = Card(card, now, card_id=self._new_id(), streaming_since=now if streaming else None)
        self.tenant.cards[entity.card_id] = entity
        return entity.card_id

    def convert(self, message_id: Any) -> str:
        """The card_id of a card message, made on first use."""
        message = self.tenant.messages.get(str(message_id))
        if message is None or message.card is None:
            raise bad_parameter("message_id is not a card message of this app")
        if not message.card.card_id:
            message.card.card_id = self._new_id()
            self.tenant.cards[message.card.card_id] = message.card
        return message.card.card_id

    def _new_id(self) -> str:
        return "7" + "".join(str(secrets.randbelow(10)) for _ in range(18))

    def entity(self, card_id: str) -> Card:
        """The entity, with its streaming closed if its 10 minutes are over."""
        card = self.tenant.cards.get(card_id)
        if card is None:
            raise ApiError(200740, "The card entity does not exist")
        clock = self.tenant.clock
        if clock.now() - card.created > clock.lasting(CARD_DAYS * DAY):
            raise ApiError(200750, "The card entity has expired")
        opened = card.streaming_since
        if opened is not None and clock.now() - opened > clock.lasting(STREAMING_MINUTES * 60):
            card.streaming_since, card.timed_out = None, True
            card.card.setdefault("config", {})["streaming_mode"] = False
            self.tenant.touch()
        return card

    def operate(self, card_id: str, body: Json, change: Callable[[Card], None]) -> None:
        """Checks what every operation must satisfy, changes the card, counts the operation."""
        with self.tenant.lock:
            card = self.entity(card_id)
            message = self.tenant.messages.get(card.message_id)
            if message is not None and message.recalled:
                raise ApiError(230011, "The message is recalled.")
            sequence, uuid = self._sequence(body), self._uuid(body)
            if self.limits.exceeded(self.limits.card, card_id):
                raise ApiError(230020, "This operation triggers the frequency limit.")
            if uuid and uuid in card.uuids:
                raise ApiError(200770, "UUID conflict")
            if sequence <= card.sequence:
                raise ApiError(
                    300317, "The sequence number for operating on the card did not increment consecutively"
                )
            if card.interacting:
                raise ApiError(200810, "The card is in an ongoing interaction and cannot be updated")
            change(card)
            card.sequence = sequence
            if uuid:
                card.uuids.add(uuid)
            if message is not None:
                message.content = json.dumps(card.card, ensure_ascii=False)
                message.update_time = self.tenant.clock.milliseconds()
            self.tenant.touch()

    def _sequence(self, body: Json) -> int:
        sequence = body.get("sequence")
        if not isinstance(sequence, int) or isinstance(sequence, bool) or not 1 <= sequence <= MAX_SEQUENCE:
            raise bad_parameter("sequence must be a positive int32")
        return sequence

    def _uuid(self, body: Json) -> str:
        uuid = body.get("uuid", "")
        if not isinstance(uuid, str) or len(uuid) > 64:
            raise bad_parameter("uuid must be a string of at most 64 characters")
        return uuid

    def replace(self, card: Card, new: Json) -> None:
        """Puts a whole new card in, streaming opened or closed as it says."""
        check(new, self.tenant.people())
        card.card = new
        self.set_streaming(card, (new.get("config") or {}).get("streaming_mode") is True)

    def set_streaming(self, card: Card, on: bool) -> None:
        card.streaming_since = self.tenant.clock.now() if on else None
        card.timed_out = False

    def settings(self, card: Card, settings: Any) -> None:
        """Merges {"config": {...}, "card_link": {...}} into the card."""
        if not isinstance(settings, dict) or not settings or not set(settings) <= {"config", "card_link"}:
            raise bad_parameter("settings may hold config and card_link only")
        config = {**(card.card.get("config") or {}), **(settings.get("config") or {})}
        new = {**card.card, "config": config}
        if "card_link" in settings:
            new["card_link"] = settings["card_link"]
        check(new, self.tenant.people())
        card.card = new
        if "streaming_mode" in (settings.get("config") or {}):
            self.set_streaming(card, config["streaming_mode"] is True)

    def stream(self, card: Card, element_id: str, content: Any) -> None:
        """Writes an element's full text so far."""
        if not isinstance(content, str) or not 1 <= len(content) <= CONTENT_LIMIT:
            raise bad_parameter(f"content must be a string of 1 to {CONTENT_LIMIT} characters")
        if not card.streaming:
            if card.timed_out:
                raise ApiError(200850, "Card streaming timeout")
            raise ApiError(300309, "Card streaming closed")
        element = self.element(card, element_id)
        if element.get("tag") not in ("markdown", "plain_text", "lark_md"):
            raise ApiError(300310, "Only update text")
        new = card_edit.with_content(card.card, element_id, content)
        check(new, self.tenant.people())
        card.card = new
        card.writes.append((self.tenant.clock.now(), element_id, content))

    def element(self, card: Card, element_id: str) -> Json:
        """The element. Raises ApiError 300313 when the card has none of that id."""
        try:
            return card_edit.find(card.card, element_id)
        except card_edit.NoSuchElement:
            raise ApiError(
                300313, f"Failed to update element properties, ext=element {element_id} not found"
            ) from None

    def edit(self, card: Card, code: int, what: str, edited: Callable[[Json], Json]) -> None:
        """Applies one edit of the element tree; a missing element is refused with `code`."""
        try:
            new = edited(card.card)
        except card_edit.NoSuchElement as error:
            raise ApiError(code, f"Failed to {what}, ext=element {error} not found") from None
        check(new, self.tenant.people())
        card.card = new


def cardkit_blueprint(kit: CardKit) -> Blueprint:
    """The routes of whole cards."""
    cards = Blueprint("cards", __name__, url_prefix="/open-apis/cardkit/v1/cards")

    @cards.post("", endpoint="create")
    def create() -> Response:
        with kit.tenant.lock:
            return success({"card_id": kit.create(json_body())})

    @cards.post("/id_convert", endpoint="id_convert")
    def id_convert() -> Response:
        with kit.tenant.lock:
            return success({"card_id": kit.convert(json_body().get("message_id"))})

    @cards.put("/<card_id>", endpoint="update")
    def update(card_id: str) -> Response:
        body = json_body()
        given = body.get("card")
        if not isinstance(given, dict) or given.get("type") != "card_json":
            raise bad_parameter("card must be {type: card_json, data: ...}")
        new = parsed(given.get("data"), "card.data", dict)
        kit.operate(card_id, body, lambda card: kit.replace(card, new))
        return success()

    @cards.patch("/<card_id>/settings", endpoint="settings")
    def settings(card_id: str) -> Response:
        body = json_body()
        new = parsed(body.get("settings"), "settings", dict, CONTENT_LIMIT)
        kit.operate(card_id, body, lambda card: kit.settings(card, new))
        return success()

    return cards
