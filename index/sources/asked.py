"""Sources that are asked over a network: Feishu, web sites, issues. Who asks is named here by dotted path.

The index knows of the bot only its settings and errors, and what asks Feishu or fetches pages safely stands
above it: in worker/sources. So a kind is one entry here, a key of SourceSettings and a function there, and
the index hands it what it may know: the settings and the source. What a reader yields is a document, or that
one is there and could not be read: the build then keeps what it knew of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.settings import Settings, SourceSettings
from bot.errors import LoadError
from index.text.document import Document


@dataclass(frozen=True)
class Unread:
    """A document that is there and could not be read."""

    path: str
    """As the document's own; with a slash at its end all that stands below it."""
    why: str


@dataclass(frozen=True)
class AskedFile:
    """A file that was fetched and lies on this machine; it is read like any other."""

    file: Path
    path: str
    url: str
    updated_at: float
    """Unix seconds."""


Read = Document | Unread | AskedFile
Reader = Callable[[SourceSettings], Iterable[Read]]

OPENERS = {
    "feishu_wiki": "worker.sources.feishu.open_reader",
    "feishu_folder": "worker.sources.feishu.open_reader",
    "feishu_doc": "worker.sources.feishu.open_reader",
    "site": "worker.sources.site.open_reader",
    "issues": "worker.sources.issues.open_reader",
}
"""Kind of source -> function of the settings that returns its Reader, which raises LoadError."""


def kind_of(source: SourceSettings) -> str:
    """The key that says where the documents are."""
    return next(name for name in source.PLACES if getattr(source, name) is not None)


def place_of(source: SourceSettings) -> str:
    """What that key says."""
    return str(getattr(source, kind_of(source)))


def name_of(source: SourceSettings) -> str:
    """What documents of an asked source carry as `source`: its name, else the end of its address."""
    if source.name:
        return source.name
    place = place_of(source)
    parts = urlsplit(place)
    return parts.path.strip("/").rpartition("/")[2] or parts.netloc or place


class Asked:
    """Reads asked sources; each kind's reader is opened when the first source of it is met."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._readers: dict[str, Reader] = {}

    def __call__(self, source: SourceSettings) -> Iterator[Read]:
        """The documents of one source. Raises LoadError when it cannot be read as a whole."""
        path = OPENERS.get(kind_of(source))
        if path is None:
            raise LoadError(f"{place_of(source)}: no reader for {kind_of(source)}")
        if path not in self._readers:
            module, _, function = path.rpartition(".")
            self._readers[path] = getattr(import_module(module), function)(self._settings)
        yield from self._readers[path](source)
