"""The indexed documents as web pages beside the group chat, so that a citation in the demo opens.

In production the links lead to wherever the documents are published (`url` of a source); on a machine
without a network this is that place. Headings carry the anchors that the index writes into its links.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from flask import Blueprint, abort
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

PAGE = Markup(
    "<!doctype html><html><head><meta charset='utf-8'><title>{title}</title><style>"
    "body{{font:16px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;max-width:46rem;margin:2rem auto;"
    "padding:0 1rem}}"
    "pre,code{{background:#f2f3f5;border-radius:4px}}pre{{padding:.8rem;overflow:auto}}"
    "table{{border-collapse:collapse}}td,th{{border:1px solid #dee0e3;padding:.3rem .6rem}}"
    ":target{{background:#fff3cf}}</style></head><body>{body}</body></html>"
)
_LARGEST = 4_000_000
"""Bytes of a file that is shown."""
_PUNCTUATION = re.compile(r"[^\w\- ]")


def documents_blueprint(folder: Path) -> Blueprint:
    """Serves the files below `folder` at /docs/: Markdown as a page, anything else as text."""
    blueprint = Blueprint("documents", __name__)
    root = folder.resolve()

    @blueprint.get("/docs/<path:name>")
    def document(name: str) -> str:
        file = (root / name).resolve()
        if not file.is_relative_to(root) or not file.is_file() or file.stat().st_size > _LARGEST:
            abort(404)
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix in (".md", ".markdown", ".mdx"):
            return render(name, text)
        return str(PAGE.format(title=escape(name), body=Markup("<pre>{}</pre>").format(text)))

    return blueprint


def render(title: str, markdown: str) -> str:
    """A Markdown page as HTML; raw HTML in it is shown as text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(_words(inline)))
    body = Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704  # nosec B704
    return str(PAGE.format(title=escape(title), body=body))


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub and the index write it."""
    return _PUNCTUATION.sub("", heading.strip().lower()).replace(" ", "-")


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])
