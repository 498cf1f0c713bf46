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

from index.text.document import Document

CHUNK_CHARACTERS = 900
"""Aim of a chunk, counted with a Chinese character as two: about 450 characters of Chinese."""

_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^\s{0,3}(=+|-+)\s*$")
_GIVEN_ANCHOR = re.compile(r"\s*\{#([^}\s]+)\}\s*$")
_MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|<[^>]+>|[`*]")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
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
    for level, line in _headed_lines(markdown):
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
    if text:
        yield Section(tuple(heading for _, heading in path), anchor, text)


def _headed_lines(markdown: str) -> Iterator[tuple[int, str]]:
    """(0, line) of the body and (level, heading) of headings; code blocks hold no headings."""
    fence = ""
    lines = markdown.splitlines()
    skip = False
    for number, line in enumerate(lines):
        if skip:
            skip = False
            continue
        mark = _FENCE.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark.group(1)
            yield 0, line
            continue
        heading = None if fence else _HEADING.match(line)
        if heading:
            yield len(heading.group(1)), heading.group(2)
            continue
        level = 0 if fence or number + 1 == len(lines) else _underlined(lines, number)
        skip = bool(level)
        yield level, line.strip() if level else line


def _underlined(lines: list[str], number: int) -> int:
    """Level of a heading written as a line underlined with = or -; 0 when it is none."""
    line, mark = lines[number], _UNDERLINE.match(lines[number + 1])
    above = lines[number - 1].strip() if number else ""
    if not mark or not line.strip() or above or line.lstrip().startswith(("|", ">", "-", "*", "    ")):
        return 0
    return 1 if mark.group(1)[0] == "=" else 2


def _named(raw: str, anchors: Counter[str]) -> tuple[str, str]:
    """A heading's plain text and its anchor: the one it gives as {#anchor}, else as GitHub makes them."""
    given = _GIVEN_ANCHOR.search(raw)
    heading = plain(_GIVEN_ANCHOR.sub("", raw))
    if given:
        return heading, given.group(1)
    slug = slug_of(heading)
    anchors[slug] += 1
    return heading, slug if anchors[slug] == 1 else f"{slug}-{anchors[slug] - 1}"


def plain(markdown: str) -> str:
    """A line of Markdown without links, emphasis, code marks and tags."""
    return _MARKUP.sub("", _LINK.sub(r"\1", markdown)).strip()


def slug_of(heading: str) -> str:
    """The anchor GitHub gives to a heading."""
    return _SLUG_DROPS.sub("", heading.lower()).strip().replace(" ", "-")


def _width(text: str) -> int:
    """Length with every non-ASCII character as two, so that both languages fill a chunk alike."""
    return len(text) + sum(1 for character in text if ord(character) > 0x2E7F)


@lru_cache(maxsize=64)
def _splitter(characters: int) -> MarkdownSplitter:
    return MarkdownSplitter(characters)


def _pieces(text: str) -> list[str]:
    width = _width(text)
    if width <= CHUNK_CHARACTERS:
        return [text]
    aim = CHUNK_CHARACTERS * len(text) // width
    return [piece for piece in _splitter(aim // 50 * 50).chunks(text) if piece.strip()]
