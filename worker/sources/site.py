"""A web site as a source: by its sitemap, or by its links from a start page.

The site is the operator's choice, its pages are strangers' text: they are fetched through worker/web/fetch
with its limits, from that host alone, as robots.txt lets us, and only pages below the start page. The host
may be on the operator's own network; a page cannot lead the fetch anywhere else in it. A page is taken over
unread when the sitemap's lastmod is the same, and asked for conditionally (ETag, Last-Modified) otherwise.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bot.config.proxies import proxy_for
from bot.config.settings import Settings, SourceSettings
from bot.errors import FetchRefused, LoadError
from index.sources.asked import Read, Unread, name_of
from index.sources.formats import read as read_format
from index.sources.formats.charsets import as_header_says
from index.sources.globs import Globs
from index.text.chinese import language_of
from index.text.document import Document
from worker.sources.kept import Kept, document_of
from worker.sources.sitemap import Entry, links_in, read_sitemap
from worker.web.addresses import is_public, read_url
from worker.web.cache import Memory
from worker.web.fetch import FetchedPage, Fetcher, Rules, StatusRefused, TypeRefused, resolve
from worker.web.robots import Robots

MOST_PAGES = 20_000
MOST_SITEMAPS = 100
SECONDS_A_PAGE = 20.0
LONGEST_DELAY = 10.0
"""Seconds between two pages that are kept at most, whatever robots.txt asks."""
LONGEST_WAIT, ALL_WAITS = 60.0, 600.0
"""Seconds that a site's own "ask again after" is kept to, for one page and for all of a reading; a page that
is refused for longer is told."""
_XML = (
    "application/xml",
    "text/xml",
    "application/rss+xml",
    "text/plain",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
    "binary/octet-stream",
    "text/html",
)
"""What sitemaps are served as; what one is, its bytes say."""
_HTML_TOO = ("text/html", "text/plain", "text/markdown", "application/xhtml+xml")
_SUFFIXES = {"text/plain": ".txt", "text/markdown": ".md"}
_GONE = (404, 410)
_UNCHANGED = 304


def open_reader(settings: Settings) -> Callable[[SourceSettings], Iterable[Read]]:
    """A reader of sites; it keeps what it read in the index folder."""
    return lambda source: read(settings, source)


def read(
    settings: Settings, source: SourceSettings, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Read]:
    """The pages of one site. Raises LoadError when it cannot be read as a whole."""
    start = str(source.site)
    try:
        host = _Host(start)
        with Kept(settings.index.dir / "sources", f"site {start}") as kept:
            yield from _Site(source, host, kept, sleep).run()
            kept.forget_the_rest()
    except FetchRefused as error:
        raise LoadError(f"{start}: {error}") from error


class _Host:
    """The one host of a source, with what may be fetched of it."""

    def __init__(self, start: str) -> None:
        parts = urlsplit(start)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise FetchRefused("the address has no port") from error
        target = read_url(start, {"http": (80, port), "https": (443, port)})
        self.origin = target.origin
        bare = target.host.removeprefix("www.")
        self.names = frozenset({target.host, bare, f"www.{bare}"})
        """The host with and without its www: sites list their pages under either."""
        own = frozenset(_addresses(target.host, port, proxied=bool(proxy_for(start))))
        rules = Rules(
            timeout=SECONDS_A_PAGE,
            max_bytes=5_000_000,
            domains=tuple(self.names),
            ports={"http": (80, port), "https": (443, port)},
            permitted=lambda address: is_public(address) or address in own,
        )
        self.fetcher = Fetcher(rules)
        self.robots = Robots(self.fetcher, Memory())

    def has(self, url: str) -> bool:
        """Whether an address is one of this host, over http or https."""
        try:
            return read_url(url, self.fetcher.rules.ports).host in self.names
        except FetchRefused:
            return False


def _addresses(host: str, port: int, *, proxied: bool) -> list[str]:
    """The host's own addresses; [] behind a proxy where it has none here."""
    try:
        return resolve(host, port)
    except (OSError, UnicodeError) as error:
        if proxied:
            return []
        raise FetchRefused(f"{host} has no address") from error


@dataclass(frozen=True)
class _Mark:
    """By what a page's state is known."""

    changed: str = ""
    etag: str = ""
    modified: str = ""

    @classmethod
    def of(cls, text: str) -> _Mark:
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return cls()

    def __str__(self) -> str:
        return json.dumps(vars(self))

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it changed."""
        both = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in both.items() if value and value.isprintable()}


class _Site:
    def __init__(
        self, source: SourceSettings, host: _Host, kept: Kept, sleep: Callable[[float], None]
    ) -> None:
        self.start = str(source.site)
        self.name = name_of(source)
        self.host = host
        self.kept = kept
        self.globs = Globs(source.include, source.exclude)
        self.delay = min(host.robots.delay(host.origin), LONGEST_DELAY)
        self.sleep = sleep
        path = urlsplit(self.start).path
        self.below = "/" if path.endswith(".xml") else path.rpartition("/")[0] + "/"
        self.asked = 0
        self.waited = 0.0
        """Seconds that the site asked for and got."""

    def run(self) -> Iterator[Read]:
        entries = self._listed()
        if entries is not None:
            for entry in entries:
                read, _ = self._page(entry, listed=True)
                yield from read
        else:
            yield from self._crawled()

    def _listed(self) -> list[Entry] | None:
        """The pages of the sitemaps that belong to the source; None where the site has none."""
        named = self.start if urlsplit(self.start).path.endswith((".xml", ".xml.gz", ".txt")) else ""
        waiting = [named] if named else self.host.robots.sitemaps(self.host.origin)
        waiting = [url for url in waiting if self.host.has(url)] or [f"{self.host.origin}/sitemap.xml"]
        found: dict[str, Entry] = {}
        met: set[str] = set()
        indexed = False
        while waiting and len(met) < MOST_SITEMAPS:
            url = waiting.pop(0)
            if url in met:
                continue
            met.add(url)
            try:
                sitemap = read_sitemap(self._fetch(url, types=_XML).body)
            except (FetchRefused, ValueError) as error:
                status = error.status if isinstance(error, StatusRefused) else 0
                if (url == named or found or indexed or status >= 429) and not (
                    status in _GONE and url != named
                ):
                    raise FetchRefused(f"the sitemap {url}: {error}") from error
                continue
            indexed = indexed or bool(sitemap.further)
            waiting += [further for further in sitemap.further if self.host.has(further)]
            found |= {entry.url: entry for entry in sitemap.pages if self._belongs(entry.url)}
        return list(found.values())[:MOST_PAGES] if found else None

    def _crawled(self) -> Iterator[Read]:
        """From the start page along its links, breadth first."""
        waiting, met = [self.start], {self.start}
        while waiting and self.asked < MOST_PAGES:
            url = waiting.pop(0)
            read, links = self._page(Entry(url), first=url == self.start)
            yield from read
            for link in links:
                if link not in met and self._belongs(link):
                    met.add(link)
                    waiting.append(link)

    def _belongs(self, url: str) -> bool:
        path = urlsplit(url).path or "/"
        return self.host.has(url) and path.startswith(self.below) and self.globs.take(path.lstrip("/"))

    def _page(
        self, entry: Entry, *, first: bool = False, listed: bool = False
    ) -> tuple[list[Read], list[str]]:
        """The page, or that it cannot be read; and the links in it. Raises FetchRefused for the first.

        What is no text is told where the site lists it or it was a page before; a link may lead to any file.
        """
        known = self.kept.find(entry.url)
        mark = _Mark.of(known[0]) if known else _Mark()
        document = document_of(known[1].get("document")) if known else None
        links = [str(link) for link in known[1].get("links") or ()] if known else []
        if document is not None and entry.changed and entry.changed == mark.changed:
            return [self._named(document)], links
        try:
            page = self._asked(entry.url, unless=mark.conditions() if document else {}, types=_HTML_TOO)
        except StatusRefused as refused:
            if refused.status == _UNCHANGED and document is not None:
                return [self._named(document)], links
            if refused.status in _GONE and not first:
                return [], []
            return self._told(entry, refused, first)
        except TypeRefused as refused:
            return self._told(entry, refused, first) if listed or document or first else ([], [])
        except FetchRefused as refused:
            return self._told(entry, refused, first)
        return self._read(entry, page)

    def _asked(self, url: str, **how: Any) -> FetchedPage:
        """The page; one that the site wants asked for later is, once, if that is soon."""
        try:
            return self._fetch(url, **how)
        except StatusRefused as refused:
            wait = refused.wait if refused.status in (429, 503) else None
            if wait is None or wait > min(LONGEST_WAIT, ALL_WAITS - self.waited):
                raise
            self.waited += wait
            self.sleep(wait)
            return self._fetch(url, **how)

    def _read(self, entry: Entry, page: FetchedPage) -> tuple[list[Read], list[str]]:
        kind = page.media_type.split(";")[0].strip().lower()
        suffix = _SUFFIXES.get(kind, ".html")
        body = as_header_says(page.body, page.media_type)
        links = links_in(body.decode("utf-8", "replace"), page.url) if suffix == ".html" else []
        try:
            said = read_format(suffix, body)
        except LoadError as error:
            return [Unread(_path(entry.url), str(error))], links
        if not said.text.strip():
            return [], links
        document = Document(
            source=self.name,
            path=_path(entry.url),
            title=said.title or _path(entry.url),
            text=said.text,
            url=entry.url,
            language=language_of(said.text),
            updated_at=time.time(),
            digest=hashlib.sha256(page.body).hexdigest(),
        )
        kept = [link for link in links if self._belongs(link)]
        self.kept.put_object(
            entry.url,
            str(_Mark(entry.changed, page.etag, page.modified)),
            {"document": vars(document), "links": kept},
        )
        return [document], links

    def _told(self, entry: Entry, refused: FetchRefused, first: bool) -> tuple[list[Read], list[str]]:
        if first:
            raise refused
        return [Unread(_path(entry.url), str(refused))], []

    def _named(self, document: Document) -> Document:
        return replace(document, source=self.name)

    def _fetch(self, url: str, **how: Any) -> FetchedPage:
        if self.asked and self.delay:
            self.sleep(self.delay)
        self.asked += 1
        return self.host.fetcher.fetch(url, may_fetch=self.host.robots.check, **how)


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.strip("/") or "index"
    return f"{path}?{parts.query}" if parts.query else path
