"""An answer, its cards and what can be read from them, for the tests of cards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.answer import Answer, CardState, Outcome, Source
from bot.cards.answer import answer_cards
from bot.cards.presses import Press, PressSigner
from simulator.cards.validator import validate_card

SIGNER = PressSigner("secret-of-a-test")
NOW = 1_790_000_000.0
DAY = 86400.0
SOURCE = Source(
    1, "Guide", ("Guide", "Events"), "https://a.b/guide#events", excerpt="An excerpt.", updated_at=NOW
)
ANSWER = Answer(
    Outcome.ANSWERED,
    "How do I *ask* <this>?",
    "Like **this** [1].",
    "en",
    (SOURCE,),
    "extractive",
    "v7",
    asker="ou_asker",
)
EXPERTS = ("ou_expert",)


def cards_of(answer: Answer, state: CardState = CardState()) -> list[dict[str, Any]]:  # noqa: B008
    """The cards of an answer, each one such as Feishu takes."""
    cards = answer_cards(answer, actions=SIGNER, message_id="om_question", state=state, now=NOW)
    for card in cards:
        validate_card(card)
    return cards


def presses(card: object) -> list[Press]:
    """What the buttons of a card do, in order."""
    return [
        SIGNER.read(element["behaviors"][0]["value"]).kind
        for element in parts(card)
        if element.get("tag") == "button"
    ]


def parts(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a card, from the outside in."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from parts(item)


def text_of(card: dict[str, Any]) -> str:
    """A card as one text, to look for words in."""
    return json.dumps(card, ensure_ascii=False)
