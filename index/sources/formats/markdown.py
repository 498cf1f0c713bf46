"""Markdown -> a title and Markdown without what its readers never see: front matter and comments."""

from __future__ import annotations

from index.sources.formats.front_matter import split_front_matter, title_of
from index.sources.formats.prose import pieces
from index.text.marks import plain
from index.text.split import headed_lines


def read_markdown(text: str) -> tuple[str, str]:
    """(title, text) of a page."""
    facts, body = split_front_matter(text)
    shown = "".join(piece.text for piece in pieces(body))
    return title_of(facts) or first_heading(shown), shown


def first_heading(markdown: str) -> str:
    """The heading over the whole page; empty where there are only those of its sections.

    It is the first of level 1, or one of a lower level with nothing before it and all others below it.
    """
    lines = [(level, line) for level, line in headed_lines(markdown) if level or line.strip()]
    headings = [(level, line) for level, line in lines if level]
    top = next((line for level, line in headings if level == 1), None)
    if top is None and headings and lines[0] == headings[0]:
        alone = all(level > headings[0][0] for level, _ in headings[1:])
        top = headings[0][1] if alone else None
    return plain(top) if top else ""
