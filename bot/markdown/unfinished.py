"""The end of a half-written answer: what to hold back until it is clear what it becomes.

Feishu types a streaming text out as long as the old text is a beginning of the new one; a `**` that turns
into bold a moment later, or a `[1` that becomes a link, would make the whole text jump.
"""

from __future__ import annotations

import re

from bot.config.fences import FenceReader, State, may_hold

_MAX_HELD = 200
"""Characters: an opening this old is taken for a literal."""
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9*_\\])(\*{1,3}|_{1,3})(?=[^\s*_])")
_GROWING = re.compile(
    r"(?<![A-Za-z0-9])(?:h|ht|htt|https?|https?:/?|https?://[!-~]{0,200})\Z|&#?\w{0,200}\Z", re.ASCII
)
"""An address that may go on, or half an entity."""
_PAIRS = (("`", "`"), ("**", "**"), ("~~", "~~"), ("[", "]"), ("$", "$"), ("$$", "$$"), ("\\(", "\\)"))
_FORMULA_MARKS = {"$$": "$$", "\\[": "\\]"}


def hold_back(partial: str) -> str:
    """`partial` without an unfinished ending. Code that is still open is kept."""
    start = partial.rfind("\n") + 1
    done, line = partial[:start], partial[start:]
    state = _last_state(partial)
    if state in ("opens", "inside"):
        return done if state == "opens" or (line.strip() and not line.strip(" \t>`~")) else partial
    if state == "closes":
        return partial
    done, whole = _without_open_formula(done)
    if not whole:
        return done
    if not line or line.lstrip().startswith("|"):
        return _without_young_table(done)
    if line.strip() in ("-", "*", "+", "#", "##", "###", ">", "`", "``", "---", "--") or _only_digits(line):
        return done
    return done + line[: _safe_end(line)]


def settled_parts(text: str) -> list[str]:
    """The text in parts that mean the same read one by one, cut before paragraphs that start anew.

    A part begins after an empty line, outside code, with a line that can neither belong to the list above nor
    begin one itself.
    """
    parts = [""]
    reader = FenceReader()
    empty = False
    for line in text.split("\n"):
        if not reader.fence and empty and line[:1].isalnum() and not line[:1].isdecimal():
            parts.append("")
        reader.read(line)
        empty = not line.strip()
        parts[-1] += f"{line}\n"
    return parts


def _last_state(text: str) -> State:
    """What the last line is to a block of code. An opening one waits: its language may still be growing."""
    if not may_hold(text):
        return ""
    reader = FenceReader()
    state: State = ""
    for line in text.split("\n"):
        state = reader.read(line)
    return state


def _without_open_formula(done: str) -> tuple[str, bool]:
    """Whole lines before a formula of several lines that has no end yet, and whether that is all of them."""
    closing, start, position = "", 0, 0
    reader = FenceReader()
    for line in done.splitlines(keepends=True):
        mark = line.strip()
        reader.read(line)
        if closing:
            closing = "" if mark == closing else closing
        elif not reader.fence and mark in _FORMULA_MARKS:
            closing, start = _FORMULA_MARKS[mark], position
        position += len(line)
    held = bool(closing) and len(done) - start < _MAX_HELD
    return (done[:start], False) if held else (done, True)


def _without_young_table(done: str) -> str:
    """Whole lines without a table at their end that has no row below its header and rule yet."""
    lines = done.removesuffix("\n").split("\n")
    rows = 0
    while rows < min(len(lines), 3) and lines[-1 - rows].lstrip().startswith("|"):
        rows += 1
    return "\n".join([*lines[:-rows], ""]) if rows in (1, 2) else done


def _only_digits(line: str) -> bool:
    return line.strip().rstrip(".)").isdecimal()


def _safe_end(line: str) -> int:
    """Where the first opening without a closing stands; the line's length when there is none."""
    end = len(line)
    found = [_last_unclosed(line, opening, closing) for opening, closing in _PAIRS]
    found += [mark.start() for mark in _EMPHASIS.finditer(line) if line.find(mark[1], mark.end()) < 0]
    if growing := _GROWING.search(line):
        found.append(growing.start())
    for position in found:
        if position >= 0 and len(line) - position < _MAX_HELD:
            end = min(end, position)
    return _before_link(line, end)


def _last_unclosed(line: str, opening: str, closing: str) -> int:
    if opening == closing:
        return line.rfind(opening) if line.count(opening) % 2 else -1
    position = line.rfind(opening)
    return position if position >= 0 and line.find(closing, position) < 0 else -1


def _before_link(line: str, end: int) -> int:
    """A link's address may still be growing: `[text](https://exa`; a sign may be half of a delimiter."""
    opened = line.rfind("](", 0, end)
    if opened >= 0 and ")" not in line[opened:end]:
        start = line.rfind("[", 0, opened)
        return start - 1 if start > 0 and line[start - 1] == "!" else max(start, 0)
    start = line.rfind("[", 0, end)
    if start >= 0 and line[:end].endswith("]") and not line[start + 1 : end - 1].isdecimal():
        return start
    if any(line.find(mark[1], mark.end(), end) == end - len(mark[1]) for mark in _EMPHASIS.finditer(line)):
        return end
    while end and (line[end - 1] in "[!\\" or _is_single(line, end - 1)):
        end -= 1
    return end


def _is_single(line: str, position: int) -> bool:
    """Whether a `*`, `_` or `~` stands alone so far; doubled ones were looked at before."""
    return line[position] in "*_~" and line[position - 1 : position] != line[position]
