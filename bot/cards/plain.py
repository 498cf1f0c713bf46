"""The same text on a card that has nothing left to refuse.

Feishu refuses a whole card for one table, mention, image or tag too many (230099), and its reader sees
nothing. When that happens the text goes out again as plain Markdown: tables as fenced text, no mentions, no
images, no buttons. Where even that cannot be drawn, words alone are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.config.fences import fenced, stretches
from bot.markdown.dialect import quiet_tags, without_tags

MOST_BARE = 6000
"""Characters of a bare card: well within Feishu's 30 KB in any language."""
_IMAGE = re.compile(r"!\[([^\[\]]*+)\]\((?>(?:[^()]++|\([^()]*+\))*)\)")
_TABLE = re.compile(r"(?:^[ \t]*\|.*\n)?^[ \t]*\|[ :|-]+\|[ \t]*$(?:\n[ \t]*\|.*$)*", re.MULTILINE)


def lesser_cards(card: dict[str, Any]) -> list[dict[str, Any]]:
    """What to send where Feishu refused `card` for its content, best first.

    The same without its mentions, where it has any: one person who has left is no reason to lose the buttons.
    """
    quiet = _without_mentions(card)
    return [quiet, plain_card(card)] if quiet != card else [plain_card(card)]


def _without_mentions(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: without_tags(item) if key == "content" and isinstance(item, str) else _without_mentions(item)
            for key, item in value.items()
        }
    return [_without_mentions(item) for item in value] if isinstance(value, list) else value


def plain_card(card: dict[str, Any]) -> dict[str, Any]:
    """`card` (JSON 2.0) with its title and all its text, and no component but Markdown and rules."""
    plain: dict[str, Any] = {"schema": "2.0", "config": {"update_multi": True}}
    header = card.get("header") or {}
    if title := (header.get("title") or {}).get("content"):
        plain["header"] = {"title": {"tag": "plain_text", "content": without_tags(title)}}
        if header.get("template"):
            plain["header"]["template"] = header["template"]
    texts = [text for text in texts_of((card.get("body") or {}).get("elements") or []) if text.strip()]
    plain["body"] = {"elements": [{"tag": "markdown", "content": text} for text in _merged(texts)]}
    return plain


def bare_card(title: str, text: str) -> dict[str, Any]:
    """A card of plain text, which nothing in `text` can break; cut at MOST_BARE characters."""
    shown = text.encode("utf-8", "replace").decode("utf-8")[:MOST_BARE]
    return {
        "schema": "2.0",
        "config": {"update_multi": True},
        "header": {"title": {"tag": "plain_text", "content": title}},
        "body": {"elements": [{"tag": "div", "text": {"tag": "plain_text", "content": shown or title}}]},
    }


def texts_of(elements: list[dict[str, Any]]) -> Iterator[str]:
    """The text of elements in reading order, one piece of plain Markdown each."""
    for element in elements:
        tag = element.get("tag")
        if tag == "table":
            yield fenced("\n".join(_rows(element)))
        elif tag == "button":
            continue
        else:
            yield from _own_text(element)
            for inner in ("elements", "columns"):
                yield from texts_of(element.get(inner) or [])


def _own_text(element: dict[str, Any]) -> Iterator[str]:
    if isinstance(element.get("content"), str):
        yield _without_risks(element["content"])
    for holder in (element.get("text"), (element.get("header") or {}).get("title")):
        if isinstance(holder, dict) and isinstance(holder.get("content"), str):
            yield _without_risks(holder["content"])


def _without_risks(markdown: str) -> str:
    """Code stays, as Feishu takes it: at the start of a line and closed. In anything else a tag would act."""
    return "".join(
        quiet_tags(one.text) if one.fence and one.closed and not one.fence.lead else _plain(one.text)
        for one in stretches(markdown)
    )


def _plain(text: str) -> str:
    return _TABLE.sub(lambda found: fenced(found.group()), _IMAGE.sub(r"\1", without_tags(text)))


def _rows(table: dict[str, Any]) -> list[str]:
    columns = table.get("columns") or []
    names = [str(column.get("name", "")) for column in columns]
    titles = [str(column.get("display_name", "")) for column in columns]
    rows = [[str(row.get(name, "")) for name in names] for row in table.get("rows") or []]
    return [" | ".join(cells) for cells in [titles, *rows]]


def _merged(texts: list[str], room: int = 100) -> list[str]:
    """At most `room` pieces: the elements beyond are joined into the last one."""
    if len(texts) <= room:
        return texts
    return [*texts[: room - 1], "\n\n".join(texts[room - 1 :])]
