"""Feishu as a source: wiki spaces, folders of the drive, single documents.

A page is fetched again only when Feishu says that it was edited (a wiki node's obj_edit_time, a file's
modified_time, a document's revision_id), or when it shows what is kept elsewhere and changes without it. What
the app may not read is named page by page. The links lead back to the page.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from bot.config.aside import aside
from bot.config.settings import Settings, SourceSettings
from bot.errors import FeishuError, LoadError
from bot.feishu.codes import Remedy, look_up
from bot.feishu.library import FeishuLibrary, open_library
from bot.redis_keys import FOR_WORKERS, connect
from index.sources.asked import AskedFile, Read, Unread, kind_of, name_of, place_of
from index.sources.formats import SUFFIXES
from index.text.chinese import language_of
from index.text.document import Document
from worker.sources.feishu_text import Contents, Text
from worker.sources.kept import Kept, document_of

Json = dict[str, Any]
MOST_NODES = 50_000
MOST_FILE_BYTES = 20_000_000
SETTLED = 5.0
"""Seconds since the last edit after which a time in whole seconds tells two states apart."""
_LINK = re.compile(
    r"/(wiki/space|wiki/settings|wiki|docx|docs|sheets|base|drive/folder|file|slides)/([\w-]+)"
)
_TYPES = {
    "docx": "docx",
    "docs": "doc",
    "sheets": "sheet",
    "base": "bitable",
    "file": "file",
    "slides": "slides",
}
_READ = ("docx", "sheet", "bitable")
_PATHS = {"docx": "docx", "sheet": "sheets", "bitable": "base"}
_ODD = (TypeError, ValueError, KeyError, AttributeError, RecursionError)
"""What an answer of a shape that nobody foresaw raises: one page's fault, and not the source's."""
_NO_TEXT = {
    "doc": "an old-style document, which has no API any more; convert it to a new one in Feishu",
    "mindnote": "a mind note: Feishu gives its text to nobody",
    "slides": "slides: Feishu gives their text to nobody",
}


@dataclass(frozen=True)
class Page:
    """One thing to read, as a list or a link names it."""

    path: str
    title: str
    kind: str
    token: str
    url: str
    mark: str
    """Changes when it is edited; empty where Feishu does not say."""
    edited: float
    """Unix seconds."""


def open_reader(settings: Settings) -> Callable[[SourceSettings], Iterable[Read]]:
    """A reader over the app of these settings."""
    redis = connect(settings.redis.url, FOR_WORKERS)
    library = open_library(settings.feishu, redis)
    return lambda source: read(settings, source, library, redis)


def read(
    settings: Settings, source: SourceSettings, library: FeishuLibrary, redis: Redis | None = None
) -> Iterator[Read]:
    """The documents of one source. Raises LoadError when it cannot be read as a whole."""
    place = f"{kind_of(source)} {place_of(source)}"
    try:
        folder = settings.index.dir / "sources"
        with Kept(folder, place) as kept:
            files = folder / "feishu-files"
            yield from _Reading(source, library, kept, files, settings.feishu.domain).run()
            for gone in kept.forget_the_rest():
                if "file" in gone:
                    (files / Path(str(gone["file"])).name).unlink(missing_ok=True)
    except FeishuError as error:
        raise LoadError(f"{place}: {_why(error)}") from error
    except RedisError as error:
        shown = settings.redis.shown
        raise LoadError(f"{place}: Redis at {shown} does not answer, and it keeps the app's token") from error


class _Reading:
    def __init__(
        self, source: SourceSettings, library: FeishuLibrary, kept: Kept, files: Path, domain: str
    ) -> None:
        self.source = source
        self.files = files
        self.library = library
        self.contents = Contents(library)
        self.kept = kept
        self.name = name_of(source)
        self.origin = _origin(source, domain)
        self.paths: Counter[str] = Counter()
        self.tokens: set[str] = set()

    def run(self) -> Iterator[Read]:
        place, kind = place_of(self.source), kind_of(self.source)
        found = _LINK.search(urlsplit(place).path) if "://" in place else None
        if "://" in place and found is None:
            raise LoadError(f"{place}: no link of a Feishu wiki page, document, sheet, base or folder")
        what, token = (found.group(1), found.group(2)) if found else ("", place)
        pages = self._pages(kind, what, token)
        for page in pages:
            yield from [page] if isinstance(page, Unread) else self._page(page)

    def _pages(self, kind: str, what: str, token: str) -> Iterator[Page | Unread]:
        if kind == "feishu_wiki":
            if what == "wiki":
                yield from self._tree(self.library.node(token), ())
            elif what in ("", "wiki/space", "wiki/settings"):
                yield from self._below(token, "", ())
            else:
                raise LoadError(
                    f"{place_of(self.source)}: index.sources.feishu_wiki wants a space or a wiki page"
                )
        elif kind == "feishu_folder":
            yield from self._folder(token, (), {token})
        elif what == "wiki":
            yield from self._node(self.library.node(token), ())
        else:
            yield self._single(_TYPES.get(what or "docx", what), token)

    def _single(self, kind: str, token: str) -> Page:
        """One document by its own token; a document alone says its revision."""
        mark, title = "", ""
        if kind == "docx":
            facts = self.library.document(token)
            mark, title = f"r{facts.get('revision_id')}", str(facts.get("title") or "")
        return Page(self._path((), title or token), title, kind, token, self._url(kind, token), mark, 0.0)

    def _below(self, space: str, parent: str, above: tuple[str, ...]) -> Iterator[Page | Unread]:
        for node in self.library.nodes(space, parent):
            yield from self._tree(node, above)

    def _tree(self, node: Json, above: tuple[str, ...]) -> Iterator[Page | Unread]:
        """A node and what is below it; where that cannot be listed it is told, and the rest goes on."""
        token = str(node.get("node_token") or "")
        if not token or token in self.tokens or len(self.tokens) > MOST_NODES:
            return
        self.tokens.add(token)
        yield from self._node(node, above)
        if not node.get("has_child") or node.get("node_type") == "shortcut" or len(above) > 50:
            return
        title = _clean(str(node.get("title") or token))
        try:
            yield from self._below(str(node.get("space_id") or ""), token, (*above, title))
        except FeishuError as error:
            yield Unread("/".join((*above, title)) + "/", _why(error))

    def _node(self, node: Json, above: tuple[str, ...]) -> Iterator[Page]:
        kind, token = str(node.get("obj_type") or ""), str(node.get("obj_token") or "")
        if not token or token in self.tokens:
            return  # A shortcut to what was read already.
        self.tokens.add(token)
        title, edited = str(node.get("title") or ""), _seconds(node.get("obj_edit_time"))
        url = f"{self.origin}/wiki/{node.get('node_token')}"
        yield Page(self._path(above, title or token), title, kind, token, url, _mark(edited), edited)

    def _folder(self, token: str, above: tuple[str, ...], met: set[str]) -> Iterator[Page | Unread]:
        for file in self.library.folder(token):
            shortcut = file.get("shortcut_info")
            aim = shortcut if isinstance(shortcut, dict) else {}
            kind = str(aim.get("target_type") or file.get("type") or "")
            inner = str(aim.get("target_token") or file.get("token") or "")
            title = str(file.get("name") or inner)
            if not inner or inner in met or len(met) > MOST_NODES:
                continue
            met.add(inner)
            if kind == "folder":
                yield from self._subfolder(inner, (*above, _clean(title)), met)
                continue
            edited, url = _seconds(file.get("modified_time")), str(file.get("url") or "")
            safe = url if url.startswith(("https://", "http://")) else self._url(kind, inner)
            mark = _mark(edited) if not aim else ""  # A shortcut's own time says nothing of what it leads to.
            yield Page(self._path(above, title), title, kind, inner, safe, mark, edited)

    def _subfolder(self, token: str, above: tuple[str, ...], met: set[str]) -> Iterator[Page | Unread]:
        try:
            if len(above) <= 50:
                yield from self._folder(token, above, met)
        except FeishuError as error:
            yield Unread("/".join(above) + "/", _why(error))

    def _file(self, page: Page) -> Iterator[Read]:
        """An uploaded file, fetched again when it was changed and read like a file of a folder."""
        suffix = Path(page.title).suffix.lower()
        if suffix not in SUFFIXES:
            yield Unread(page.path, f"an uploaded file of a format that is not read: {suffix or page.title}")
            return
        name = hashlib.sha256(page.token.encode()).hexdigest()[:24]
        file = self.files / f"{name}{suffix}"
        known = self.kept.find(page.token)
        if not (known and page.mark and known[0] == page.mark and file.is_file()):
            try:
                content = self.library.download(page.token, MOST_FILE_BYTES)
            except FeishuError as error:
                if _is_everything(error):
                    raise
                yield Unread(page.path, _why(error))
                return
            self.files.mkdir(parents=True, exist_ok=True)
            with aside(file) as place:
                place.write_bytes(content)
            self.kept.put_object(page.token, page.mark, {"file": file.name})
        yield AskedFile(file, page.path, page.url, page.edited)

    def _page(self, page: Page) -> Iterator[Read]:
        if page.kind == "file":
            yield from self._file(page)
            return
        if page.kind not in _READ:
            yield Unread(page.path, _NO_TEXT.get(page.kind, f"of a kind that is not read: {page.kind}"))
            return
        known = self.kept.find(page.token)
        before = document_of(known[1]) if known and page.mark and known[0] == page.mark else None
        if before is not None:
            yield self._placed(before, page)
            return
        try:
            text = self.contents.of(page.kind, page.token)
        except FeishuError as error:
            if _is_everything(error):
                raise
            yield Unread(page.path, _why(error))
            return
        except _ODD as error:
            yield Unread(page.path, f"Feishu sent what is no {page.kind} as it describes one ({error})")
            return
        if text.text.strip():
            document = self._document(page, text)
            self.kept.put(page.token, "" if text.embeds else page.mark, document)
            yield document
        if text.missing:
            # The page itself was read: only a part of it is told, under a name that is no document's.
            yield Unread(f"{page.path} #", "; ".join(text.missing))

    def _document(self, page: Page, text: Text) -> Document:
        title = text.title or page.title or page.path.rpartition("/")[2]
        return Document(
            source=self.name,
            path=page.path,
            title=title,
            text=text.text,
            url=page.url,
            language=language_of(text.text),
            updated_at=page.edited or time.time(),
            digest=hashlib.sha256(text.text.encode()).hexdigest(),
        )

    def _placed(self, document: Document, page: Page) -> Document:
        """A kept document where it stands now: a page that is moved is not edited."""
        moved = replace(document, source=self.name, path=page.path, url=page.url)
        return replace(moved, updated_at=page.edited or document.updated_at)

    def _path(self, above: tuple[str, ...], title: str) -> str:
        path = "/".join((*above, _clean(title)))
        self.paths[path] += 1
        return path if self.paths[path] == 1 else f"{path} ({self.paths[path]})"

    def _url(self, kind: str, token: str) -> str:
        return f"{self.origin}/{_PATHS.get(kind, kind)}/{token}"


def _origin(source: SourceSettings, domain: str) -> str:
    """Where pages are shown: as the link in the settings, or `url`, says; else Feishu's own address."""
    for address in (source.url, place_of(source)):
        parts = urlsplit(address)
        if parts.scheme in ("https", "http") and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}"
    return "https://larksuite.com" if "larksuite" in domain else "https://feishu.cn"


def _clean(title: str) -> str:
    """A title as one part of a path."""
    return " ".join(title.replace("/", "／").split())[:120] or "-"


def _seconds(value: object) -> float:
    text = str(value or "")
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0.0


def _mark(edited: float) -> str:
    """The time of the last edit as a mark; none while another edit may fall into the same second."""
    return f"t{edited:.0f}" if edited and time.time() - edited > SETTLED else ""


def _is_everything(error: FeishuError) -> bool:
    """Whether the next page would fail alike: a missing scope, a wrong secret."""
    return bool(error.code) and look_up(error.code).remedy is Remedy.SETUP


def _why(error: FeishuError) -> str:
    known = look_up(error.code) if error.code else None
    if known is None or known.remedy in (Remedy.SETUP, Remedy.UNKNOWN):
        return str(error)  # With Feishu's own words: they name the scope that is missing.
    return f"{error.code}: {known.meaning}"
