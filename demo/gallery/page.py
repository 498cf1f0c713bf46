"""The gallery at /simulator/gallery: every card, in light and dark, at desktop and phone width.

?lang=zh|en, ?theme=light|dark|both, ?width=desktop|phone|both, ?card=NAME choose what is shown; ?view=sheet
puts the cards side by side, without their JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Blueprint, Response, request

from demo.gallery.samples import Sample, samples
from simulator import LocalFeishu
from simulator.cards.validator import CardRejected, validate_card
from simulator.page.api import only_loopback, with_policy
from simulator.page.card_html import CardHTML
from simulator.page.html_tags import tag, void, words
from simulator.types import Json

CHINESE = {
    **{"both": "全部", "light": "浅色", "dark": "深色", "desktop": "桌面", "phone": "手机"},
    **{"list": "列表", "sheet": "一览", "zh": "中文", "en": "English"},
}
CHOICES = {
    "lang": ("zh", "en"),
    "theme": ("both", "light", "dark"),
    "width": ("both", "desktop", "phone"),
    "view": ("list", "sheet"),
}


def add_gallery(feishu: LocalFeishu) -> None:
    """Hangs the gallery into a local Feishu that has not served yet: it shows the bot's cards, so only what
    knows both can."""
    feishu.web.register_blueprint(gallery_blueprint(feishu.view.name_of))


def gallery_blueprint(name_of: Callable[[str], str]) -> Blueprint:
    """The one route."""
    gallery = Blueprint("gallery", __name__, url_prefix="/simulator")
    gallery.before_request(only_loopback)
    gallery.after_request(with_policy)

    @gallery.get("/gallery")
    def show() -> Response:
        chosen = {
            name: request.args[name] if request.args.get(name) in allowed else allowed[0]
            for name, allowed in CHOICES.items()
        }
        return Response(
            page(chosen, request.args.get("card", ""), CardHTML(name_of, chosen["lang"])),
            mimetype="text/html",
        )

    return gallery


def page(chosen: dict[str, str], only: str, drawer: CardHTML) -> str:
    """The gallery as HTML."""
    shown = [one for one in samples(chosen["lang"]) if only in ("", one.name)]
    sections = "".join(_section(one, chosen, drawer) for one in shown)
    head = (
        void("meta", charset="utf-8")
        + void("meta", name="viewport", content="width=device-width, initial-scale=1")
        + tag("title", "Cards · Fennel" if chosen["lang"] == "en" else "卡片 · Fennel")
        + void("link", rel="icon", href="data:,")
        + void("link", rel="stylesheet", href="/simulator/page/card.css")
        + void("link", rel="stylesheet", href="/simulator/page/gallery.css")
    )
    count = tag("span", f"{len(shown)}", data_testid="count")
    english = chosen["lang"] == "en"
    back = tag("a", "← Chat" if english else "← 群聊", href=f"/simulator/?lang={chosen['lang']}")
    title = tag("h1", f"{'Cards' if english else '卡片画廊'} {count}") + _choices(chosen) + back
    body = (
        tag("header", title)
        + tag("main", sections, class_=chosen["view"])
        + tag("script", "", src="/simulator/page/card.js")
    )
    return "<!doctype html>" + tag(
        "html",
        tag("head", head) + tag("body", body),
        lang="en" if english else "zh-CN",
        data_theme=chosen["theme"] if chosen["theme"] != "both" else None,
    )


def _choices(chosen: dict[str, str]) -> str:
    groups = []
    for name, allowed in CHOICES.items():
        links = "".join(
            tag(
                "a",
                words(value if chosen["lang"] == "en" else CHINESE.get(value, value)),
                href="?" + "&".join(f"{key}={item}" for key, item in {**chosen, name: value}.items()),
                class_="on" if chosen[name] == value else None,
            )
            for value in allowed
        )
        groups.append(tag("nav", links))
    return "".join(groups)


def _section(sample: Sample, chosen: dict[str, str], drawer: CardHTML) -> str:
    drawn = drawer.card(sample.card, streaming=sample.streaming)
    themes = ("light", "dark") if chosen["theme"] == "both" else (chosen["theme"],)
    widths = ("desktop", "phone") if chosen["width"] == "both" else (chosen["width"],)
    frames = "".join(
        tag(
            "div",
            drawn,
            class_=f"frame {width}",
            data_theme=theme,
            data_testid=f"{sample.name}-{theme}-{width}",
        )
        for theme in themes
        for width in widths
    )
    source = tag("pre", words(json.dumps(sample.card, ensure_ascii=False, indent=2)))
    title = tag("h2", words(sample.name) + verdict(sample.card))
    return tag(
        "section",
        title + tag("div", frames, class_="frames") + tag("details", tag("summary", "JSON") + source),
        id=sample.name,
        data_testid="sample",
    )


def verdict(card: Json) -> str:
    """What the validator says, with the card's size."""
    size = len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode())
    try:
        validate_card(card)
    except CardRejected as rejected:
        return tag("span", words(str(rejected)), class_="refused", data_testid="refused")
    return tag("span", f"✓ {size / 1024:.1f} KB", class_="accepted", data_testid="accepted")
