"""What other Feishu bots make of the same answers, written anew from what they do.

- HuixiangDou (`frontend/lark_group.py`) sends the answer as a text message: nothing is refused and no markup
  is rendered.
- "as is": one rich text element with the model's Markdown unchanged, as bots do that know no dialect.
- openclaw-lark (`src/card/markdown-style.ts`, `card-error.ts`): headings made smaller, `<br>` around code and
  tables, images without an image key stripped, tables beyond three fenced; by pattern, not by parsing. Its
  texts are cut at 15,000 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Cards = list[dict[str, Any]]

_CHUNK = 15_000
_TABLES = 3
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_TABLE = re.compile(r"^\|.+\|[ \t]*\n\|[-:| ]+\|[ \t]*(?:\n\|.*)*", re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\]]*\]\((?!img_)([^)\s]+)\)")


def as_is(markdown: str) -> Cards:
    """One card, the Markdown unchanged."""
    return [_card(markdown)]


def openclaw_lark(markdown: str) -> Cards:
    """Cards of at most 15,000 characters, cut at a newline where there is one."""
    text = _fence_tables(_IMAGE.sub(r"\1", _restyled(markdown)))
    cards = []
    while text:
        end = len(text) if len(text) <= _CHUNK else max(text.rfind("\n", 0, _CHUNK), 1)
        cards.append(_card(text[:end]))
        text = text[end:].lstrip("\n")
    return cards or [_card("")]


PEERS: dict[str, Callable[[str], Cards]] = {"as is": as_is, "openclaw-lark": openclaw_lark}


def _card(text: str) -> dict[str, Any]:
    return {"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": text}]}}


def _restyled(markdown: str) -> str:
    """Smaller headings and more room around tables and code, code itself untouched."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\x00{len(kept) - 1}\x00"

    text = _FENCED.sub(keep, markdown)
    if re.search(r"^#{1,3} ", markdown, re.MULTILINE):
        text = re.sub(r"^#{2,6} (.+)$", r"##### \1", text, flags=re.MULTILINE)
        text = re.sub(r"^# (.+)$", r"#### \1", text, flags=re.MULTILINE)
    text = _TABLE.sub(lambda match: f"\n<br>\n\n{match.group()}\n\n<br>\n", text)
    for number, block in enumerate(kept):
        text = text.replace(f"\x00{number}\x00", f"\n<br>\n{block}\n<br>\n")
    return re.sub(r"\n{3,}", "\n\n", text)


def _fence_tables(text: str) -> str:
    """Tables beyond the third in fences, those in code left out of the count."""
    code = [match.span() for match in _FENCED.finditer(text)]
    tables = [
        match
        for match in _TABLE.finditer(text)
        if not any(start <= match.start() < end for start, end in code)
    ]
    for match in reversed(tables[_TABLES:]):
        text = f"{text[: match.start()]}```\n{match.group()}\n```{text[match.end() :]}"
    return text
