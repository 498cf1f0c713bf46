"""The model's Markdown becomes elements of a card."""

from __future__ import annotations

from bot.card_parts import Element, markdown
from bot.dialect import clean, escape, escape_line_starts


def to_feishu(text: str) -> list[Element]:
    """Card elements that show the Markdown `text`."""
    paragraphs = [part for part in clean(text).split("\n\n") if part.strip()]
    return [
        markdown("\n".join(escape_line_starts(escape(line)) for line in part.split("\n")))
        for part in paragraphs
    ]
