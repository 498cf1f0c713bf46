"""Card JSON 2.0, judged as strictly as Feishu does.

`validate_card` accepts a card or raises CardRejected with the code that Feishu's own checks give. Where
sources disagree about what Feishu accepts, the stricter one is enforced, so that a card accepted here is
accepted there.
"""

from __future__ import annotations

import json
from typing import Any

MAX_CARD_BYTES = 30 * 1024
"""im-v1/message/reply.md: cards are at most 30 KB (code 230025, in CardKit 200860)."""


class CardRejected(Exception):
    """A card that Feishu refuses.

    `code` is the sub-code of 230099 (11310, 200621, ...), or one of CardKit's (300301, 300305, ...), or
    200860 for size; `value` is what Feishu prints as ErrorValue.
    """

    def __init__(self, code: int, message: str, value: str = "", path: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f" ({value})" if value else ""))
        self.code = code
        self.message = message
        self.value = value
        self.path = path


def validate_card(card: Any) -> None:
    """Returns for a card that Feishu accepts. Raises CardRejected for any other."""
    if not isinstance(card, dict) or not card:
        raise CardRejected(300307, "The card DSL is empty")
    if len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_CARD_BYTES:
        raise CardRejected(200860, "Card content exceeds limit.")
    if card.get("schema") != "2.0":
        raise CardRejected(300303, "Only schema 2.0 is supported")
