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
    """The text of the first heading; empty where there is none."""
    return next((plain(line) for level, line in headed_lines(markdown) if level), "")
