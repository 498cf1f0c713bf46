"""Code between fences in Markdown: where it begins and ends, and how it is written. The one place that knows.

The rules are CommonMark's (spec 0.31, 4.5, 5.1 and 5.2): a run of three or more backticks or tildes, at most
three spaces in, opens a block; a run of the same mark at least as long, with nothing behind it, closes it; so
does the end of the list item or quote in which it stands, and the end of the text. HTML blocks are not told
apart: what stands between fences is code to its author there too. One pass, line by line, so that a text that
grows can be read as it grows, in a tenth of the time that a whole parser takes.

It stands in this room because every package may import from here, as `aside` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

RUN = r"(?:`{3,}+|~{3,}+)"
"""Expression of the marks of a fence, for patterns that look for one beside other things."""
MOST_NESTED = 20
"""Lists and quotes in each other; what nests deeper is read as text, as by most parsers."""

_OPENING = re.compile(r"\A(`{3,}+(?=[^`]*$)|~{3,}+)(.*)$")
_QUOTE = 0
"""Stands for a quote among the containers; a list item is the width of what stands before its text."""
_ITEM = re.compile(r"\A(?:[-+*]|(\d{1,9})[.)])(?=\s|$)")
_RULE = re.compile(r"\A(?:(?>(?:\*[ \t]*+){3,})|(?>(?:-[ \t]*+){3,})|(?>(?:_[ \t]*+){3,}))$")
_HEADING = re.compile(r"\A#{1,6}(?:\s|$)")
_UNDERLINE = re.compile(r"\A(?:=++|-++)\s*+$")

State = Literal["", "opens", "inside", "closes"]


@dataclass(frozen=True)
class Fence:
    """A line that opens a block of code."""

    marks: str
    """The run of backticks or tildes."""
    info: str
    """What stands behind it, the language first."""
    lead: str
    """What stands before it: blanks, and the marks of lists and quotes; tabs as blanks."""

    def closed_by(self, line: str) -> bool:
        """Whether this line, without what its containers put before it, closes the block."""
        run = line.strip()
        return len(run) >= len(self.marks) and not run.strip(self.marks[0])

    @property
    def closing(self) -> str:
        """The line that closes the block in the same list item or quote."""
        lead = re.sub(r">(?! )", "> ", self.lead)  # one blank behind a quote's mark is the mark's own
        return re.sub(r"[^\s>]", " ", lead) + self.marks


def opening(line: str) -> Fence | None:
    """The fence that a line opens, whatever blanks stand before it; None where it opens none.

    For a line that is looked at by itself; where the text is at hand, `FenceReader` tells code from text.
    """
    text = line.lstrip()
    found = _OPENING.match(text.rstrip("\r\n"))
    return Fence(found[1], found[2].strip(), line[: len(line) - len(text)]) if found else None


def may_hold(markdown: str) -> bool:
    """Whether there can be a fence at all: the quick look before a reading."""
    return "```" in markdown or "~~~" in markdown


class FenceReader:
    """Reads a text line by line and says of each what it is to a block of code.

    `deep` also takes fences further in than three spaces: generators of documentation indent what stands in
    their admonitions and tabs, and CommonMark would take that for indented code.
    """

    def __init__(self, *, deep: bool = False) -> None:
        self.fence: Fence | None = None
        """The block that is open after the last line read."""
        self._most_indent = 10**9 if deep else 3
        self._within: list[int] = []
        self._most_closing = 3
        self._paragraph = False
        self._bare_item = False

    def read(self, line: str) -> State:
        """What the next line is; `line` comes with or without its end."""
        text = line.rstrip("\r\n")
        text = text.expandtabs(4) if "\t" in text else text
        matched, place = self._matched(text)
        if self.fence is not None:
            if matched == len(self._within):
                return self._inside(text[place:])
            self.fence = None
            self._paragraph = False
        if not text[place:].strip():
            self._blank(matched)
            return ""
        self._bare_item = False
        matched, place = self._begun(text, matched, place)
        return self._leaf(text, matched, place)

    def is_indented(self, line: str) -> bool:
        """Whether the next line would be code by its indent alone: outside lists, quotes and paragraphs."""
        text = line.expandtabs(4)
        indent = len(text) - len(text.lstrip(" "))
        return indent > 3 and self.fence is None and not (self._within or self._paragraph)

    def _matched(self, text: str) -> tuple[int, int]:
        """How many of the open lists and quotes the line goes on with, and where its own text begins."""
        place = 0
        for number, width in enumerate(self._within):
            rest = text[place:]
            indent = len(rest) - len(rest.lstrip(" "))
            if width == _QUOTE and rest[indent : indent + 1] == ">":  # However far in: so does markdown-it.
                place += indent + 1 + (rest[indent + 1 : indent + 2] == " ")
            elif width != _QUOTE and (indent >= width or not rest.strip()):
                place += min(width, len(rest))
            else:
                return number, place
        return len(self._within), place

    def _inside(self, rest: str) -> State:
        """A line of an open block."""
        fence = self.fence
        assert fence is not None  # noqa: S101  # nosec B101: for the type checker
        indent = len(rest) - len(rest.lstrip(" "))
        if indent > self._most_closing or not fence.closed_by(rest):
            return "inside"
        self.fence = None
        return "closes"

    def _blank(self, matched: int) -> None:
        """An empty line ends a paragraph, a quote, and an item that has not begun yet."""
        self._paragraph = False
        del self._within[matched - self._bare_item if matched == len(self._within) else matched :]
        self._bare_item = False

    def _begun(self, text: str, matched: int, place: int) -> tuple[int, int]:
        """Opens the lists and quotes that begin in this line; the same two numbers after them."""
        while matched < MOST_NESTED:
            rest = text[place:]
            indent = len(rest) - len(rest.lstrip(" "))
            begun = rest[indent:]
            if indent > 3 or not begun:
                break
            if begun.startswith(">"):
                width, step = _QUOTE, indent + 1 + (begun[1:2] == " ")
            elif not (width := self._item(begun, interrupts=matched == len(self._within))):
                break
            else:
                width += indent
                step = min(width, len(rest))
            self._within[matched:] = [width]
            self._paragraph = False
            matched += 1
            place += step
        return matched, place

    def _item(self, begun: str, *, interrupts: bool) -> int:
        """The width of a list item's mark with the blanks behind it; 0 where none begins."""
        found = _ITEM.match(begun)
        if found is None or _RULE.match(begun):
            return 0
        after = begun[found.end() :]
        blanks = len(after) - len(after.lstrip(" "))
        empty = not after.strip()
        if self._paragraph and interrupts and (empty or (found[1] is not None and int(found[1]) != 1)):
            return 0
        self._bare_item = empty
        return found.end() + (1 if empty or blanks > 4 else blanks)

    def _leaf(self, text: str, matched: int, place: int) -> State:
        rest = text[place:]
        begun = rest.lstrip(" ")
        indent = len(rest) - len(begun)
        found = _OPENING.match(begun) if indent <= self._most_indent else None
        if found:
            del self._within[matched:]
            self._paragraph, self._most_closing = False, indent + 3 if indent > 3 else 3
            self.fence = Fence(found[1], found[2].strip(), text[: place + indent])
            return "opens"
        breaks = indent <= 3 and bool(_RULE.match(begun) or _HEADING.match(begun))
        if matched < len(self._within) and self._paragraph and not breaks:
            return ""  # A lazy line: it goes on with the paragraph of the quote or item above.
        del self._within[matched:]
        underlined = self._paragraph and indent <= 3 and bool(_UNDERLINE.match(begun))
        self._paragraph = bool(begun) and not breaks and not underlined and (self._paragraph or indent <= 3)
        return ""


@dataclass(frozen=True)
class Stretch:
    """Lines that are one block of code, with its fences, or what stands between two blocks."""

    text: str
    """The lines as written, with their ends; joined, the stretches are the text."""
    fence: Fence | None
    """The fence that opens it; None for a text."""
    closed: bool = True
    """Whether a fence closes it."""


def stretches(markdown: str, *, deep: bool = False) -> Iterator[Stretch]:
    """The text cut where code begins and ends."""
    if not may_hold(markdown):
        yield Stretch(markdown, None)
        return
    reader = FenceReader(deep=deep)
    kept: list[str] = []
    fence: Fence | None = None
    for line in re.findall(r"[^\n]*+\n|[^\n]++", markdown):
        state = reader.read(line)
        if kept and (state == "opens" or (fence is not None and not state)):
            yield Stretch("".join(kept), fence, closed=fence is None)
            kept, fence = [], None
        kept.append(line)
        if state == "opens":
            fence = reader.fence
        elif state == "closes":
            yield Stretch("".join(kept), fence)
            kept, fence = [], None
    if kept:
        yield Stretch("".join(kept), fence, closed=fence is None)


def fenced_lines(markdown: str) -> list[tuple[int, int]]:
    """Where blocks of fenced code stand: (number of the first line, that after the last)."""
    found, line = [], 0
    for stretch in stretches(markdown):
        start, line = line, line + stretch.text.count("\n")
        if stretch.fence is not None:
            found.append((start, line if stretch.text.endswith("\n") else line + 1))
    return found


def outside(markdown: str, change: Callable[[str], str], *, deep: bool = False) -> str:
    """The text with what is not code between fences changed."""
    return "".join(
        stretch.text if stretch.fence is not None else change(stretch.text)
        for stretch in stretches(markdown, deep=deep)
    )


def prose(markdown: str) -> str:
    """The text without its code; a block that is never closed stays, for its fence may be a slip."""
    found = stretches(markdown, deep=True)
    return "".join(one.text for one in found if one.fence is None or not one.closed)


def open_fence(markdown: str, *, deep: bool = False) -> Fence | None:
    """The fence of the block in which the text ends; None where it ends in none."""
    if not may_hold(markdown):
        return None
    reader = FenceReader(deep=deep)
    for line in markdown.split("\n"):
        reader.read(line)
    return reader.fence


def fenced(code: str, language: str = "") -> str:
    """A block of code whose fence is longer than any run of backticks in it; no line end behind it."""
    marks = "`" * max(3, longest_run(code, "`") + 1)
    return f"{marks}{' '.join(language.replace('`', ' ').split())}\n{code}\n{marks}"


def longest_run(text: str, sign: str) -> int:
    """Length of the longest run of one character."""
    return max((len(list(run)) for letter, run in groupby(text) if letter == sign), default=0)
