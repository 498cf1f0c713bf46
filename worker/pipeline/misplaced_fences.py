"""Fences of code where models put them and Markdown has none: around the whole answer, and behind a colon.

Read as Markdown has it, an answer between ` ```markdown ` and ` ``` ` is one block of code with its own code
half inside, and the commands behind `Run:```shell` are prose, in which citations are added and dropped.
"""

from __future__ import annotations

import re

from bot.config.fences import RUN, FenceReader

_WRAPPED = re.compile(rf"\A\s*+({RUN})[ \t]*+(?:markdown|md)[ \t]*+\r?\n", re.IGNORECASE)
_FENCE = re.compile(rf"^ {{0,3}}({RUN})[ \t]*+(\S*)", re.MULTILINE)
_CITATION = re.compile(r"\[\d{1,2}\]")
_HELD = re.compile(r"(?>(?:[ \t]*+>)*)[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?")
"""What makes a line one of a quote, or the first of an item."""
_BARE_FENCE = re.compile(r"`{3,}[\w+#.-]{0,20}")


def set_right(text: str, *, finished: bool) -> str:
    """`text` with its fences on lines of their own, and none around the whole of it once it is `finished`."""
    if "```" not in text and "~~~" not in text:
        return text
    return _parted(_unwrapped(text), finished=True) if finished else _parted(text, finished=False)


def _unwrapped(text: str) -> str:
    """What is between, where the whole answer stands in a block of Markdown.

    One that shows Markdown, and nothing else, cites nothing and holds no other code.
    """
    begins = _WRAPPED.match(text)
    if begins is None:
        return text
    inside = text[begins.end() :].rstrip()
    fences = [found for found in _FENCE.finditer(inside) if found[1].startswith(begins[1])]
    ends = fences[-1] if fences else None
    if ends is None or ends[2] or ends.end() != len(inside):
        return text
    whole = len(fences) == 1 or bool(fences[0][2])  # else it ends before, and another block ends the answer
    holds = len(fences) > 1 or "```" in inside[: ends.start()] or _CITATION.search(inside)
    return inside[: ends.start()].rstrip() + "\n" if whole and holds else text


def _parted(text: str, *, finished: bool) -> str:
    """Fences behind a colon, each on a line of its own.

    Of a finished text those that are closed, or name a language and were cut off.
    """
    reader, lines = FenceReader(), list[str]()
    written = text.split("\n")
    last = max((number for number, line in enumerate(written) if _closes(line)), default=-1)
    for number, line in enumerate(written):
        is_fence = number < last or not finished or not line.rstrip().endswith("`")
        may_open = is_fence and reader.fence is None and "```" in line
        for part in _behind_colon(line) if may_open else (line,):
            reader.read(part)
            lines.append(part)
    return "\n".join(lines)


def _closes(line: str) -> bool:
    """Whether a line may end a block."""
    bare = line.strip(" \t>")
    return len(bare) > 2 and not bare.strip("`")


def _behind_colon(line: str) -> tuple[str, ...]:
    """What stands before a fence and the fence, where the line is no more than that.

    The fence stays in the quote and the item that the line is in: only there does its end close it.
    """
    text, marks, info = line.partition("```")
    fence = f"{marks}{info}".rstrip()
    glued = text.rstrip().endswith((":", "：", ".", "。")) and _BARE_FENCE.fullmatch(fence)
    if not glued or text.isspace():
        return (line,)
    held = _HELD.match(text)
    within = "".join(sign if sign in "> \t" else " " for sign in held[0]) if held else ""
    return text.rstrip(), within + fence
