"""The shapes that many parts of a card share: texts, icons, links, behaviours, layout.

Written from the component pages ("卡片 JSON 2.0 组件"), like `card_schema`, which builds on them.
"""

from __future__ import annotations

from simulator.cards.kinds import (
    ADDRESS,
    COLOR,
    FLAG,
    MARGIN,
    MAYBE_ADDRESS,
    OBJECT,
    PADDING,
    SPACING,
    TEXT_SIZE,
    Kind,
    ListOf,
    MapOf,
    Shape,
    Value,
    box,
    fixed,
    number,
    pixels,
    text,
    whole,
    word,
)
from simulator.cards.words import DATA_TYPES, DIRECTIONS, HORIZONTAL, VERTICAL, names

IDENTIFIER: dict[str, Kind] = {"element_id": text(20, 1)}
I18N: dict[str, Kind] = {"i18n_content": MapOf(text())}


def text_object(tags: str, most: int = 1_000_000, **more: Kind) -> Shape:
    """A text such as {"tag": "plain_text", "content": "..."}."""
    return Shape(
        {"tag": word(names(tags)), "content": text(most), **IDENTIFIER, **I18N, **more},
        required=names("tag content"),
    )


PLAIN = text_object("plain_text")
LABEL = text_object("plain_text", 100)
STYLED = text_object(
    "plain_text lark_md",
    text_size=TEXT_SIZE,
    text_color=COLOR,
    text_align=word(HORIZONTAL),
    lines=whole(1, 1000),
)
ICON = Shape(
    {
        "tag": word(names("standard_icon custom_icon")),
        "token": text(100),
        "color": COLOR,
        "img_key": text(200),
        "size": box(0, 999),
    },
    required=names("tag"),
)
CONFIRM = Shape({"title": PLAIN, "text": PLAIN}, required=names("title"))
LINKS: dict[str, Kind] = {name: MAYBE_ADDRESS for name in ("pc_url", "ios_url", "android_url")}
OPEN_URL = Shape(
    {"type": fixed("open_url"), "default_url": ADDRESS, **LINKS}, required=names("type default_url")
)
CALLBACK = Shape({"type": fixed("callback"), "value": OBJECT}, required=names("type value"))
CLICK = Shape({"multi_url": Shape({"url": ADDRESS, **LINKS}, required=names("url"))}, names("multi_url"))
BEHAVIORS = ListOf(Shape({"type": word(names("open_url callback"))}), most=5)
"""Each behaviour has the shape of its type, OPEN_URL or CALLBACK."""

LAYOUT: dict[str, Kind] = {
    "direction": word(DIRECTIONS),
    "horizontal_spacing": SPACING,
    "horizontal_align": word(HORIZONTAL),
    "vertical_spacing": SPACING,
    "vertical_align": word(VERTICAL),
    "padding": PADDING,
}
FIELD: dict[str, Kind] = {
    "name": text(100),
    "required": FLAG,
    "disabled": FLAG,
    "placeholder": LABEL,
    "width": pixels(100, 9999, "default", "fill"),
    "behaviors": BEHAVIORS,
    "confirm": CONFIRM,
}
OPTION = Shape({"text": PLAIN, "icon": ICON, "value": text(1000, 1)}, required=names("text value"))


def component(tag: str, needs: str = "", /, **own: Kind) -> Shape:
    """A component: its tag, its id, its margin and what is its own."""
    return Shape({"tag": fixed(tag), "margin": MARGIN, **IDENTIFIER, **own}, names("tag") | names(needs))


TABLE_COLUMN = Shape(
    {
        "name": text(100, 1),
        "display_name": text(1000),
        "width": Value(
            "auto, 80px to 600px or 1% to 100%",
            lambda value: pixels(80, 600, "auto").accepts(value) or _is_percent(value),
        ),
        "data_type": word(DATA_TYPES),
        "vertical_align": word(VERTICAL),
        "horizontal_align": word(HORIZONTAL),
        "format": Shape({"symbol": text(1), "precision": whole(0, 10), "separator": FLAG}),
        "date_format": text(50),
    },
    required=names("name"),
)
PANEL_HEADER = Shape(
    {
        "title": text_object("plain_text markdown"),
        "background_color": COLOR,
        "vertical_align": word(VERTICAL),
        "padding": PADDING,
        "position": word(names("top bottom")),
        "width": word(names("fill auto auto_when_fold")),
        "icon": ICON,
        "icon_position": word(names("left right follow_text")),
        "icon_expanded_angle": number(-180, 180),
    },
    required=names("title"),
)


def _is_percent(value: object) -> bool:
    digits = value.removesuffix("%") if isinstance(value, str) and value.endswith("%") else ""
    return digits.isdigit() and 1 <= int(digits) <= 100
