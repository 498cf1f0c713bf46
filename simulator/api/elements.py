"""cardkit/v1 elements and batch_update: changing parts of a card entity."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from simulator.api.cardkit import CardKit, bad_parameter, parsed
from simulator.api.messages import json_body
from simulator.api.replies import ApiError, success
from simulator.cards import edit as card_edit
from simulator.tenant.state import Card
from simulator.types import Json

PLACES = ("insert_before", "insert_after", "append")


def insert(kit: CardKit, card: Card, parameters: Json, elements: list[Any]) -> None:
    """cardkit-v1/card-element/create.md."""
    place, target = parameters.get("type"), str(parameters.get("target_element_id") or "")
    if place not in PLACES or (place != "append" and not target):
        raise bad_parameter(
            "type must be insert_before, insert_after (both with target_element_id) or append"
        )
    kit.edit(
        card, 300315, "add element", lambda old: card_edit.with_inserted(old, str(place), target, elements)
    )


def replace(kit: CardKit, card: Card, element_id: str, element: Json) -> None:
    """cardkit-v1/card-element/update.md."""
    kit.edit(card, 300121, "replace element", lambda old: card_edit.with_element(old, element_id, element))


def patch(kit: CardKit, card: Card, element_id: str, properties: Json) -> None:
    """cardkit-v1/card-element/patch.md: any property but the tag."""
    if properties.get("tag", kit.element(card, element_id).get("tag")) != kit.element(card, element_id).get(
        "tag"
    ):
        raise ApiError(300312, "Unable to update element tag")
    kit.edit(
        card,
        300313,
        "update element properties",
        lambda old: card_edit.with_properties(old, element_id, properties),
    )


def remove(kit: CardKit, card: Card, element_id: str) -> None:
    """cardkit-v1/card-element/delete.md."""
    kit.edit(card, 300314, "delete element", lambda old: card_edit.without_element(old, element_id))


def act(kit: CardKit, card: Card, action: Any) -> None:
    """One action of batch_update."""
    if not isinstance(action, dict) or not isinstance(action.get("params"), dict):
        raise bad_parameter("each action is {action, params}")
    name, given = action.get("action"), action["params"]
    if name == "partial_update_setting":
        kit.settings(card, given.get("settings"))
    elif name == "add_elements":
        insert(kit, card, given, _list(given.get("elements")))
    elif name == "delete_elements":
        for element_id in _list(given.get("element_ids")):
            remove(kit, card, str(element_id))
    elif name == "partial_update_element":
        patch(kit, card, str(given.get("element_id")), _object(given.get("partial_element")))
    elif name == "update_element":
        replace(kit, card, str(given.get("element_id")), _object(given.get("element")))
    else:
        raise bad_parameter(f"unknown action {name}")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise bad_parameter("a list is required")
    return value


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise bad_parameter("an object is required")
    return value


def elements_blueprint(kit: CardKit) -> Blueprint:
    """The routes of elements."""
    elements = Blueprint("elements", __name__, url_prefix="/open-apis/cardkit/v1/cards/<card_id>")

    @elements.post("/elements", endpoint="create")
    def create(card_id: str) -> Response:
        body = json_body()
        new = parsed(body.get("elements"), "elements", list)
        kit.operate(card_id, body, lambda card: insert(kit, card, body, new))
        return success()

    @elements.put("/elements/<element_id>/content", endpoint="content")
    def content(card_id: str, element_id: str) -> Response:
        body = json_body()
        kit.operate(card_id, body, lambda card: kit.stream(card, element_id, body.get("content")))
        return success()

    @elements.put("/elements/<element_id>", endpoint="update")
    def update(card_id: str, element_id: str) -> Response:
        body = json_body()
        new = parsed(body.get("element"), "element", dict)
        kit.operate(card_id, body, lambda card: replace(kit, card, element_id, new))
        return success()

    @elements.patch("/elements/<element_id>", endpoint="patch")
    def patch_element(card_id: str, element_id: str) -> Response:
        body = json_body()
        new = parsed(body.get("partial_element"), "partial_element", dict)
        kit.operate(card_id, body, lambda card: patch(kit, card, element_id, new))
        return success()

    @elements.delete("/elements/<element_id>", endpoint="delete")
    def delete(card_id: str, element_id: str) -> Response:
        body = json_body()
        kit.operate(card_id, body, lambda card: remove(kit, card, element_id))
        return success()

    @elements.post("/batch_update", endpoint="batch_update")
    def batch_update(card_id: str) -> Response:
        body = json_body()
        actions = parsed(body.get("actions"), "actions", list)
        kit.operate(card_id, body, lambda card: _all_or_nothing(kit, card, actions))
        return success()

    return elements


def _all_or_nothing(kit: CardKit, card: Card, actions: list[Any]) -> None:
    before, since = card.card, card.streaming_since
    try:
        for action in actions:
            act(kit, card, action)
    except ApiError:
        card.card, card.streaming_since = before, since
        raise
