"""The end of a half-written answer: what to hold back until it is clear what it becomes.

Feishu types a streaming text out as long as the old text is a beginning of the new one; a `**` that turns
into bold a moment later, or a `[1` that becomes a link, would make the whole text jump.
"""

from __future__ import annotations

_MAX_HELD = 200
"""Characters: an opening this old is taken for a literal."""


def hold_back(partial: str) -> str:
    """`partial` without an unfinished ending. Code that is still open is kept."""
    if _in_fence(partial):
        return _without_open_fence_line(partial)
    start = partial.rfind("\n") + 1
    done, line = partial[:start], partial[start:]
    if line.lstrip().startswith("|") or (not line and _lone_table_row(done)):
        return _without_lone_row(done)
    if line.strip() in ("-", "*", "+", "#", "##", "###", ">", "`", "``", "---", "--") or _only_digits(line):
        return done
    return done + line[: _safe_end(line)]


def _in_fence(text: str) -> bool:
    """Whether an odd number of fences was opened so far."""
    fence = ""
    for line in text.split("\n"):
        stripped = line.strip()
        if not fence and stripped.startswith(("```", "~~~")):
            fence = stripped[:3]
        elif fence and stripped.startswith(fence) and not stripped.strip(fence[0]):
            fence = ""
    return bool(fence)


def _without_open_fence_line(text: str) -> str:
    """The language after an opening fence may still be growing: the fence waits for its first line."""
    start = text.rfind("\n") + 1
    last = text[start:].strip()
    return text[:start] if last.startswith(("```", "~~~")) or (last and not last.strip("`~")) else text


def _lone_table_row(done: str) -> bool:
    """Whether the last whole line looks like a table's header whose next line is still to come."""
    lines = done.rstrip("\n").split("\n")[-2:]
    return lines[-1].lstrip().startswith("|") and not (len(lines) > 1 and lines[0].lstrip().startswith("|"))


def _without_lone_row(done: str) -> str:
    return done[: done.rstrip("\n").rfind("\n") + 1] if _lone_table_row(done) else done


def _only_digits(line: str) -> bool:
    return line.strip().rstrip(".)").isdigit()


def _safe_end(line: str) -> int:
    """Where the first opening without a closing stands; the line's length when there is none."""
    end = len(line)
    for opening, closing in (("`", "`"), ("**", "**"), ("~~", "~~"), ("[", "]"), ("$", "$"), ("\\(", "\\)")):
        position = _last_unclosed(line, opening, closing)
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
    while end and line[end - 1] in "*~[!\\":
        end -= 1
    return end
