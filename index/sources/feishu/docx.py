"""The blocks of a Feishu document as the API gives them: by id, of which kind, with which pieces of text.

A block's kind is a number (docx-v1/data-structure/block.md); what it holds stands under the kind's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from index.sources.feishu.inline import elements_of

Json = dict[str, Any]
_KINDS = {
    1: "page", 2: "text", **{3 + level: f"heading{level + 1}" for level in range(9)}, 12: "bullet",
    13: "ordered", 14: "code", 15: "quote", 17: "todo", 18: "bitable", 19: "callout", 20: "chat_card",
    21: "diagram", 22: "divider", 23: "file", 24: "grid", 25: "grid_column", 26: "iframe", 27: "image",
    28: "isv", 29: "mindnote", 30: "sheet", 31: "table", 32: "table_cell", 33: "view", 34: "quote_container",
    35: "task", 36: "okr", 37: "okr_objective", 38: "okr_key_result", 39: "okr_progress", 40: "add_ons",
    41: "jira_issue", 42: "wiki_catalog", 43: "board", 44: "agenda", 45: "agenda_item",
    46: "agenda_item_title", 47: "agenda_item_content", 48: "link_preview", 49: "source_synced",
    50: "reference_synced", 51: "sub_page_list", 52: "ai_template", 999: "undefined",
}  # fmt: skip


def by_id(blocks: Iterable[object]) -> dict[str, Json]:
    """The blocks by their ids; what is none is left out."""
    return {
        str(block["block_id"]): block
        for block in blocks
        if isinstance(block, dict) and isinstance(block.get("block_id"), str)
    }


def kind_of(block: Json) -> str:
    """The kind by its number; by what it holds where the number is not known."""
    number = block.get("block_type")
    kind = _KINDS.get(number) if isinstance(number, int) else None
    return kind or next((name for name in _KINDS.values() if isinstance(block.get(name), dict)), "undefined")


def elements_in(block: Json) -> list[Json]:
    """The pieces of text that a block holds itself, without its children's."""
    data = block.get(kind_of(block))
    if not isinstance(data, dict):
        return next((found for value in block.values() if (found := elements_of(value))), [])
    return elements_of(data) or elements_of(data.get("content"))
