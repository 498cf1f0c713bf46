"""Sources -> documents: files, folders, git repositories, question-answer pairs, Feishu documents.

One unreadable file never stops the rest: it becomes a LoadError in the report, with its path and what to do.
Nor does an unreadable source: the build keeps what it last knew of both. What a document says is data:
nothing in it is ever run, followed or used as a path.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

from bot.config.settings import SourceSettings
from bot.errors import LoadError
from index.sources import formats
from index.sources import git as repository
from index.sources.addresses import is_docusaurus, published_at
from index.sources.asked import AskedFile, Reader, Unread, kind_of, name_of, place_of
from index.sources.files import IS_INDEX, Found, files_in, glob_pattern, printable
from index.sources.navigation import title_of, titles_under
from index.sources.reading.messages import Loaded, ReadingRequest
from index.sources.reading.reader import ReadingLimits
from index.sources.reading.readers import Answered, Kept, Readers
from index.text.document import Document

__all__ = ["Document", "LoadReport", "SourceRead", "glob_pattern", "load", "load_chunks", "source_name"]

MAX_FILE_BYTES = 20_000_000


@dataclass
class SourceRead:
    """How the reading of one source went."""

    key: str
    """What the settings say of the place, without credentials; the same from build to build."""
    name: str
    """What its documents carry as `source`; empty where that cannot be known now."""
    documents: int = 0
    fault: str = ""
    """Why the source as a whole could not be read."""
    skipped: bool = False
    """Whether this build was asked to leave it as it is."""
    unreadable: set[str] = field(default_factory=set)
    """Paths of documents that are there and could not be read; a folder ends with a slash."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Files and folders that are passed over, by why: hidden, empty, tools."""

    @property
    def is_empty(self) -> bool:
        """Whether it was read, without a fault, and there was nothing in it."""
        return not (self.documents or self.fault or self.unreadable or self.skipped)


@dataclass
class LoadReport:
    """What could not be read, gathered while the documents stream by."""

    errors: list[LoadError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is to be told of documents that were read all the same."""
    sources: list[SourceRead] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    """Files whose format is not read, by suffix."""
    expected: int = 0
    """Files that were listed so far: documents that have come or will."""


def load(
    sources: Iterable[SourceSettings],
    clones: Path,
    report: LoadReport,
    ask: Reader | None = None,
) -> Iterator[Document]:
    """Every document of every source.

    `clones` is the folder that git repositories are kept in; the one it lies in holds the bot's own files and
    is no part of any source. `ask` reads what must be asked over a network (index/sources/asked.py); without
    it such sources are reported.
    """
    for _, loaded in load_chunks(sources, clones, report, ask, with_text=True):
        yield loaded.document


def load_chunks(
    sources: Iterable[SourceSettings],
    clones: Path,
    report: LoadReport,
    ask: Reader | None = None,
    *,
    limits: ReadingLimits | None = None,
    with_text: bool = False,
    only: Collection[str] = (),
    kept: Kept | None = None,
) -> Generator[tuple[SourceRead, Loaded]]:
    """Every document of every source with its chunks; the documents' texts are left out unless wanted.

    `only`: names of the sources to read; none means all. `kept`: what earlier builds read and need not be
    read again.
    """
    with closing(Readers(limits, kept)) as readers:
        for source in sources:
            read = SourceRead(key_of(source), source_name(source))
            report.sources.append(read)
            if only and read.name not in only:
                read.skipped = True
                continue
            loading = _Loading(source, read, report, readers.limits, with_text, clones)
            try:
                for answered in readers.answers(loading.requests(ask)):
                    for loaded in loading.told(answered):
                        read.documents += 1
                        yield read, loaded
            except (LoadError, OSError) as error:
                read.fault = str(error)
                report.errors.append(LoadError(str(error)))


def key_of(source: SourceSettings) -> str:
    """What the settings say of a source's place, without credentials."""
    place = repository.without_credentials(place_of(source))
    return " ".join(filter(None, (f"{kind_of(source)}:{place}", source.branch, source.name)))


def source_name(source: SourceSettings) -> str:
    """What the documents of a source carry as `source`, and what /reindex calls it."""
    return source.name or _name_of(source)


def _name_of(source: SourceSettings) -> str:
    if source.git is not None:
        return repository.name_of(source.git)
    place = source.path or source.qa
    if place is None:
        return name_of(source)
    resolved = Path(os.path.abspath(place))
    is_file = source.qa is not None or place.is_file() or (not place.is_dir() and bool(place.suffix))
    return printable(resolved.stem if is_file else os.path.basename(os.path.realpath(place)))


class _Loading:
    """One source being read."""

    def __init__(
        self,
        source: SourceSettings,
        read: SourceRead,
        report: LoadReport,
        limits: ReadingLimits,
        with_text: bool,
        clones: Path,
    ) -> None:
        self.source = source
        self.read = read
        self.report = report
        self.limits = limits
        self.with_text = with_text
        self.clones = clones
        self._titles: dict[str, str] = {}
        self._numbered = False

    def requests(self, ask: Reader | None) -> Iterator[ReadingRequest]:
        """The documents to read. Raises LoadError or OSError when the source as a whole cannot be read."""
        source = self.source
        if source.path is not None:
            yield from self._path(source.path)
        elif source.git is not None:
            yield from self._git(source.git)
        elif source.qa is not None:
            yield self._pairs(source.qa)
        elif ask is None:
            raise LoadError(f"{place_of(source)}: nobody here can ask for such a source")
        else:
            yield from self._asked(ask)

    def told(self, answered: Answered) -> Iterator[Loaded]:
        """The documents of an answer; none where the file is empty or, told in the report, unreadable.

        Raises LoadError where it is all that the source has.
        """
        request, answer = answered.request, answered.answer
        if answer.error and request.kind == "pairs":
            raise LoadError(f"{self.source.qa}: {answer.error}")
        if answer.error:
            self.read.unreadable.add(request.path)
            self.report.errors.append(LoadError(f"{self.read.name}: {request.path}: {answer.error}"))
            return
        self.report.notes.extend(f"{self.read.name}: {request.path}: {one}" for one in answer.problems)
        if not (answer.loaded or answer.problems or self.source.code):
            self.read.left_out["empty"] += 1
        yield from answer.loaded

    def _asked(self, ask: Reader) -> Iterator[ReadingRequest]:
        for read in ask(self.source):
            if isinstance(read, Unread):
                self.read.unreadable.add(read.path)
                self.report.errors.append(LoadError(f"{self.read.name}: {read.path}: {read.why}"))
            elif isinstance(read, AskedFile):
                found = Found(read.file, printable(read.path), read.file.stat().st_size, read.updated_at)
                yield self._request("file", found, read.url, read.updated_at)
            else:
                yield ReadingRequest(
                    "split",
                    read.source,
                    read.path,
                    document=asdict(read),
                    most_chunks=self.limits.chunks,
                    with_text=self.with_text,
                )

    def _path(self, root: Path) -> Iterator[ReadingRequest]:
        if not root.exists():
            raise LoadError(f"{root}: no such file or folder; see index.sources")
        if root.is_dir():
            yield from self._folder(root, None)
        else:
            facts = root.stat()
            found = Found(root, printable(root.name), facts.st_size, facts.st_mtime)
            if found.suffix not in self._suffixes():
                raise LoadError(f"{root}: {found.suffix or 'such'} files are not read")
            yield self._request("file", found, self._link(found), found.updated_at)

    def _git(self, address: str) -> Iterator[ReadingRequest]:
        checkout = repository.update(address, self.source.branch, self.clones)
        yield from self._folder(checkout.folder, checkout)

    def _folder(self, root: Path, checkout: repository.Checkout | None) -> Iterator[ReadingRequest]:
        self._titles = titles_under(root)
        listed = self._listed(root, checkout)
        self._numbered = bool(self.source.url) and is_docusaurus(root, (found.path for found in listed))
        for found in listed:
            url = self._link(found) or (checkout.web_address(found.path) if checkout else "")
            yield self._request("file", found, url, checkout.committed_at if checkout else found.updated_at)

    def _listed(self, root: Path, checkout: repository.Checkout | None) -> list[Found]:
        """The files of a folder that are read; the others are counted by their formats."""
        files = []
        own, told = self.clones.parent, (self._outside, self._left_out)
        for found in files_in(root, self.source, self._unlisted, own, *told):
            if checkout and found.path in checkout.links:
                continue
            if found.suffix in self._suffixes():
                files.append(found)
            elif not self.source.code:
                self.report.unread[found.suffix or "files without a suffix"] += 1
        self.report.expected += len(files)
        return files

    def _suffixes(self) -> Collection[str]:
        return formats.CODE_SUFFIXES if self.source.code else formats.SUFFIXES

    def _unlisted(self, path: str, why: str) -> None:
        if not path:
            raise LoadError(f"{self.source.path or self.source.git}: {why}")
        self.read.unreadable.add(f"{path}/")
        self.report.errors.append(LoadError(f"{self.read.name}: {path}/: {why}"))

    def _left_out(self, path: str, why: str) -> None:
        if why == "index":
            self.report.notes.append(f"{self.read.name}: {path}/: {IS_INDEX}")
        else:
            self.read.left_out[why] += 1

    def _outside(self, path: str) -> None:
        """Tells of a link to documents elsewhere, which somebody may count on; what git brings is its own."""
        if self.source.path and (Path(path).suffix in self._suffixes() or (self.source.path / path).is_dir()):
            self.report.notes.append(
                f"{self.read.name}: {path}: is a link out of the folder, not followed; name what it leads to "
                "under index.sources"
            )

    def _link(self, found: Found) -> str:
        base = self.source.url.rstrip("/")
        at = published_at(found.path) if self._numbered else found.path
        return f"{base}/{quote(at)}" if base else ""

    def _pairs(self, file: Path) -> ReadingRequest:
        if not file.exists():
            raise LoadError(f"{file}: no such file; see index.sources")
        facts = file.stat()
        found = Found(file, printable(file.name), facts.st_size, facts.st_mtime)
        return self._request("pairs", found, self.source.url, facts.st_mtime)

    def _request(self, kind: str, found: Found, url: str, updated_at: float) -> ReadingRequest:
        return ReadingRequest(
            kind="pairs" if kind == "pairs" else "file",
            source=self.read.name,
            path=found.path,
            title=title_of(found.path, self._titles),
            url=url,
            site=self.source.url if self.source.path or self.source.git else "",
            numbered=self._numbered,
            updated_at=updated_at,
            file=os.fspath(found.file),
            suffix=found.suffix,
            max_bytes=MAX_FILE_BYTES,
            seconds=self.limits.seconds_for(found.size),
            most_chunks=self.limits.chunks,
            with_text=self.with_text,
        )
