"""Web pages as text: fetched where allowed, boiled down to what they say, kept for a while.

What a page says is data. It is read, quoted and cited, never followed.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import asdict, dataclass
from typing import Any

from bot.config.fences import outside
from bot.errors import FetchRefused
from bot.redis_keys import PAGE
from worker.web.cache import WebCache
from worker.web.fetch import FetchedPage, Fetcher
from worker.web.robots import Robots

KEPT_REFUSED = 600
"""Seconds a refusal is kept: the same question soon after does not ask again."""
MAX_CHARACTERS = 60_000
"""Of a page's text; more is never read for one answer."""
MAX_ELEMENTS = 10_000
"""Of a page's tree: what takes a second to take apart; the longest pages of documentation have half."""
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!<>~|-])")


@dataclass(frozen=True)
class Article:
    """What a page says."""

    url: str
    title: str
    text: str
    """Markdown."""
    fetched: float
    """Unix seconds."""


class Pages:
    """Reads pages for many threads."""

    def __init__(self, fetcher: Fetcher, cache: WebCache) -> None:
        self.rules = fetcher.rules
        self._fetcher = fetcher
        self._cache = cache
        self._robots = Robots(fetcher, cache)

    def read(self, url: str) -> Article:
        """The page's text, from the cache where it was read lately. Raises FetchRefused."""
        key = PAGE.of(hashlib.sha256(url.encode()).hexdigest())
        if (kept := self._cache.get(key)) and (article := _kept(kept)):
            return article
        try:
            page = self._fetcher.fetch(url, may_fetch=self._robots.check)
            article = _article(page)
        except FetchRefused as refused:
            self._cache.put(key, {"refused": str(refused)}, KEPT_REFUSED)
            raise
        self._cache.put(key, asdict(article), PAGE.seconds)
        return article


def _kept(found: dict[str, Any]) -> Article | None:
    """A page that was read before; None where it was kept otherwise. Raises FetchRefused."""
    if "refused" in found:
        raise FetchRefused(str(found["refused"]))
    try:
        return Article(str(found["url"]), str(found["title"]), str(found["text"]), float(found["fetched"]))
    except (KeyError, TypeError, ValueError):
        return None


def _article(page: FetchedPage) -> Article:
    """Boils a page down. Raises FetchRefused when nothing is left."""
    if page.media_type.split(";")[0].strip().lower() in ("text/plain", "text/markdown"):
        title, text = "", _decoded(page)
    else:
        title, text = _main_text(page)
    if not text.strip():
        raise FetchRefused("the page holds no text")
    return Article(page.url, title, text[:MAX_CHARACTERS], time.time())


def _main_text(page: FetchedPage) -> tuple[str, str]:
    """Title and main text of an HTML page, without navigation, comments, links and images.

    Raises FetchRefused for a page that is too large to take apart or that the parser stumbles over.
    """
    from trafilatura import bare_extraction, load_html  # 1 s to import; most workers never search the web

    try:
        tree = load_html(page.body)
        if tree is None:
            return "", ""
        if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
            raise FetchRefused("the page has too many elements")
        title = " ".join((tree.findtext(".//title") or "").split())
        document = bare_extraction(
            tree, url=page.url, fast=True, include_formatting=True, include_comments=False
        )
    except FetchRefused:
        raise
    except Exception as error:  # Strangers write these pages, and the parser asserts what they break.
        raise FetchRefused(f"the page could not be taken apart: {type(error).__name__}") from error
    return title, _unescaped(str(document.text or "")) if document is not None else ""


def _unescaped(markdown: str) -> str:
    """Takes back the backslashes that trafilatura puts before punctuation, code blocks left alone.

    They would break identifiers such as quant_policy for the search, for citations and for readers.
    """
    return outside(markdown, lambda prose: _ESCAPE.sub(r"\1", prose))


def _decoded(page: FetchedPage) -> str:
    _, _, charset = page.media_type.partition("charset=")
    try:
        return page.body.decode(charset.strip().strip('"') or "utf-8", "replace")
    except (LookupError, ValueError):
        return page.body.decode("utf-8", "replace")
