"""Sitemaps and links -> the addresses of a site's pages. Pure; what is fetched stands in site.py.

https://www.sitemaps.org/protocol.html. Their XML is somebody else's: defused (no entities), bounded.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree

MOST_ENTRIES = 50_000
"""Addresses in one sitemap, by the protocol."""
MOST_BYTES = 50_000_000
"""Bytes of one sitemap, uncompressed, by the protocol."""
_HREF = re.compile(r"""<a\b[^<>]{0,300}?\bhref\s*+=\s*+["']?([^"'\s>]{1,2048})""", re.IGNORECASE)
_NO_PAGE = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|css|js|json|zip|gz|tgz|xz|whl|exe|dmg|mp4|mp3|woff2?|ttf|pdf|xml)$",
    re.I,
)


@dataclass(frozen=True)
class Entry:
    """One address of a sitemap."""

    url: str
    changed: str = ""
    """lastmod as it is written; empty where it is not."""


@dataclass(frozen=True)
class Sitemap:
    """What one file lists."""

    pages: tuple[Entry, ...] = ()
    further: tuple[str, ...] = ()
    """Addresses of other sitemaps."""


def read_sitemap(body: bytes) -> Sitemap:
    """A sitemap or an index of sitemaps, plain or gzipped, XML or text. Raises ValueError."""
    if body.startswith(b"\x1f\x8b"):
        unpack = zlib.decompressobj(wbits=47)
        try:
            body = unpack.decompress(body, MOST_BYTES)
        except zlib.error as error:
            raise ValueError("its compression is broken") from error
        if unpack.unconsumed_tail:
            raise ValueError(f"it is larger than {MOST_BYTES // 1_000_000} MB")
        if not unpack.eof:  # the pages behind the cut are no pages that went
            raise ValueError("its compression breaks off")
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = body.decode("utf-8", "replace").split()
        return Sitemap(tuple(Entry(line) for line in lines[:MOST_ENTRIES] if line.startswith("http")))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError("it is no XML") from error
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        raise ValueError("it is no sitemap")
    entries = tuple(entry for child in root[:MOST_ENTRIES] if (entry := _entry(child)) is not None)
    if _name(root) == "sitemapindex":
        return Sitemap(further=tuple(entry.url for entry in entries))
    return Sitemap(entries)


def _entry(child: etree._Element) -> Entry | None:
    said = {_name(part): (part.text or "").strip() for part in child}
    return Entry(said["loc"], said.get("lastmod", "")) if said.get("loc") else None


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def links_in(body: str, base: str) -> list[str]:
    """The addresses a page links to, each once, without fragments."""
    found: dict[str, None] = {}
    for href in _HREF.findall(body):
        try:
            address = urldefrag(urljoin(base, href.replace("&amp;", "&"))).url
            path = urlsplit(address).path
        except ValueError:
            continue
        if address.startswith(("https://", "http://")) and not _NO_PAGE.search(path):
            found[address] = None
    return list(found)
