"""A card's JSON as HTML for the page and the gallery.

Each component is drawn as Feishu draws it; one that Feishu would refuse is drawn as a red box that says
why. Buttons, fields and tables carry data attributes that the page's script acts on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from simulator.cards.words import BUTTON_TYPES, TEMPLATES, TEXT_SIZES
from simulator.page.html_tags import tag, void, words
from simulator.page.markup_html import color_class, markdown_html, wrong
from simulator.page.said import said
from simulator.types import Json


class CardHTML:
    """Draws cards for a reader of 'zh' or 'en'; `name_of` gives the name behind an open_id."""

    def __init__(self, name_of: Callable[[str], str], language: str = "zh") -> None:
        self.name_of = name_of
        self.language = language

    def card(self, card: Json, *, streaming: bool = False) -> str:
        """The whole card."""
        body = card.get("body") or {}
        width = (card.get("config") or {}).get("width_mode", "default")
        line = said("generating", self.language)
        note = tag("div", line, class_="fs-generating", data_testid="generating") if streaming else ""
        inner = tag("div", self._elements(body.get("elements")), class_=f"fs-body {_layout(body)}")
        classes = f"fs-card fs-width-{width}" + (" fs-streaming" if streaming else "")
        return tag("div", self._header(card.get("header")) + inner + note, class_=classes, data_testid="card")

    def _header(self, header: Any) -> str:
        if not isinstance(header, dict):
            return ""
        template = header.get("template", "default")
        subtitle = self._text(header.get("subtitle"))
        labels = "".join(self._text_tag(one) for one in header.get("text_tag_list", [])[:3])
        title = tag(
            "div", self._text(header.get("title")) + labels, class_="fs-title", data_testid="card-title"
        )
        return tag(
            "div",
            title + (tag("div", subtitle, class_="fs-subtitle") if subtitle else ""),
            class_=f"fs-header fs-h-{template if template in TEMPLATES else 'default'}",
            data_template=template,
        )

    def _text_tag(self, label: Json) -> str:
        color = color_class(str(label.get("color", "neutral")))
        return tag("span", self._text(label.get("text")), class_=f"fs-text_tag {color}")

    def _text(self, text: Any) -> str:
        """A text object: plain, or with Markdown."""
        if not isinstance(text, dict):
            return ""
        content = str(text.get("content", ""))
        if text.get("tag") == "plain_text":
            shown = words(content).replace("\n", "<br>")
        else:
            shown = self._markdown(content)
        classes = f"fs-text {_size(text)} {color_class(str(text.get('text_color', '')))} {_align(text)}"
        return tag("span", shown, class_=classes.strip(), data_element=text.get("element_id"))

    def _markdown(self, content: str) -> str:
        return markdown_html(content, self.name_of, self.language)

    def _elements(self, elements: Any) -> str:
        return "".join(self.element(one) for one in elements or [] if isinstance(one, dict))

    def element(self, element: Json) -> str:
        """One component, by its tag."""
        name = str(element.get("tag", "")).lower()
        draw = getattr(self, f"_draw_{name}", None)
        identifier = element.get("element_id")
        if draw is None:
            why = said("no_component", self.language)
            problem = wrong(why, self.language, f"{why} {name}")
            return tag("div", problem, class_="fs-refused", data_element=identifier)
        return tag("div", draw(element), class_=f"fs-el fs-el-{name}", data_element=identifier)

    def _draw_markdown(self, element: Json) -> str:
        shown = self._markdown(str(element.get("content", "")))
        return tag("div", shown, class_=f"fs-md {_size(element)} {_align(element)}".strip())

    def _draw_div(self, element: Json) -> str:
        fields = "".join(tag("div", self._text(field.get("text"))) for field in element.get("fields", []))
        return tag("div", self._text(element.get("text"))) + fields

    def _draw_hr(self, element: Json) -> str:
        return "<hr>"

    def _draw_img(self, element: Json) -> str:
        return tag("span", "🖼 " + words(element.get("img_key", "")), class_="fs-image")

    def _draw_person(self, element: Json) -> str:
        return self._person(element.get("user_id", ""))

    def _draw_person_list(self, element: Json) -> str:
        return "".join(self._person(one.get("id", "")) for one in element.get("persons", []))

    def _person(self, identifier: Any) -> str:
        return tag("span", "👤 " + words(self.name_of(str(identifier))), class_="fs-person")

    def _draw_button(self, element: Json) -> str:
        kind = element.get("type", "default")
        label = _content(element.get("text"))
        confirm = element.get("confirm")
        return tag(
            "button",
            self._text(element.get("text")),
            type="button",
            class_=f"fs-button fs-b-{kind if kind in BUTTON_TYPES else 'default'} "
            f"fs-bs-{element.get('size', 'medium')}",
            name=element.get("name"),
            disabled=bool(element.get("disabled")),
            data_button=element.get("element_id") or element.get("name") or label,
            data_form_action=element.get("form_action_type"),
            data_confirm=json.dumps(confirm, ensure_ascii=False) if confirm else None,
            title=_content(element.get("hover_tips")),
        )

    def _draw_collapsible_panel(self, element: Json) -> str:
        header = element.get("header") or {}
        body = tag("div", self._elements(element.get("elements")), class_=f"fs-panel-body {_layout(element)}")
        return tag(
            "details",
            tag("summary", self._text(header.get("title"))) + body,
            class_="fs-panel" + (" fs-bordered" if element.get("border") else ""),
            open=bool(element.get("expanded")),
        )

    def _draw_column_set(self, element: Json) -> str:
        columns = "".join(self._column(one) for one in element.get("columns", []) if isinstance(one, dict))
        return tag("div", columns, class_=f"fs-columns fs-flex-{element.get('flex_mode', 'none')}")

    def _column(self, column: Json) -> str:
        weight = column.get("weight", 1)
        weight = weight if isinstance(weight, int) and 1 <= weight <= 5 else 1
        width = "fs-weighted" if column.get("width", "auto") == "weighted" else "fs-auto"
        inner = tag("div", self._elements(column.get("elements")), class_=_layout(column))
        return tag("div", inner, class_=f"fs-column {width}", style=f"--weight:{weight}")

    def _draw_interactive_container(self, element: Json) -> str:
        border = " fs-bordered" if element.get("has_border") else ""
        return tag(
            "div",
            self._elements(element.get("elements")),
            class_=f"fs-container{border} {_layout(element)}",
            data_button=element.get("element_id"),
        )

    def _draw_form(self, element: Json) -> str:
        inner = self._elements(element.get("elements"))
        return tag("form", inner, class_=f"fs-form {_layout(element)}", data_form=element.get("name"))

    def _draw_input(self, element: Json) -> str:
        label = tag("label", self._text(element["label"])) if element.get("label") else ""
        common: dict[str, object] = {
            "class_": "fs-input",
            "name": element.get("name"),
            "placeholder": _content(element.get("placeholder")),
            "aria_label": _content(element.get("label")) or None,
            "maxlength": element.get("max_length", 1000),
            "required": bool(element.get("required")),
        }
        value = element.get("default_value", "")
        if element.get("input_type") == "multiline_text":
            return label + tag("textarea", words(value), rows=element.get("rows", 3), **common)
        return label + void("input", type="text", value=value, **common)

    def _draw_select_static(self, element: Json) -> str:
        options = [
            tag(
                "option",
                words(_content(element.get("placeholder")) or said("choose", self.language)),
                value="",
            )
        ]
        for option in element.get("options", []):
            chosen = option.get("value") == element.get("initial_option")
            label = words(_content(option.get("text")))
            options.append(tag("option", label, value=option.get("value"), selected=chosen))
        return tag("select", "".join(options), class_="fs-input", name=element.get("name"))

    def _draw_checker(self, element: Json) -> str:
        box = void("input", type="checkbox", name=element.get("name"), checked=bool(element.get("checked")))
        return tag("label", box + self._text(element.get("text")), class_="fs-checker")

    def _draw_table(self, element: Json) -> str:
        columns = [one for one in element.get("columns", []) if isinstance(one, dict)]
        head = tag("tr", "".join(tag("th", words(one.get("display_name", ""))) for one in columns))
        rows = "".join(
            tag("tr", "".join(tag("td", self._cell(one, row.get(one.get("name")))) for one in columns))
            for row in element.get("rows", [])
            if isinstance(row, dict)
        )
        table = tag(
            "table",
            tag("thead", head) + tag("tbody", rows),
            class_="fs-table",
            data_page_size=element.get("page_size", 5),
        )
        return tag("div", table, class_="fs-table-wrap")

    def _cell(self, column: Json, value: Any) -> str:
        kind = column.get("data_type", "text")
        if value is None:
            return ""
        if kind in ("lark_md", "markdown"):
            return self._markdown(str(value))
        if kind == "options" and isinstance(value, list):
            return " ".join(
                tag(
                    "span",
                    words(one.get("text", "")),
                    class_=f"fs-text_tag {color_class(one.get('color', ''))}",
                )
                for one in value
            )
        if kind == "persons":
            people = value if isinstance(value, list) else [value]
            return words("、".join(self.name_of(str(one)) for one in people))
        return words(value)


def _content(text: Any) -> str:
    return str(text.get("content", "")) if isinstance(text, dict) else ""


def _layout(container: Json) -> str:
    return "fs-horizontal" if container.get("direction") == "horizontal" else "fs-vertical"


def _size(element: Json) -> str:
    size = str(element.get("text_size", "normal"))
    return f"fs-s-{size if size in TEXT_SIZES else 'normal'}"


def _align(element: Json) -> str:
    align = element.get("text_align", "left")
    return f"fs-a-{align}" if align in ("center", "right") else ""
