"""Card JSON 2.0 as data: which properties each part of a card has. Any other property is refused.

Each shape was written from the page of its component ("卡片 JSON 2.0 组件"). Properties that those pages
call historical are left out, so that a card accepted here uses only what will stay.
"""

from __future__ import annotations

from bot.simulator.card_kinds import (
    ADDRESS,
    COLOR,
    FLAG,
    OBJECT,
    PADDING,
    SPACING,
    TEXT_SIZE,
    Elements,
    ListOf,
    MapOf,
    Shape,
    Value,
    fixed,
    number,
    pixels,
    text,
    whole,
    word,
)
from bot.simulator.card_shapes import (
    BEHAVIORS,
    CLICK,
    CONFIRM,
    FIELD,
    I18N,
    ICON,
    IDENTIFIER,
    LABEL,
    LAYOUT,
    LINKS,
    OPTION,
    PLAIN,
    STYLED,
    component,
    text_object,
)
from bot.simulator.card_words import (
    BUTTON_SIZES,
    BUTTON_TYPES,
    DATA_TYPES,
    FLEX_MODES,
    HORIZONTAL,
    TAG_COLORS,
    TEMPLATES,
    TEXT_SIZES,
    VERTICAL,
    names,
)

COLUMN = component(
    "column",
    "",
    **LAYOUT,
    background_style=COLOR,
    width=pixels(16, 600, "auto", "weighted"),
    weight=whole(1, 5),
    action=CLICK,
    elements=Elements(),
)
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


COMPONENTS: dict[str, Shape] = {
    "markdown": component(
        "markdown",
        "content",
        content=text(),
        text_size=TEXT_SIZE,
        text_align=word(HORIZONTAL),
        icon=ICON,
        **I18N,
    ),
    "div": component("div", width=pixels(16, 999, "fill", "auto"), text=STYLED, icon=ICON),
    "hr": component("hr"),
    "img": component(
        "img",
        "img_key",
        img_key=text(200, 1),
        alt=PLAIN,
        title=PLAIN,
        corner_radius=pixels(0, 999),
        scale_type=word(names("crop_center crop_top fit_horizontal")),
        size=text(50),
        transparent=FLAG,
        preview=FLAG,
    ),
    "person": component(
        "person",
        "user_id",
        size=word(names("extra_small small medium large")),
        user_id=text(100, 1),
        show_avatar=FLAG,
        show_name=FLAG,
        style=word(names("normal capsule")),
    ),
    "person_list": component(
        "person_list",
        "persons",
        drop_invalid_user_id=FLAG,
        lines=whole(1, 100),
        show_name=FLAG,
        show_avatar=FLAG,
        size=word(names("extra_small small medium large")),
        persons=ListOf(Shape({"id": text(100, 1)}, required=names("id"))),
        icon=ICON,
    ),
    "button": component(
        "button",
        type=word(BUTTON_TYPES),
        size=word(BUTTON_SIZES),
        width=pixels(100, 9999, "default", "fill"),
        text=LABEL,
        icon=ICON,
        hover_tips=PLAIN,
        disabled=FLAG,
        disabled_tips=PLAIN,
        confirm=CONFIRM,
        behaviors=BEHAVIORS,
        name=text(100),
        required=FLAG,
        form_action_type=word(names("submit reset")),
    ),
    "input": component(
        "input",
        "",
        **FIELD,
        disabled_tips=PLAIN,
        default_value=text(1000),
        max_length=whole(1, 1000),
        input_type=word(names("text multiline_text password")),
        rows=whole(1, 100),
        auto_resize=FLAG,
        max_rows=whole(1, 100),
        show_icon=FLAG,
        label=PLAIN,
        label_position=word(names("top left")),
    ),
    "select_static": component(
        "select_static",
        "options",
        **FIELD,
        type=word(names("default text")),
        initial_option=text(1000),
        initial_index=whole(0, 1000),
        options=ListOf(OPTION),
    ),
    "multi_select_static": component(
        "multi_select_static",
        "options",
        **FIELD,
        type=word(names("default text")),
        selected_values=ListOf(text(1000)),
        options=ListOf(OPTION),
    ),
    "select_person": component(
        "select_person",
        "",
        **FIELD,
        type=word(names("default text")),
        initial_option=text(100),
        options=ListOf(Shape({"value": text(100, 1)}, required=names("value"))),
    ),
    "date_picker": component("date_picker", "", **FIELD, initial_date=text(10)),
    "checker": component(
        "checker",
        name=text(100),
        checked=FLAG,
        text=STYLED,
        overall_checkable=FLAG,
        checked_style=Shape({"show_strikethrough": FLAG, "opacity": number(0, 1)}),
        padding=PADDING,
        confirm=CONFIRM,
        behaviors=BEHAVIORS,
        hover_tips=PLAIN,
        disabled=FLAG,
        disabled_tips=PLAIN,
    ),
    "overflow": component(
        "overflow",
        "options",
        width=pixels(100, 9999, "default", "fill"),
        options=ListOf(
            Shape(
                {"text": LABEL, "multi_url": Shape({"url": ADDRESS, **LINKS}), "value": text(1000)},
                required=names("text"),
            )
        ),
        behaviors=BEHAVIORS,
        confirm=CONFIRM,
    ),
    "column_set": component(
        "column_set",
        "columns",
        horizontal_spacing=SPACING,
        horizontal_align=word(HORIZONTAL),
        flex_mode=word(FLEX_MODES),
        background_style=COLOR,
        action=CLICK,
        columns=Elements(only=names("column")),
    ),
    "column": COLUMN,
    "collapsible_panel": component(
        "collapsible_panel",
        "header elements",
        **LAYOUT,
        expanded=FLAG,
        background_color=COLOR,
        header=PANEL_HEADER,
        border=Shape({"color": COLOR, "corner_radius": pixels(0, 999)}),
        elements=Elements(),
    ),
    "interactive_container": component(
        "interactive_container",
        "elements",
        **LAYOUT,
        width=pixels(16, 999, "fill", "auto"),
        height=pixels(10, 999, "auto"),
        background_style=COLOR,
        has_border=FLAG,
        border_color=COLOR,
        corner_radius=pixels(0, 999),
        behaviors=BEHAVIORS,
        disabled=FLAG,
        disabled_tips=PLAIN,
        confirm=CONFIRM,
        hover_tips=PLAIN,
        elements=Elements(),
    ),
    "form": component("form", "name elements", **LAYOUT, name=text(100, 1), elements=Elements()),
    "table": component(
        "table",
        "columns rows",
        page_size=whole(1, 10),
        row_height=pixels(32, 124, "low", "middle", "high", "auto"),
        row_max_height=pixels(32, 999),
        freeze_first_column=FLAG,
        header_style=Shape(
            {
                "text_align": word(HORIZONTAL),
                "text_size": word(names("normal heading")),
                "background_style": word(names("grey none")),
                "text_color": word(names("default grey")),
                "bold": FLAG,
                "lines": whole(1, 1000),
            }
        ),
        columns=ListOf(TABLE_COLUMN),
        rows=ListOf(OBJECT),
    ),
}

TEXT_TAG = Shape(
    {"tag": fixed("text_tag"), "text": PLAIN, "color": word(TAG_COLORS), **IDENTIFIER},
    required=names("tag text"),
)
HEADER = Shape(
    {
        "title": text_object("plain_text lark_md"),
        "subtitle": text_object("plain_text lark_md"),
        "text_tag_list": ListOf(TEXT_TAG, most=3),
        "i18n_text_tag_list": MapOf(ListOf(TEXT_TAG, most=3)),
        "template": word(TEMPLATES),
        "icon": ICON,
        "padding": PADDING,
    },
    required=names("title"),
)
PACE = Shape({name: whole(1, 10_000) for name in ("default", "android", "ios", "pc")})
CONFIG = Shape(
    {
        "streaming_mode": FLAG,
        "streaming_config": Shape(
            {"print_frequency_ms": PACE, "print_step": PACE, "print_strategy": word(names("fast delay"))}
        ),
        "summary": Shape({"content": text(1000), **I18N}),
        "locales": ListOf(text(10)),
        "enable_forward": FLAG,
        "update_multi": FLAG,
        "width_mode": word(names("default compact fill")),
        "use_custom_translation": FLAG,
        "enable_forward_interaction": FLAG,
        "style": Shape(
            {
                "text_size": MapOf(Shape({name: word(TEXT_SIZES) for name in ("default", "pc", "mobile")})),
                "color": MapOf(Shape({"light_mode": text(60), "dark_mode": text(60)})),
            }
        ),
    }
)
CARD = Shape(
    {
        "schema": fixed("2.0"),
        "config": CONFIG,
        "card_link": Shape({"url": ADDRESS, **LINKS}, required=names("url")),
        "header": HEADER,
        "body": Shape({**LAYOUT, "elements": Elements()}, required=names("elements")),
    },
    required=names("schema"),
)
