"""E-books (EPUB): the pages of the spine in reading order, each as the HTML it is."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from bot.errors import LoadError
from index.sources.formats.html import html_to_markdown
from index.sources.formats.office.archive import check_archive
from index.sources.formats.office.office_xml import Element, Parts, local

_MOST_PAGES = 5_000


def read_book(raw: bytes) -> tuple[str, str]:
    """(title, Markdown). Raises LoadError."""
    parts = Parts(check_archive(raw))
    if "META-INF/encryption.xml" in parts.names and _is_locked(parts):
        raise LoadError("the book is locked (DRM)")
    place = _package_of(parts)
    package = parts.xml(place)
    if package is None:
        raise LoadError("damaged: it has no package")
    folder = posixpath.dirname(place)
    places = [posixpath.normpath(posixpath.join(folder, unquote(page))) for page in _spine(package)]
    pages = list(dict.fromkeys(place for place in places if place in parts.names))
    if not pages:
        raise LoadError("damaged: no page of its reading order is in it")
    written = [html_to_markdown(parts.archive.read(page))[1] for page in pages[:_MOST_PAGES]]
    return _title(package), "\n\n".join(filter(None, written))


def _package_of(parts: Parts) -> str:
    container = parts.xml("META-INF/container.xml")
    for element in container.iter() if container is not None else ():
        if local(element) == "rootfile" and element.get("full-path"):
            return str(element.get("full-path"))
    return next((name for name in sorted(parts.names) if name.endswith(".opf")), "")


def _is_locked(parts: Parts) -> bool:
    """Whether more than fonts are encrypted."""
    root = parts.xml("META-INF/encryption.xml")
    places = (
        [str(one.get("URI")) for one in root.iter() if local(one) == "CipherReference"]
        if root is not None
        else []
    )
    return any(not place.lower().endswith((".otf", ".ttf", ".woff", ".woff2")) for place in places)


def _spine(package: Element) -> list[str]:
    """Where the pages lie, in reading order."""
    places = {}
    for item in package.iter():
        if local(item) == "item":
            places[str(item.get("id"))] = str(item.get("href"))
    return [
        places[str(reference.get("idref"))]
        for reference in package.iter()
        if local(reference) == "itemref" and str(reference.get("idref")) in places
    ]


def _title(package: Element) -> str:
    found = next((one for one in package.iter() if local(one) == "title"), None)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""
