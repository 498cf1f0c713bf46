"""What a block of Markdown is taken apart into where it is too long to be shown whole.

Whole sentences of a paragraph, items of a list, paragraphs of code: nothing in brackets is parted, no fence
is left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.config.fences import opening
from index.text.chinese import is_chinese
from worker.sentences import pieces_of_prose

PIECE = 150
"""A paragraph is taken in pieces of whole sentences, about so many characters each."""
WRAPPED = 40
"""A line with fewer characters is not one that was wrapped."""
LONGEST = 1500
"""A longer code block or piece of a paragraph is not shown."""
LONGEST_CODE_LINES = 24
"""A longer block of code is taken in parts."""
PART_LINES = 10
"""Lines of such a part, as far as its blank lines allow."""
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|dr|mr|mrs|ms|st|inc|ltd|[A-Z])\.)\s*+\Z", re.IGNORECASE
)
_PRINTED = frozenset({"text", "txt", "output", "log", "plaintext", "plain", "none", "stdout"})
_SHELLS = frozenset(
    {"sh", "bash", "shell", "console", "zsh", "fish", "powershell", "ps1", "pwsh", "cmd", "bat", "terminal"}
)
_PROMPT = re.compile(r"^[ \t]*(?:\w{0,30}(?:=#|>) \S|\+-{3,}|\|-{3,}|[-+|]{9,})", re.MULTILINE)
_BEFORE_CODE = re.compile(
    r"<\?php|(?:#?include|@?import|from|namespace|package|use|using|require|require_once|declare|library)\b"
    r"|(?:const|let|var) [^=\n]{1,60}+= ?require\b|(?:\w{1,40}+ )?\"[^\"\s]{1,120}+\"[,;]?\Z"
    r"|\w{1,40}+,\Z|\} from\b"
    r"|[(){}\[\];]{0,9}+\Z|//|#|--|/?\*"
)
"""How a line above the code itself begins: imports, the name of the package, remarks, blank lines."""
_OPTION = re.compile(r"--?[A-Za-z?]")
"""How a line of what `--help` prints begins, where it tells an option."""
OPTIONS = 6
"""So many lines of options in a block of code are a list of them, each of which says something alone."""
ITEM = re.compile(r"^(?:[-*+]|\d{1,3}[.)])\s+")


def parts_of_code(text: str) -> Iterator[str]:
    """The block; of a long one its paragraphs, those between blank lines, several as far as they are short;
    of a list of options each option.

    Each is fenced as the block is. A paragraph that is too long by itself is left out.
    """
    lines = text.splitlines()
    listed = lists_options(text)
    if not listed and len(lines) <= LONGEST_CODE_LINES and len(text) <= LONGEST:
        yield text
        return
    fence = opening(lines[0].strip())
    if fence:
        closed = lines[-1].strip(" `~") == "" and len(lines) > 1
        body, first, last = lines[1 : -1 if closed else None], lines[:1], [fence.closing]
    else:
        body, first, last = lines, [], []
    for part in _options(body) if listed else _paragraphs(body):
        if len(part) <= LONGEST_CODE_LINES:
            yield "\n".join([*first, *part, *last])


def is_output(code: str) -> bool:
    """Whether a block of code is what a command printed: by its language, or a prompt or a frame in it."""
    first, _, rest = code.lstrip().partition("\n")
    fence = opening(first)
    return bool(fence and fence.info.strip().lower() in _PRINTED) or _PROMPT.search(rest) is not None


def is_command(code: str) -> bool:
    """Whether a block of code is what one types into a shell, by its language."""
    fence = opening(code.lstrip().split("\n", 1)[0])
    language = fence.info.split()[:1] if fence else []
    return bool(fence) and (not language or language[0].lower() in _SHELLS) and not is_output(code)


def lists_options(code: str) -> bool:
    """Whether a block of code is a list of options, as `--help` prints them: what each does stands apart.

    The options of a command that goes on from line to line are none, nor are the lines of a patch.
    """
    lines = code.splitlines()
    options = [line.strip() for line in lines if _is_option(line)]
    apart = sum("  " in option or "\t" in option for option in options)
    return len(options) >= OPTIONS and 2 * len(options) >= len(lines) - 2 and 2 * apart >= len(options)


def _is_option(line: str) -> bool:
    return _OPTION.match(line.lstrip()) is not None and not line.rstrip().endswith(("\\", "`", "^"))


def _options(lines: Sequence[str]) -> Iterator[list[str]]:
    """Each option with what stands below it, and what stands above the first."""
    part: list[str] = []
    for line in filter(str.strip, lines):
        if part and _is_option(line):
            yield part
            part = []
        part.append(line)
    if part:
        yield part


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """Lines between blank ones, as many paragraphs together as make PART_LINES.

    The imports at the head say nothing by themselves: what comes below stands with them where it fits.
    """
    part: list[str] = []
    for bare, run in groupby(lines, key=lambda line: not line.strip()):
        if bare:
            continue
        paragraph = list(run)
        head = all(_BEFORE_CODE.match(line.strip()) for line in part)
        most = LONGEST_CODE_LINES if head else PART_LINES
        if part and len(part) + len(paragraph) > most:
            yield part
            part = []
        part += ["", *paragraph] if part else paragraph
    if part:
        yield part


def pieces_of(paragraph: str) -> list[str]:
    """A paragraph's sentences, as many together as make a piece; nothing in brackets or bold is parted."""
    found: list[str] = []
    for sentence in pieces_of_prose(_unwrapped(paragraph)):
        if found and (len(found[-1]) + len(sentence) <= PIECE or _is_open(found[-1])):
            found[-1] += sentence
        else:
            found.append(sentence)
    return [piece.strip() for piece in found]


def _unwrapped(paragraph: str) -> str:
    """Its lines as one where they were only wrapped: a short line, and one with a break, ends on purpose."""
    text = ""
    for line in paragraph.splitlines():
        before = text.rpartition("\n")[2]
        if not text or len(before) < WRAPPED or before.endswith(("  ", "\\")):
            text += f"\n{line}" if text else line
        else:
            text += line.lstrip() if is_chinese(before[-1]) else f" {line.lstrip()}"
    return text


def _is_open(text: str) -> bool:
    """Whether something is not closed yet, or a full stop ends an abbreviation."""
    return (
        text.count("[") > text.count("]")
        or text.count("(") > text.count(")")
        or text.count("**") % 2 == 1
        or bool(_ABBREVIATION.search(text))
    )


def items_of(text: str) -> list[str]:
    """The top-level items of a list, each with what is nested in it."""
    items: list[list[str]] = []
    for line in text.splitlines():
        if ITEM.match(line) or not items:
            items.append([line])
        else:
            items[-1].append(line)
    return ["\n".join(item).rstrip() for item in items]
