"""The blocks of a Feishu document (docx) -> Markdown, without losing a word.

A document is a flat list of blocks that name their children (docx-v1/data-structure/block.md). Blocks that
no page reaches are read too, at the end: what a document holds is never passed over for being odd. What the
API keeps elsewhere (sheets, bases, synced blocks) is asked for through `embedded`; what it gives nobody
(boards, mind notes, tasks) is counted and named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.config.fences import fenced
from index.sources.feishu.docx import Json, by_id, elements_in, kind_of
from index.sources.feishu.inline import Surroundings, inline, plain
from index.sources.feishu.mentions import names_in, people_in
from index.sources.feishu.tables import as_text, spread, table

Embedded = Callable[[str, str], str]
"""(kind, token) -> Markdown of what is embedded; kinds are 'sheet', 'bitable' and 'synced'."""

MOST_DEPTH = 60
"""Levels of blocks that are told apart; Feishu allows far fewer."""
_WORDLESS = frozenset({"isv", "mindnote", "diagram", "board", "task", "undefined", "ai_template"})
"""Kinds whose words no API of documents gives: named in the report."""
_ITEMS = ("bullet", "ordered", "todo")
_LANGUAGES = {
    7: "bash", 8: "csharp", 9: "cpp", 10: "c", 12: "css", 15: "dart", 18: "dockerfile", 22: "go", 24: "html",
    26: "http", 28: "json", 29: "java", 30: "javascript", 32: "kotlin", 36: "lua", 38: "makefile",
    39: "markdown", 40: "nginx", 43: "php", 46: "powershell", 48: "protobuf", 49: "python", 50: "r",
    52: "ruby", 53: "rust", 56: "sql", 57: "scala", 60: "shell", 61: "swift", 63: "typescript", 66: "xml",
    67: "yaml", 68: "cmake", 69: "diff", 75: "toml",
}  # fmt: skip
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}|>|-(?: \[[ x]\])?|`{3,}\w*|\|(?: --- \|)+)(?:\s+|$)")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_BLOCK_MARK = re.compile(r"^([^\S\n]*+)(#{1,6}\s|```|~~~|>)", re.MULTILINE)


@dataclass(frozen=True)
class DocxText:
    """A document read."""

    title: str
    text: str
    """Markdown; the title is its first heading."""
    unread: dict[str, int]
    """Kinds of blocks whose words the API does not give -> how many."""
    embeds: bool
    """Whether it shows what is kept elsewhere and changes without it."""


def nothing(kind: str, token: str) -> str:
    """For callers that have no way to ask for what is embedded."""
    return ""


def to_markdown(
    blocks: Iterable[object], embedded: Embedded = nothing, people: dict[str, str] | None = None
) -> DocxText:
    """The whole document. `people`: open_id -> name, see `names_in`."""
    return _Reading(by_id(blocks), embedded, people or {}).run()


class _Reading:
    def __init__(self, blocks: dict[str, Json], embedded: Embedded, people: dict[str, str]) -> None:
        self.blocks = blocks
        self.embedded = embedded
        files = {
            name: str(block["file"].get("name") or "")
            for name, block in blocks.items()
            if isinstance(block.get("file"), dict)
        }
        self.around = Surroundings(people, files)
        self.seen: set[str] = set()
        self.unread: Counter[str] = Counter()
        self.embeds = False

    def run(self) -> DocxText:
        roots = [name for name, block in self.blocks.items() if kind_of(block) == "page"]
        title = " ".join(plain(elements_in(self.blocks[roots[0]]), self.around).split()) if roots else ""
        parts = [f"# {title}"] if title else []
        if roots:
            self.seen.add(roots[0])
            parts.append(self.under(self.blocks[roots[0]], 0))
        for name in list(self.blocks):
            if name not in self.seen and str(self.blocks[name].get("parent_id")) not in self.blocks:
                parts.append(self.joined([name], 0))
        for name in list(self.blocks):  # what is left hangs in a circle or under a parent that disowns it
            if name not in self.seen:
                parts.append(self.joined([name], 0))
        text = "\n\n".join(part for part in parts if part.strip())
        return DocxText(title, text + "\n" if text else "", dict(self.unread), self.embeds)

    def under(self, block: Json, depth: int) -> str:
        children = block.get("children")
        names = [name for name in children if isinstance(name, str)] if isinstance(children, list) else []
        return self.joined(names, depth)

    def joined(self, names: list[str], depth: int) -> str:
        """Blocks one below the other: a blank line between them, none between the items of a list."""
        text, before, number = "", "", 0
        for name in names:
            block = self.blocks.get(name)
            if block is None or name in self.seen:
                continue
            self.seen.add(name)
            kind = kind_of(block)
            number = _number(block, number) if kind == "ordered" else 0
            piece = self.block(kind, block, number, depth)
            if not piece.strip():
                continue
            tight = kind in _ITEMS and before in _ITEMS
            text += ("\n" if tight else "\n\n") * bool(text) + piece
            before = kind
        return text

    def block(self, kind: str, block: Json, number: int, depth: int) -> str:
        if kind == "table":
            return self.table(block, depth)
        below = self.under(block, depth + 1) if depth < MOST_DEPTH else ""
        if kind in ("quote_container", "callout"):
            return _quoted(below)
        own = self.own(kind, block, number)
        if kind in _ITEMS and below:
            return own + "\n" + _indented(below, len(f"{number}. ") if kind == "ordered" else 2)
        return "\n\n".join(part for part in (own, below) if part.strip())

    def own(self, kind: str, block: Json, number: int) -> str:
        """What a block says without its children."""
        data = block.get(kind)
        data = data if isinstance(data, dict) else {}
        if kind.startswith("heading"):
            words = " ".join(inline(elements_in(block), self.around).split())
            return f"{'#' * min(int(kind[7:]) + 1, 6)} {words}" if words else ""
        if kind in _ITEMS:
            return self.item(kind, block, number)
        if kind == "code":
            return _fenced(plain(elements_in(block), self.around), data)
        if kind == "quote":
            return _quoted(inline(elements_in(block), self.around))
        if maker := _KEPT_ELSEWHERE.get(kind):
            return maker(self, data)
        if kind in _WORDLESS:
            self.unread[kind] += 1
        return _BLOCK_MARK.sub(r"\1\\\2", inline(elements_in(block), self.around))

    def item(self, kind: str, block: Json, number: int) -> str:
        words = inline(elements_in(block), self.around)
        if kind == "ordered":
            mark = f"{number}. "
        elif kind == "todo":
            style = block["todo"].get("style") if isinstance(block.get("todo"), dict) else None
            done = isinstance(style, dict) and style.get("done") is True
            mark = "- [x] " if done else "- [ ] "
        else:
            mark = "- "
        return mark + words.replace("\n", "\n" + " " * (len(mark) if kind == "ordered" else 2))

    def table(self, block: Json, depth: int) -> str:
        data = block.get("table")
        data = data if isinstance(data, dict) else {}
        shape = data.get("property")
        shape = shape if isinstance(shape, dict) else {}
        names = data.get("cells") or block.get("children")
        cells = [self.cell(name, depth) for name in names] if isinstance(names, list) else []
        columns, merges = shape.get("column_size"), shape.get("merge_info")
        width = columns if isinstance(columns, int) and 0 < columns <= 1000 else max(len(cells), 1)
        drawn = table(spread(cells, width, merges if isinstance(merges, list) else []))
        left = self.under(block, depth + 1) if depth < MOST_DEPTH else ""
        return "\n\n".join(part for part in (drawn, left) if part)

    def cell(self, name: object, depth: int) -> str:
        """A cell's words in one line."""
        block = self.blocks.get(name) if isinstance(name, str) else None
        if block is None or name in self.seen or depth >= MOST_DEPTH:
            return ""
        self.seen.add(str(name))
        lines = (_unmarked(line) for line in self.under(block, depth + 1).splitlines())
        return " ".join(line for line in lines if line.strip())

    def ask(self, kind: str, token: object) -> str:
        if not isinstance(token, str) or not token:
            return ""
        self.embeds = True
        return self.embedded(kind, token).strip()

    def synced(self, data: Json) -> str:
        document, block = data.get("source_document_id"), data.get("source_block_id")
        return self.ask("synced", f"{document}/{block}") if document and block else ""


def _unmarked(line: str) -> str:
    """A line of a cell as words; a row of a table within it has its cells parted by commas."""
    bare = line.strip()
    if len(bare) > 3 and bare.startswith("| ") and bare.endswith(" |"):
        cells = _CELL_EDGE.split(bare[1:-1])
        line = ", ".join(words for cell in cells if (words := cell.strip().replace("\\|", "|")))
        return "" if not line.strip("-, ") else line
    return _LINE_MARK.sub("", line)


def _address(data: Json) -> str:
    component = data.get("component")
    url = str(component.get("url") or "") if isinstance(component, dict) else ""
    style = {"link": {"url": url}}
    return inline([{"text_run": {"content": url, "text_element_style": style}}]) if url else ""


def _caption(data: Json) -> str:
    caption = data.get("caption")
    return str(caption.get("content") or "").strip() if isinstance(caption, dict) else ""


_KEPT_ELSEWHERE: dict[str, Callable[[_Reading, Json], str]] = {
    "sheet": lambda reading, data: reading.ask("sheet", data.get("token")),
    "bitable": lambda reading, data: reading.ask("bitable", data.get("token")),
    "reference_synced": _Reading.synced,
    "file": lambda _, data: str(data.get("name") or ""),
    "image": lambda _, data: _caption(data),
    "iframe": lambda _, data: _address(data),
    "jira_issue": lambda _, data: str(data.get("key") or ""),
    "add_ons": lambda _, data: _fenced(text, {}) if (text := as_text(data.get("record"))) else "",
    "okr": lambda _, data: str(data.get("period_name_zh") or data.get("period_name_en") or ""),
}
"""Kinds whose words stand in fields of their own."""


def _number(block: Json, before: int) -> int:
    data = block.get("ordered")
    style = data.get("style") if isinstance(data, dict) else None
    given = str(style.get("sequence") or "") if isinstance(style, dict) else ""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 7 else before + 1


def _fenced(code: str, data: Json) -> str:
    if not code.strip():
        return ""
    style = data.get("style")
    number = style.get("language") if isinstance(style, dict) else None
    language = _LANGUAGES.get(number, "") if isinstance(number, int) else ""
    return fenced(code.strip("\n"), language)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines()) if text.strip() else ""


def _indented(text: str, width: int) -> str:
    return "\n".join(" " * width + line if line else "" for line in text.splitlines())


__all__ = ["DocxText", "Embedded", "names_in", "nothing", "people_in", "to_markdown"]
