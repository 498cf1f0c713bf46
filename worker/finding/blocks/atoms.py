"""A section -> atoms: the smallest pieces that say something whole and may be shown alone.

A paragraph, a list with the sentence that announces it, a command with the sentence before it, an item of a
long list, a row of a long table, an entry of a list of questions. Whatever is shown is one or more whole
atoms, so that no card ends in the middle of a thought. A line in bold and a question stand like headings
over what follows them, because many pages of questions and answers have no other.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.config.fences import opening
from worker.finding.blocks.labels import (
    are_other_ways,
    captions_below,
    is_caption,
    labelled,
    title_of_fence,
    untitled,
)
from worker.finding.blocks.pieces import (
    ITEM,
    LONGEST,
    is_output,
    items_of,
    lists_options,
    parts_of_code,
    pieces_of,
)
from worker.finding.blocks.tidy import one_line, tidied
from worker.sentences import MarkdownBlock, blocks, pieces_of_prose

WHOLE_LIST = 220
"""A list of at most so many characters is one atom."""
LONG_ITEM = 400
"""A longer item with blocks in it, such as a step with its commands and remarks, is taken apart."""
WHOLE_TABLE = 6
"""A table of at most so many rows is one atom."""
LONGEST_COMMAND = 400
"""Code of at most so many characters, with what announces it, is shown above the code right below it."""
PARTS = 1000
"""Groups of the parts of an item are numbered from so many times its own on."""
CONTENTS = 0.7
"""A list with this share of lines that are links is a table of contents."""
_LINK = re.compile(r"\[([^\[\]\n]*+)\]\([^()\n]*+\)")
_PADDING = re.compile(r"(?<![ \t])[ \t]{2,}+(?=\|)|(?<=\|)[ \t]{2,}+")
_RULE = re.compile(r"[ \t|:-]++")
_LINK_ITEM = re.compile(
    r"\A\s*+(?:[-*+]|\d++[.)])\s++(?:\*\*)?\[[^\[\]]*+\]\((?![a-z]{1,20}:)[^()]*+\)(?:\*\*)?\s*+[.。;；]?\s*+"
)
_FULL_STOPS = ("。", "！", ".", "!", "；", ";", "，", ",")
_BOLD = re.compile(r"\A\s*+(?:\*\*|__)([^*\n]{2,160}?)(?:\*\*|__)\s*+[:：]?\s*+")
_NAME_ITEM = re.compile(r"\A\s*+[-*+] {1,3}(?:\*\*|`)([^*`\n]{2,80})(?:\*\*|`)\s*+[:：]?\s*+")
_QUESTION = re.compile(
    r"\A\s*+(?:[-*+]\s++)?(?:\*\*|__)?\s*+(?:(?:Q|问题?)\s*+\d*+\s*+[.:：、]\s*+)?"
    r"([^\n]{4,200}?[?？])\s*+(?:\*\*|__)?\s*+"
)
_MARKED_QUESTION = re.compile(
    r"\A\s*+(?:\*\*|__)?\s*+(?:Q(?:uestion)?|问题?)\s*+\d*+\s*+[.:：]\s*+([^\n]{4,200}?)\s*+(?:\*\*|__)?\s*+"
)
_LABELS = frozenset(
    [
        "note",
        "warning",
        "tip",
        "info",
        "hint",
        "caution",
        "important",
        "danger",
        "attention",
        "注意",
        "提示",
        "警告",
        "说明",
        "备注",
        "重要",
    ]
)
"""Words that only say what kind of remark follows."""


@dataclass(frozen=True)
class Atom:
    """Something whole. `text` is Markdown as it is shown."""

    text: str
    kind: str
    """'paragraph', 'code', 'list', 'item', 'table', 'row' or 'quote'."""
    heading: str = ""
    """The bold line or the question that it stands under inside its section."""
    lead: str = ""
    """What announces it and is shown above it: a sentence before an item, the head of a table."""
    group: int = 0
    """Atoms of one list or table share it."""
    at: int = 0
    """Which row of a table or option of a list of options it is, from 1 on."""
    of: int = 0
    """How many rows or options there are."""

    @property
    def is_code(self) -> bool:
        """Whether it is code to be run or written, and no option that says what it does."""
        return self.kind == "code" and not self.of

    @property
    def shown(self) -> str:
        """The atom by itself, with what announces it."""
        joint = "\n" if self.kind == "row" else "\n\n"
        return f"{self.lead}{joint}{self.text}" if self.lead else self.text

    @cached_property
    def told(self) -> str:
        """What it says, with the sentence that announces it; of a row without the table's head."""
        return self.text if self.kind == "row" or not self.lead else f"{self.lead}\n\n{self.text}"

    @cached_property
    def plain(self) -> str:
        """What its meaning is taken from: a line without marks; of a name with underlines its words."""
        return one_line(f"{self.lead if self.kind == 'item' else ''} {self.text}".replace("_", " "))

    @cached_property
    def seen(self) -> int:
        """Characters that a reader sees of the text: of a link its words, of a table's cells no padding."""
        text = without_padding(self.text) if self.kind in ("row", "table") else self.text
        return len(_LINK.sub(r"\1", text) if self.kind != "code" else text)


def without_padding(table: str) -> str:
    """A table's lines without the blanks and dashes that only line up its columns in the source."""
    lines = (_PADDING.sub(" ", line) for line in table.splitlines())
    return "\n".join(re.sub("-{4,}", "---", line) if _RULE.fullmatch(line) else line for line in lines)


def atoms_of(markdown: str) -> list[Atom]:
    """The atoms of a section's text, in order; signposts, images and empty blocks are left out."""
    found: list[Atom] = []
    heading = above = ""
    announced = ""
    bold: Atom | None = None
    parts = blocks(tidied(markdown))
    below = captions_below(parts)
    for group, (block, label) in enumerate(zip(parts, labelled(parts), strict=True)):
        if label is None:
            announced = ""
            continue
        title = _heading(block) or _name_above(parts, group)
        if title:
            found += [bold] if bold else []
            above = above if bold else heading
            bold = _bold_line(block, above, group)
            heading, announced = title, ""
            continue
        if _leads_elsewhere(block) or _is_empty(block):
            announced = ""
            continue
        bold = None
        if is_caption(block) and below and found and found[-1].group == group - 1 and _is_shown(found[-1]):
            found[-1] = replace(found[-1], lead=_joined(block.text.strip(), found[-1].lead))
            announced = ""
            continue
        for atom in _of_block(block, group):
            over = atom.heading or (_under(heading, label) if label else heading)
            found.append(replace(atom, heading=over, lead=_joined(announced, atom.lead)))
        announced = ""
        if (_announces(block.text) or (is_caption(block) and not below)) and len(block.text) < WHOLE_LIST:
            announced = found.pop().text if found else ""
    if announced:
        found.append(Atom(_without_announcement(announced), "paragraph", heading))
    found += [bold] if bold else []
    return [atom for atom in _with_code(found) if len(atom.text) <= LONGEST]


def _under(heading: str, label: str) -> str:
    """A label below the bold line that it stands under."""
    return f"{heading}: {label}" if heading else label


def _heading(block: MarkdownBlock) -> str:
    """The title that a block is, for what stands below; empty for anything that says something itself."""
    if block.kind == "heading":
        return one_line(block.text)
    if block.kind != "paragraph":
        return ""
    match = (
        _bold_title(block.text) or _MARKED_QUESTION.fullmatch(block.text) or _QUESTION.fullmatch(block.text)
    )
    return one_line(match.group(1)) if match else ""


def _name_above(parts: Sequence[MarkdownBlock], place: int) -> str:
    """The name that is all there is of a list of one item, where the paragraph below says what it is."""
    below = parts[place + 1] if place + 1 < len(parts) else None
    if parts[place].kind != "list" or below is None or below.kind != "paragraph":
        return ""
    name = _NAME_ITEM.fullmatch(parts[place].text)
    return name.group(1) if name else ""


def _bold_title(text: str) -> re.Match[str] | None:
    """A line in bold that is no sentence."""
    match = _BOLD.fullmatch(text)
    return match if match and not match.group(1).rstrip().endswith(_FULL_STOPS) else None


def _bold_line(block: MarkdownBlock, heading: str, group: int) -> Atom | None:
    """A line in bold as what it says itself, if nothing stands below it: no title, but an emphasis."""
    bold = block.kind == "paragraph" and _BOLD.fullmatch(block.text)
    return Atom(block.text.strip(), "paragraph", heading, group=group) if bold else None


def _of_block(block: MarkdownBlock, group: int) -> Iterator[Atom]:
    text = block.text.strip("\n")
    if block.kind == "list":
        items = items_of(text)
        questions = any(_item_question(item) for item in items)
        if len(text) <= WHOLE_LIST and not (questions and len(items) > 1):
            yield Atom(text, "list", _item_title(text) if len(items) == 1 else "", group=group)
            return
        for item in items:
            yield from _of_item(item, group)
    elif block.kind == "table":
        lines = text.splitlines()
        if len(lines) - 2 <= WHOLE_TABLE and len(text) <= 2 * WHOLE_LIST:
            yield Atom(text, "table", group=group)
            return
        head = "\n".join(lines[:2])
        for at, line in enumerate(lines[2:], 1):
            yield Atom(line, "row", lead=head, group=group, at=at, of=len(lines) - 2)
    elif block.kind == "code":
        parts = list(parts_of_code(text))
        listed = lists_options(text)
        for at, part in enumerate(parts, 1):
            yield Atom(part, "code", group=group, at=at if listed else 0, of=len(parts) if listed else 0)
    else:
        yield from _of_prose(block.kind, text, group)


def _of_item(item: str, group: int) -> Iterator[Atom]:
    """The item; of a long one the blocks in it, each under its first line."""
    first, *rest = item.split("\n\n", 1)
    parts = atoms_of(textwrap.dedent(rest[0])) if rest and len(item) > LONG_ITEM else []
    if len(parts) < 2 or len(first) > WHOLE_LIST:
        yield Atom(item, "item", _item_title(item), group=group)
        return
    for place, part in enumerate(parts):
        own = part.group if part.kind == "row" else place  # rows of a table stay together
        yield replace(part, lead=_joined(first, part.lead), group=PARTS * (group + 1) + own)


def _of_prose(kind: str, text: str, group: int) -> list[Atom]:
    if kind == "quote":
        return [Atom(text, "quote", group=group)]
    return [Atom(piece, "paragraph", group=group) for piece in pieces_of(text)]


def _item_title(item: str) -> str:
    """The line in bold or the question that all of an item stands under; empty for any other item."""
    first, *rest = item.split("\n", 1)
    title = ITEM.sub("", first)
    match = _bold_title(title) or _MARKED_QUESTION.fullmatch(title) or _QUESTION.fullmatch(title)
    return one_line(match.group(1)) if match and rest else ""


def _item_question(item: str) -> bool:
    first = ITEM.sub("", item.splitlines()[0])
    return bool(_QUESTION.fullmatch(first) or _MARKED_QUESTION.match(first))


def _with_code(atoms: list[Atom]) -> list[Atom]:
    """A command is joined to the sentence before it, which says what it does; code right below it to both.

    That is its output, which says nothing by itself, or what is done next.
    """
    joined: list[Atom] = []
    for atom in atoms:
        above = joined[-1] if joined else None
        if not above or atom.kind != "code" or atom.lead or above.heading != atom.heading:
            joined.append(atom)
        elif _explains(above):
            joined[-1] = replace(atom, lead=_joined(above.lead, above.text))
        elif _goes_before(above, atom):
            joined.append(replace(atom, lead=_titled(above).shown))
        else:
            joined.append(atom)
    return [_titled(atom) for atom in joined]


def _titled(atom: Atom) -> Atom:
    """Code with the name that stands in its fence above it."""
    title = title_of_fence(atom.text) if atom.kind == "code" else ""
    return replace(atom, lead=_joined(atom.lead, title), text=untitled(atom.text)) if title else atom


def _goes_before(above: Atom, atom: Atom) -> bool:
    """Whether code belongs to the code above it, and is not the same for another packager."""
    other_way = are_other_ways(above.text, atom.text) and not is_output(atom.text)
    close = above.group + 1 == atom.group and not title_of_fence(atom.text)
    return above.kind == "code" and close and len(above.shown) <= LONGEST_COMMAND and not other_way


def _is_shown(atom: Atom) -> bool:
    """Whether it is what a caption is of."""
    return atom.kind in ("code", "table", "row")


def _explains(atom: Atom) -> bool:
    return atom.kind == "paragraph" and len(atom.text) <= WHOLE_LIST


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _announces(text: str) -> bool:
    """Whether it ends with a colon: what follows is its other half."""
    return text.rstrip().rstrip("*").rstrip().endswith((":", "："))


def _without_announcement(text: str) -> str:
    """The sentences before the one that announces what is not there; itself where there is no other."""
    *whole, _ = pieces_of_prose(text) or [text]
    return "".join(whole).strip() or text


def _leads_elsewhere(block: MarkdownBlock) -> bool:
    """Whether this is a list of links within the site, and next to nothing else: a table of contents."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    links = sum(bool(_LINK_ITEM.fullmatch(line)) for line in lines)
    return block.kind == "list" and (links == len(lines) or (links > 2 and links >= CONTENTS * len(lines)))


def _is_empty(block: MarkdownBlock) -> bool:
    if block.kind == "other":
        return True
    if block.kind != "code":
        return not re.search(r"\w", block.text) or one_line(block.text).strip(" :：!！").lower() in _LABELS
    first, *rest = block.text.strip().splitlines()
    return opening(first) is not None and not any(line.strip(" `~") for line in rest)
