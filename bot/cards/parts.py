"""The elements cards are made of, and how large a card may be.

Feishu refuses a card of JSON 2.0 for one unknown property, so each element is written in exactly one
place. Limits are Feishu's (30 KB of UTF-8 JSON, 200 elements counting texts, 5 tables), kept with a margin:
real tenants were seen to refuse at 200 elements and at the fourth table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.config.release import VERSION
from bot.markdown.dialect import clean, escape, without_tags

Element = dict[str, Any]
Card = dict[str, Any]


@dataclass(frozen=True)
class CardLimits:
    """What one card may hold; longer answers continue in further cards."""

    bytes: int = 27_000
    """UTF-8 bytes of the card's JSON."""
    elements: int = 180
    tables: int = 3
    """Tables beyond this are shown as code blocks."""


LIMITS = CardLimits()


def json_bytes(value: object) -> int:
    """UTF-8 bytes of the value's JSON as it is sent."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def count_elements(value: object) -> int:
    """Elements as Feishu counts them: everything with a tag, texts included."""
    if isinstance(value, dict):
        return ("tag" in value) + sum(map(count_elements, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(count_elements, value))
    return 0


def shorten(text: str, length: int) -> str:
    """One line of at most `length` characters; an ellipsis tells that something is missing."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def plain(content: str) -> Element:
    """A plain text object: nothing in it is markup."""
    return {"tag": "plain_text", "content": without_tags(clean(content))}


def markdown(content: str, element_id: str = "", *, small: bool = False) -> Element:
    """A rich text element in Feishu's dialect; `small` for footers and quotes."""
    element: Element = {"tag": "markdown", "content": content}
    if small:
        element["text_size"] = "notation"
    if element_id:
        element["element_id"] = element_id
    return element


def grey(text: str) -> Element:
    """Small grey text: footers and notes."""
    return markdown(in_grey(text), small=True)


def of_release() -> Element:
    """The footer of cards for whoever runs the bot: the release, as `--version` and /status say it."""
    return grey(f"Fennel {VERSION}")


def in_grey(text: str) -> str:
    """Grey words for a line of Markdown."""
    return f"<font color='grey'>{escape(text)}</font>"


def callback_button(
    text: str,
    value: Mapping[str, Any],
    *,
    style: str = "default",
    confirm: tuple[str, str] | None = None,
    disabled: bool = False,
    size: str = "small",
) -> Element:
    """A button whose press calls back with `value`; `confirm` is a title and a question."""
    button: Element = {
        "tag": "button",
        "type": style,
        "size": size,
        "text": plain(shorten(text, 100)),
        "behaviors": [{"type": "callback", "value": dict(value)}],
    }
    if confirm:
        button["confirm"] = {"title": plain(confirm[0]), "text": plain(confirm[1])}
    if disabled:
        button["disabled"] = True
    return button


def button_row(buttons: Sequence[Element], element_id: str) -> Element:
    """Buttons side by side, flowing to further lines on a phone."""
    return {
        "tag": "column_set",
        "element_id": element_id,
        "flex_mode": "flow",
        "horizontal_spacing": "8px",
        "columns": [{"tag": "column", "width": "auto", "elements": [button]} for button in buttons],
    }


def panel(
    title: str,
    elements: Sequence[Element],
    element_id: str,
    *,
    expanded: bool = False,
    quiet: bool = True,
) -> Element:
    """A folded part, by default under a grey title. Its header takes no padding: tenants refuse it."""
    return {
        "tag": "collapsible_panel",
        "element_id": element_id,
        "expanded": expanded,
        "header": {
            "title": markdown(in_grey(title)) if quiet else plain(title),
            "icon": {"tag": "standard_icon", "token": "down-small-ccm_outlined", "size": "16px 16px"},
            "icon_position": "follow_text",
            "icon_expanded_angle": -180,
        },
        "elements": list(elements),
    }


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], element_id: str = "") -> Element:
    """A table of rendered cells; it may stand at the root of a card's body only."""
    names = [f"c{number}" for number in range(len(headers))]
    element: Element = {
        "tag": "table",
        "page_size": max(1, min(10, len(rows))),
        "row_height": "auto",
        "header_style": {"text_align": "left", "background_style": "grey", "bold": True},
        "columns": [
            {"name": name, "display_name": header, "data_type": "markdown", "width": "auto"}
            for name, header in zip(names, headers, strict=True)
        ],
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
    }
    if element_id:
        element["element_id"] = element_id
    return element


def card(
    title: str,
    color: str,
    elements: Sequence[Element],
    *,
    subtitle: str = "",
    tags: Sequence[tuple[str, str]] = (),
    summary: str = "",
    streaming: bool = False,
) -> Card:
    """A whole card. `tags` are (text, colour) after the title; `summary` is the preview in the chat list."""
    header: Element = {"title": plain(shorten(title, 120)), "template": color}
    if subtitle:
        header["subtitle"] = plain(shorten(subtitle, 120))
    if tags:
        header["text_tag_list"] = [
            {"tag": "text_tag", "text": plain(shorten(text, 30)), "color": tint} for text, tint in tags[:3]
        ]
    config: Element = {"update_multi": True}
    if summary:
        config["summary"] = {"content": shorten(without_tags(clean(summary)), 100)}
    if streaming:
        config["streaming_mode"] = True
    body = {"direction": "vertical", "vertical_spacing": "8px", "elements": list(elements)}
    return {"schema": "2.0", "config": config, "header": header, "body": body}
