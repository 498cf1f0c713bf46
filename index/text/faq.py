"""A page of questions and answers whose questions are no headings: each question a section of its own.

Many such pages have no heading but their title: a line in bold, "Q:" or 问：, or an item of a list is the
question, and what stands below it is the answer. As one passage twenty answers resemble no question, and a
card that shows one of them shows its neighbour's too.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from bot.config.fences import FenceReader, may_hold
from index.text.marks import plain

FEWEST = 2
"""A section with fewer questions is none of questions and answers."""
ANSWERED = 0.8
"""... nor is one where fewer of them have anything below: a list of what will be asked."""
LONGEST = 200
"""Characters of a line's question, at most."""
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)、]) {1,4}(?=\S)")
_MARK = re.compile(r"(?:Q(?:uestion)?|问题?)[ \t]{0,2}\d{0,3}[ \t]{0,2}[.:：、][ \t]{0,3}", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}[.)、][ \t]{0,3}")
_BOLD = re.compile(r"(\*\*|__)([^*_\n]{3,200})\1[ \t]{0,3}[:：]?")
_EDGES = "*_ \t:：-—"
_WORD = re.compile(r"\w")
_LINK = re.compile(r"\[[^\[\]]{1,300}\]\([^()]{1,300}\)")


@dataclass(frozen=True)
class Part:
    """A question with what stands below it; what stands above the first question has an empty one."""

    question: str
    text: str


def parts(markdown: str) -> list[Part]:
    """The text in parts, one a question; one part with an empty question where it is no such page."""
    whole = [Part("", markdown)]
    if "?" not in markdown and "？" not in markdown and not _MARK.search(markdown):
        return whole
    found = list(_parts(markdown))
    asked = [part for part in found if part.question]
    answered = sum(bool(_WORD.search(part.text)) for part in asked)
    return found if len(asked) >= FEWEST and answered >= ANSWERED * len(asked) else whole


def _parts(markdown: str) -> Iterator[Part]:
    question, body, indent = "", list[str](), 0
    for line, code in _lines(markdown):
        found = None if code else _question(line)
        if found is None:
            body.append(line)
            continue
        if question or _WORD.search("\n".join(body)):
            yield _part(question, body, indent)
        question, rest, indent = found
        body = [rest] if rest else []
    yield _part(question, body, indent)


def _part(question: str, body: list[str], indent: int) -> Part:
    """An item's answer stands as far in as the item's words: it is moved to the margin."""
    text = "\n".join(body).strip("\n")
    if indent:
        first, _, rest = text.partition("\n")
        text = f"{first.lstrip()}\n{textwrap.dedent(rest)}"
    return Part(question, _without_rule(text))


def _without_rule(text: str) -> str:
    """Without the line across the page that parts a question from the next."""
    lines = text.rstrip().splitlines()
    while lines and len(lines[-1].strip()) >= 3 and not lines[-1].strip(" -*_"):
        lines.pop()
    return "\n".join(lines).strip("\n")


def _lines(markdown: str) -> Iterator[tuple[str, bool]]:
    """(line, whether it is of a block of code)."""
    reader = FenceReader() if may_hold(markdown) else None
    for line in markdown.splitlines():
        yield line, bool(reader and reader.read(line))


def _question(line: str) -> tuple[str, str, int] | None:
    """(question, what stands behind it in the line, how far in the answer stands); None for another line."""
    if line[:1].isspace() or len(line) > 4000:
        return None
    item = _ITEM.match(line)
    words = line[item.end() :] if item else line
    bold = _BOLD.match(words)
    text = bold.group(2) if bold else words
    rest = words[bold.end() :].strip() if bold else ""
    number = _NUMBER.match(text)
    text = text[number.end() :] if number else text
    mark = _MARK.match(text)
    if not (bold or mark or item):
        return None
    text = text[mark.end() :] if mark else text
    asked, behind = _parted(text, marked=bool(mark))
    if item and not (bold or mark) and behind:
        return None
    title = plain(asked).strip(_EDGES)
    if not 3 < len(title) <= LONGEST or _LINK.match(asked.strip()):
        return None
    return title, " ".join(filter(None, (behind, rest))), item.end() if item else 0


def _parted(text: str, *, marked: bool) -> tuple[str, str]:
    """A line's question and what stands behind it; ("", text) for a line that asks nothing.

    A question mark in the middle ends it where a blank or a Chinese sentence follows; "?v=1" does not.
    """
    ends = [place for mark in "?？" if (place := text.find(mark)) >= 0]
    place = min(ends, default=-1)
    while place >= 0 and text[place] == "?" and text[place + 1 : place + 2].strip(" \t*_)\"'”`？?"):
        place = text.find("?", place + 1)
    if place < 0:
        return (text, "") if marked else ("", text)
    while text[place + 1 : place + 2] in tuple("?？)\"'”）"):
        place += 1
    return text[: place + 1], text[place + 1 :].strip(" \t*_")
