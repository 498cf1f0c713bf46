"""Documents of every format, made of real paragraphs or real as they are, with the words in them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from index.sources.formats.encoding import decode
from index.sources.formats.markdown.front_matter import split_front_matter

DATA = Path("../shared/data")
EACH = 30
"""Documents of each kind."""
_WORDS = re.compile(r"[A-Za-z0-9_]+|[㐀-鿿]")
Made = tuple[bytes, Counter[str]]
"""A file, and the words that another reader sees in it."""


def words(text: str) -> Counter[str]:
    """How often each word stands in a text; a Chinese character is a word."""
    return Counter(word.lower() for word in _WORDS.findall(text))


def real(pattern: str, chance: random.Random, most: int = EACH) -> list[Path]:
    """Real files, at most so many, in an order of chance."""
    files = sorted(DATA.rglob(pattern)) or sorted(Path("docs").rglob(pattern))
    chance.shuffle(files)
    return files[:most]


def paragraphs(chance: random.Random) -> Iterator[list[str]]:
    """Plain paragraphs of real pages, page by page."""
    made = 0
    for file in real("*.md", chance, 20 * EACH):
        text = MarkdownIt("commonmark").render(split_front_matter(decode(file.read_bytes())[0])[1])
        found = [
            " ".join(one.get_text().split()) for one in BeautifulSoup(text, "lxml").find_all(["p", "li"])
        ]
        kept = [line for line in found if len(line) > 20 and not re.search(r"[<>{}\[\]`|*_#:\\$&~]", line)][
            :40
        ]
        if len(kept) > 3 and any(line.isascii() for line in kept) and made < EACH:
            made += 1
            yield kept


def plain_text(html: str) -> str:
    """What a page shows, by another parser than ours."""
    soup = BeautifulSoup(html, "lxml")
    for hidden in soup(["script", "style", "template", "head", "svg", "nav"]):
        hidden.decompose()
    for block in soup(
        ["p", "li", "td", "th", "div", "br", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "tr"]
    ):
        block.append("\n")
    return soup.get_text()


def markdown_text(text: str) -> str:
    """What Markdown shows."""
    return plain_text(RENDER.render(text))


RENDER = MarkdownIt("commonmark").enable("table")
