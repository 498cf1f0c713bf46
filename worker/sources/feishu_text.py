"""One thing of Feishu's to text: a document with what it embeds, a spreadsheet, a base."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.errors import FeishuError
from bot.feishu.codes import Remedy, look_up
from bot.feishu.library import FeishuLibrary
from index.sources.feishu.blocks import to_markdown
from index.sources.feishu.mentions import names_in, people_in
from index.sources.feishu.tables import MOST_ROWS, dated, merged, shown, table

Json = dict[str, Any]
MOST_BLOCKS = 100_000
_DATES = ("日期", "时间", "date", "time", "Date", "Time", "截止", "deadline", "Deadline")


@dataclass(frozen=True)
class Text:
    """What one page says."""

    title: str
    text: str
    """Markdown."""
    embeds: bool = False
    """Whether it shows what changes without it."""
    missing: tuple[str, ...] = ()
    """What stands in it and could not be read."""


class Contents:
    """Reads them through the library. Raises FeishuError."""

    def __init__(self, library: FeishuLibrary) -> None:
        self._library = library

    def of(self, kind: str, token: str) -> Text:
        """The text of a document ('docx'), a spreadsheet ('sheet') or a base ('bitable')."""
        if kind == "docx":
            return self._document(token)
        text = self._sheet(token) if kind == "sheet" else self._base(token)
        return Text("", text, embeds=kind == "bitable")

    def _document(self, token: str) -> Text:
        blocks = list(islice(self._library.blocks(token), MOST_BLOCKS))
        missing: list[str] = []

        def embedded(kind: str, inner: str) -> str:
            try:
                return self._embedded(kind, inner)
            except FeishuError as error:
                if look_up(error.code).remedy is Remedy.RETRY or not error.code:
                    raise
                missing.append(f"what it shows of another {_NAMES[kind]}: {look_up(error.code).meaning}")
                return ""

        names = names_in(blocks, self._library.raw_content(token)) if people_in(blocks) else {}
        read = to_markdown(blocks, embedded, names)
        missing += [f"{count} {kind} of which Feishu gives no text" for kind, count in read.unread.items()]
        return Text(read.title, read.text, read.embeds, tuple(missing))

    def _embedded(self, kind: str, token: str) -> str:
        """What a block of a document shows; its token is PLACE_PART."""
        if kind == "synced":
            document, _, block = token.partition("/")
            return _synced(self._library.descendants(document, block), block)
        whole, _, part = token.rpartition("_")
        return self._sheet(whole, part) if kind == "sheet" else self._base(whole, part)

    def _sheet(self, token: str, only: str = "") -> str:
        parts = []
        for tab in self._library.tabs(token):
            name = str(tab.get("sheet_id") or "")
            if not name or (only and name != only) or tab.get("hidden") is True:
                continue
            if tab.get("resource_type", "sheet") != "sheet":
                continue
            rows = [
                [shown(value) for value in row]
                for row in self._library.values(token, name)
                if isinstance(row, list)
            ]
            merges = tab.get("merges")
            drawn = table(merged(rows, merges if isinstance(merges, list) else []))
            parts.append(_headed(str(tab.get("title") or ""), drawn, alone=bool(only)))
        return "\n\n".join(part for part in parts if part)

    def _base(self, token: str, only: str = "") -> str:
        parts = []
        for entry in self._library.tables(token):
            name = str(entry.get("table_id") or "")
            if name and (not only or name == only):
                drawn = table(_rows(islice(self._library.records(token, name), MOST_ROWS)))
                parts.append(_headed(str(entry.get("name") or ""), drawn, alone=bool(only)))
        return "\n\n".join(part for part in parts if part)


_NAMES = {"sheet": "spreadsheet", "bitable": "base", "synced": "document"}


def _headed(title: str, drawn: str, *, alone: bool) -> str:
    """A table under its name; embedded alone it has none of its own."""
    return f"## {title}\n\n{drawn}" if drawn and title and not alone else drawn


def _rows(records: Iterable[Json]) -> list[list[str]]:
    """Records as rows; the columns in the order they are first met."""
    found = [fields for record in records if isinstance(fields := record.get("fields"), dict)]
    columns = list(dict.fromkeys(name for fields in found for name in fields))
    return (
        [columns, *([_value(name, fields.get(name)) for name in columns] for fields in found)]
        if found
        else []
    )


def _value(column: str, value: object) -> str:
    """A cell; a date is a bare number of milliseconds, told from others by its column's name and size."""
    if isinstance(value, int) and value > 10**11 and any(word in column for word in _DATES):
        return dated(value)
    return shown(value)


def _synced(blocks: Iterable[Json], root: str) -> str:
    listed = list(islice(blocks, MOST_BLOCKS))
    top = [block.get("block_id") for block in listed if block.get("parent_id") == root]
    page = {"block_id": root, "block_type": 1, "page": {"elements": []}, "children": top}
    return to_markdown([page, *listed]).text
