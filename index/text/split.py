"""Document -> chunks along its headings.

A chunk is a section or a part of one, small enough for one embedding to mean something; the search grows
it back to its section for reading. Its id depends on what it says and where, never on its number in the
document, so that a paragraph added at the top leaves the ids, and the embeddings, of the rest alone.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from semantic_text_splitter import MarkdownSplitter

from bot.config.fences import FenceReader, may_hold
from index.text import faq
from index.text.document import Document
from index.text.marks import HEADING_CHARACTERS, heading, plain, underline

CHUNK_CHARACTERS = 900
"""Aim of a chunk, counted with a Chinese character as two: about 450 characters of Chinese."""

BLOCK_CHARACTERS = 16_000
"""A longer section is cut into blocks of at most this before the splitter sees it: the splitter's time grows
with the square of what it is given."""
_LONG_SECTION = 2 * BLOCK_CHARACTERS

_GIVEN_ANCHOR = re.compile(r"\{#([^{}\s]+)\}$")
_SLUG_DROPS = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Chunk:
    """A part of a document that is searched and cited as one."""

    id: str
    source: str
    path: str
    title: str
    heading_path: tuple[str, ...]
    anchor: str
    """Fragment of the section in the rendered page, without '#'; empty above the first heading."""
    text: str
    url: str
    """Web address of the section; empty where the source has none."""
    language: Literal["zh", "en"]
    updated_at: float
    position: int
    """Number of the chunk in its document, from 0."""

    @property
    def bare(self) -> bool:
        """Whether this is a heading with nothing under it."""
        return bool(self.heading_path) and self.text == self.heading_path[-1]

    @property
    def section(self) -> tuple[str, str, tuple[str, ...], str]:
        """What the chunks of one section share."""
        return self.source, self.path, self.heading_path, self.anchor


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it, up to the next heading."""

    heading_path: tuple[str, ...]
    anchor: str
    text: str


def split(document: Document) -> list[Chunk]:
    """The chunks of a document in order; a document without any text has none."""
    chunks: list[Chunk] = []
    seen: Counter[str] = Counter()
    for section in sections(document.text):
        for text in _pieces(section.text):
            key = "\0".join((document.source, document.path, *section.heading_path, "", text))
            seen[key] += 1
            digest = hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:24]
            url = f"{document.url}#{section.anchor}" if document.url and section.anchor else document.url
            chunks.append(
                Chunk(
                    id=digest,
                    source=document.source,
                    path=document.path,
                    title=document.title,
                    heading_path=section.heading_path,
                    anchor=section.anchor,
                    text=text,
                    url=url,
                    language=document.language,
                    updated_at=document.updated_at,
                    position=len(chunks),
                )
            )
    return chunks


def sections(markdown: str) -> Iterator[Section]:
    """The sections of a Markdown text that have a body, in order.

    A heading with nothing under it, not even subsections, is a section whose text is the heading: a page that
    is only announced can still be found, and cited as what it is.
    """
    path: list[tuple[int, str]] = []
    anchors: Counter[str] = Counter()
    anchor = ""
    body: list[str] = []
    for level, line in headed_lines(markdown):
        if not level:
            body.append(line)
            continue
        yield from _section(path, anchor, body, leaf=bool(path) and level <= path[-1][0])
        heading, anchor = _named(line, anchors)
        path = [step for step in path if step[0] < level] + [(level, heading)]
        body = []
    yield from _section(path, anchor, body, leaf=bool(path))


def _section(path: list[tuple[int, str]], anchor: str, body: list[str], *, leaf: bool) -> Iterator[Section]:
    text = "\n".join(body).strip() or (path[-1][1] if leaf else "")
    headings = tuple(heading for _, heading in path)
    for part in faq.parts(text) if text else ():
        yield Section(
            (*headings, part.question) if part.question else headings, anchor, part.text or part.question
        )


def headed_lines(markdown: str) -> Iterator[tuple[int, str]]:
    """(0, line) of the body and (level, heading) of headings; code blocks hold no headings."""
    reader = FenceReader() if may_hold(markdown) else None
    lines = markdown.splitlines()
    skip = False
    for number, line in enumerate(lines):
        code = reader.read(line) if reader else ""
        if skip:
            skip = False
            continue
        if code:
            yield 0, line
            continue
        if found := heading(line):
            yield found
            continue
        level = 0 if number + 1 == len(lines) else _underlined(lines, number)
        skip = bool(level)
        yield level, line.strip() if level else line


def _underlined(lines: list[str], number: int) -> int:
    """Level of a heading written as a line underlined with = or -; 0 when it is none."""
    line, level = lines[number], underline(lines[number + 1])
    if not level or not line.strip() or len(line) > HEADING_CHARACTERS:
        return 0
    above = lines[number - 1].strip() if number else ""
    if above or line.lstrip().startswith(("|", ">", "-", "*", "    ")):
        return 0
    return level


def _named(raw: str, anchors: Counter[str]) -> tuple[str, str]:
    """A heading's plain text and its anchor: the one it gives as {#anchor}, else as GitHub makes them."""
    given = _GIVEN_ANCHOR.search(raw.rstrip())
    text = plain(raw.rstrip()[: given.start()] if given else raw)
    if given:
        return text, given.group(1)
    slug = slug_of(text)
    anchors[slug] += 1
    return text, slug if anchors[slug] == 1 else f"{slug}-{anchors[slug] - 1}"


def slug_of(heading: str) -> str:
    """The anchor GitHub gives to a heading."""
    return _SLUG_DROPS.sub("", heading.lower()).strip().replace(" ", "-")


def _width(text: str) -> int:
    """Length with every non-ASCII character as two, so that both languages fill a chunk alike."""
    return len(text) if text.isascii() else len(text) + sum(map("\u2e7f".__lt__, text))


@lru_cache(maxsize=64)
def _splitter(characters: int) -> MarkdownSplitter:
    return MarkdownSplitter(characters)


def _pieces(text: str) -> list[str]:
    return [piece for block in _blocks(text) for piece in _split_block(block)]


def _split_block(text: str) -> list[str]:
    width = _width(text)
    if width <= CHUNK_CHARACTERS:
        return [text] if text.strip() else []
    aim = CHUNK_CHARACTERS * len(text) // width
    return [piece for piece in _splitter(aim // 50 * 50).chunks(text) if piece.strip()]


def _blocks(text: str) -> Iterator[str]:
    """The text in blocks that are cut between paragraphs, else between lines or words, else anywhere."""
    start = 0
    while len(text) - start > _LONG_SECTION:
        end = start + BLOCK_CHARACTERS
        cuts = (text.rfind(mark, start + BLOCK_CHARACTERS // 2, end) for mark in ("\n\n", "\n", " "))
        end = next((cut for cut in cuts if cut > 0), end)
        yield text[start:end].strip("\n")
        start = end
    yield text[start:].strip("\n") if start else text
