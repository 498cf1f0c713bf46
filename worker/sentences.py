"""Where text may be cut: sentences of Chinese and English, and blocks of Markdown.

Passages are cut here so that a prompt never ends in the middle of a sentence, a token or a code fence;
answers are cut here so that each sentence can be checked against what it cites.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt

from bot.config.fences import opening
from index.text.chinese import CHARACTERS

_SENTENCE_END = re.compile(
    rf"(?<=[。！？；])(?!\s)|(?<=[。！？；!?])(?=\s)|(?<=[.;])(?=\s+[A-Z\[\"'(`*{CHARACTERS}])|(?<=\n)"
)
_CITATION_TAIL = re.compile(r"\A\s*+(?>(?:\[\d{1,2}\]\s*+)+)")
_PARSER = MarkdownIt("commonmark").enable("table")
_MAY_HOLD_CODE = re.compile(r"```|~~~|^ {4}|\t", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)[^\n]*?[^`\n](?<!`)\1(?!`)")


@dataclass(frozen=True)
class MarkdownBlock:
    """One top-level block of Markdown as it was written."""

    kind: str
    """'paragraph', 'heading', 'code', 'list', 'table', 'quote' or 'other'."""
    text: str


_KINDS = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "fence": "code",
    "code_block": "code",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "blockquote_open": "quote",
}


@lru_cache(maxsize=512)
def blocks(markdown: str) -> tuple[MarkdownBlock, ...]:
    """The top-level blocks of `markdown` in order; their text is the source's own lines.

    Remembered, because the same passages are read again for one question after another.
    """
    lines = markdown.splitlines()
    found = []
    for token in _PARSER.parse(markdown):
        if token.level == 0 and token.map and token.nesting >= 0:
            text = "\n".join(lines[token.map[0] : token.map[1]]).strip("\n")
            if text.strip():
                found.append(MarkdownBlock(_KINDS.get(token.type, "other"), text))
    return tuple(found)


def code_lines(markdown: str) -> list[tuple[int, int]]:
    """Where code blocks stand, fenced or indented, in list items and quotes too: (first line, line after)."""
    if not _MAY_HOLD_CODE.search(markdown):
        return []
    tokens = _PARSER.parse(markdown)
    return [
        (token.map[0], token.map[1])
        for token in tokens
        if token.type in ("fence", "code_block") and token.map
    ]


def segments(
    markdown: str, code: Callable[[str], list[tuple[int, int]]] = code_lines
) -> list[tuple[bool, str]]:
    """The lines of `markdown` in runs of code and of other text, in order: (is code, its lines)."""
    lines, found, place = markdown.split("\n"), [], 0
    for start, end in code(markdown):
        if start > place:
            found.append((False, "\n".join(lines[place:start])))
        kept = "\n".join(lines[start:end]).rstrip("\n")
        end = start + kept.count("\n") + 1
        found.append((True, kept))
        place = end
    if place < len(lines):
        found.append((False, "\n".join(lines[place:])))
    return found


def outside_spans(text: str, change: Callable[[str], str]) -> str:
    """`text` with what is not inline code changed."""
    return "".join(part if part.startswith("`") else change(part) for part in split_spans(text) if part)


def split_spans(text: str) -> list[str]:
    """`text` cut where inline code begins and ends; joined, the parts are the text. Code begins with `."""
    found, place = [], 0
    for span in _SPAN.finditer(text):
        found += [text[place : span.start()], span.group()]
        place = span.end()
    return [*found, text[place:]]


def pieces_of_prose(text: str) -> list[str]:
    """The same as `pieces`, never cut inside inline code."""
    found: list[str] = []
    for piece in pieces(text):
        if found and _open_span(found[-1]) and "`" in piece:
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _open_span(text: str) -> bool:
    return "`" in _SPAN.sub("", text)


def pieces(text: str) -> list[str]:
    """`text` cut into its sentences, nothing trimmed: joined, the pieces are the text.

    A citation that follows a full stop stays with its sentence.
    """
    found: list[str] = []
    for piece in _SENTENCE_END.split(text):
        tail = _CITATION_TAIL.match(piece) if found else None
        if tail:
            found[-1] += tail.group()
            piece = piece[tail.end() :]
        if found and not piece.strip():
            found[-1] += piece
        elif piece:
            found.append(piece)
    return found


def sentences(text: str) -> list[str]:
    """The sentences of `text`, trimmed."""
    return [piece.strip() for piece in pieces(text) if piece.strip()]


def cut(text: str, budget: int, count: Callable[[str], int]) -> str:
    """The longest start of `text` that ends at a block, line or sentence and is within `budget` tokens.

    `count` tells the tokens of a text. A code block is kept whole or cut at a line and closed again.
    Empty when not even the first sentence fits.
    """
    if count(text) <= budget:
        return text
    kept: list[str] = []
    left = budget
    for block in blocks(text):
        cost = count(block.text) + 1
        if cost <= left:
            kept.append(block.text)
            left -= cost
            continue
        part = (
            _cut_code(block.text, left, count)
            if block.kind == "code"
            else _cut_prose(block.text, left, count)
        )
        if part:
            kept.append(part)
        break
    return "\n\n".join(kept)


def _cut_prose(text: str, budget: int, count: Callable[[str], int]) -> str:
    kept = ""
    for line in text.splitlines(keepends=True):
        for sentence in pieces(line):
            if count(kept + sentence) > budget:
                return kept.rstrip()
            kept += sentence
    return kept.rstrip()


def _cut_code(text: str, budget: int, count: Callable[[str], int]) -> str:
    lines = text.splitlines()
    fence = opening(lines[0])
    closing = fence.closing if fence else ""
    kept: list[str] = []
    for line in lines[:-1] if closing else lines:
        if count("\n".join([*kept, line, closing])) > budget:
            break
        kept.append(line)
    if len(kept) < (2 if closing else 1):
        return ""
    return "\n".join([*kept, closing] if closing else kept)
