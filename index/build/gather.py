"""What the sources hold now, and what is kept of what they held.

A document that is there and cannot be read, and every document of a source that is away, stays as the last
version had it: a mount that is not there, a remote that does not answer or a page that is half written are
no reason to forget. What is gone for certain goes, but not more than `index.max_removed` of all without a
word from a person.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from bot.config.settings import Settings, SourceSettings
from bot.errors import IndexMissing, LoadError, RemovalUnconfirmed, UnknownSource
from index.build.kept_readings import KeptReadings
from index.build.previous import Previous
from index.build.report import difference, passed_over
from index.sources.asked import Reader
from index.sources.confirmed import confirmed_sources, is_confirmed
from index.sources.load import LoadReport, SourceRead, load_chunks, source_name
from index.sources.reading.reader import ReadingLimits
from index.text.document import Document
from index.text.split import Chunk

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); stages are 'read', 'embed', 'index', 'compared', 'publish'. 'compared'
counts one's own questions whose answers got worse, of all that are kept."""

_LISTED = 5


@dataclass
class Gathered:
    """What a version is made of, and what could not be read."""

    documents: list[Document] = field(default_factory=list)
    """Without their texts; those that are kept are among them."""
    chunks: list[Chunk] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    """ "source/path" -> digest of all that ends up in the index: a changed link or title counts too."""
    origins: dict[str, str] = field(default_factory=dict)
    """ "source/path" -> key of the source it came from."""
    sources: list[SourceRead] = field(default_factory=list)
    kept: tuple[str, ...] = ()
    """ "source/path" of documents that are as the last version had them."""
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: dict[str, int] = field(default_factory=dict)
    """Files whose format is not read, by suffix, most first."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Files and folders that were passed over, by why."""
    seconds: float = 0.0

    def chunks_of(self, keys: Iterable[str]) -> list[Chunk]:
        """The chunks of some documents, each "source/path"."""
        wanted = set(keys)
        return [chunk for chunk in self.chunks if f"{chunk.source}/{chunk.path}" in wanted]

    @property
    def faults(self) -> tuple[str, ...]:
        """The sources that could not be read as a whole, each with why."""
        return tuple(f"{read.name or read.key}: {read.fault}" for read in self.sources if read.fault)

    def add(self, document: Document, chunks: Iterable[Chunk], origin: str, digest: str = "") -> None:
        """Takes up a document; `digest` where it is kept and so known already."""
        key = f"{document.source}/{document.path}"
        parts = tuple(chunks)
        self.documents.append(document)
        self.chunks.extend(parts)
        self.digests[key] = digest or digest_of(document, parts)
        self.origins[key] = origin


def digest_of(document: Document, chunks: Iterable[Chunk]) -> str:
    """Of all that ends up in the index: a release that reads the same bytes otherwise changes a document."""
    parts = [document.digest, document.title, document.url, document.language]
    for chunk in chunks:
        parts += [chunk.anchor, *chunk.heading_path, chunk.text]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def gather(
    settings: Settings,
    previous: Previous,
    ask: Reader | None,
    tell: Progress,
    *,
    confirmed: bool,
    only: Collection[str] = (),
    take: Callable[[Iterable[Chunk]], None] = lambda chunks: None,
) -> Gathered:
    """Reads every source. Raises IndexMissing when there is nothing at all, and RemovalUnconfirmed.

    `confirmed`: a person said that what is gone may go. `only`: names of the sources to read, the others stay
    as they are; none means all. `take` is given the chunks of each document that is new or
    changed, when it was read. Raises UnknownSource for a name that no source has.
    """
    sources = (*settings.index.sources, *confirmed_sources(settings.index.dir))
    _refuse_unknown(sources, only)
    started = time.perf_counter()
    report, gathered = LoadReport(), Gathered()
    limits = ReadingLimits(
        most_seconds=settings.index.document_seconds, chunks=settings.index.document_chunks
    )
    clones = settings.index.dir / "sources"
    with KeptReadings(settings.index.dir / "readings.sqlite", limits, whole=not only) as kept:
        everything = load_chunks(sources, clones, report, ask, limits=limits, only=only, kept=kept)
        with closing(everything):  # the reading processes end here, whatever happens
            for read, loaded in everything:
                gathered.add(loaded.document, loaded.chunks, read.key)
                key = f"{loaded.document.source}/{loaded.document.path}"
                if previous.digests.get(key) != gathered.digests[key]:
                    take(loaded.chunks)
                count = len(gathered.documents)
                tell("read", count, max(_expected(report, previous), count))
        if not only:
            kept.prune(settings.index.keep_versions)
    gathered.sources = report.sources
    if not confirmed:
        _doubt_empty_sources(report, previous)
    _keep(gathered, previous)
    gathered.errors = _told(report, gathered)
    gathered.notes = (*report.notes, *_of_sources(report))
    gathered.unread = dict(report.unread.most_common())
    gathered.left_out = dict(sum((read.left_out for read in report.sources), Counter()))
    gathered.seconds = time.perf_counter() - started
    if not gathered.chunks:
        if not sources:
            raise IndexMissing("index.sources names nothing; give at least one, such as [{path: docs}]")
        told = "; ".join(gathered.errors[:_LISTED]) or _why_nothing(gathered)
        stays = "; an index needs a document, so the version in use stays" if previous.name else ""
        raise IndexMissing(f"index.sources hold no readable document: {told}{stays}")
    if not confirmed:
        _refuse_large_removal(gathered, previous, settings.index.max_removed)
    return gathered


def _expected(report: LoadReport, previous: Previous) -> int:
    """About how many documents there will be; 0 where nobody can say."""
    return max(report.expected, len(previous.digests))


def _refuse_unknown(sources: Iterable[SourceSettings], only: Collection[str]) -> None:
    names = [source_name(source) for source in sources]
    """A group whose last confirmed answer was taken back has no source any more: that is no mistake."""
    if unknown := sorted(name for name in set(only) - set(names) if not is_confirmed(name)):
        raise UnknownSource(f"no source is called {', '.join(unknown)}; there are: {', '.join(names)}")


def _why_nothing(gathered: Gathered) -> str:
    formats = ", ".join(f"{count} {suffix}" for suffix, count in gathered.unread.items())
    if formats:
        return f"no file of a format that is read ({formats})"
    places = ", ".join(read.key for read in gathered.sources)
    return f"no page found in {places}{_but(gathered.left_out)}; look at the path, `include` and `exclude`"


def _but(left_out: dict[str, int]) -> str:
    return f" (left out: {passed_over(left_out)})" if left_out else ""


_HIDDEN = "one hides the other; give each a `name` under index.sources"


def _of_sources(report: LoadReport) -> Iterator[str]:
    """What is odd about the sources, though each could be read."""
    names = Counter(read.name for read in report.sources if read.name)
    for name, count in names.items():
        if count > 1:
            yield f"{name}: {count} sources have this name, and of pages with one path {_HIDDEN}"
    for read in report.sources:
        if read.is_empty and not is_confirmed(read.name):
            found = f"{read.name or read.key}: no page found{_but(read.left_out)}"
            yield f"{found}; look at its path, `include` and `exclude`"


def _doubt_empty_sources(report: LoadReport, previous: Previous) -> None:
    """A place that held documents and holds none is most likely away: a mount point without its mount."""
    for read in report.sources:
        if read.is_empty and previous.of_source(read):
            read.fault = "holds no document any more; if that is right, build with --yes"
            report.errors.append(LoadError(read.fault))


def _keep(gathered: Gathered, previous: Previous) -> None:
    wanted: dict[str, str] = {}
    for read in gathered.sources:
        for key in previous.of_source(read):
            if key not in gathered.digests and (read.skipped or read.fault or _unreadable(key, read)):
                wanted[key] = read.key
    for key, (document, chunks) in previous.documents(wanted).items():
        gathered.add(document, chunks, wanted[key], previous.digests[key])
    skipped = {read.key for read in gathered.sources if read.skipped}
    gathered.kept = tuple(sorted(key for key, origin in wanted.items() if origin not in skipped))


def _unreadable(key: str, read: SourceRead) -> bool:
    path = key.removeprefix(f"{read.name}/")
    parts = path.split("/")
    folders = {"/".join(parts[:count]) + "/" for count in range(1, len(parts))}
    # A pair of a question-answer file stands under the file's own name.
    return bool(read.unreadable & ({path} | folders | {folder[:-1] for folder in folders}))


def _told(report: LoadReport, gathered: Gathered) -> tuple[str, ...]:
    """What could not be read, each with what is kept of it."""
    kept = set(gathered.kept)
    by_source = {read.key: 0 for read in report.sources}
    for key in kept:
        by_source[gathered.origins[key]] += 1
    lines = []
    for read in report.sources:
        if read.fault:
            count = by_source[read.key]
            stay = f" ({count} documents are kept as they were)" if count else ""
            lines.append(f"{read.fault}{stay}")
    faults = {read.fault for read in report.sources}
    for error in map(str, report.errors):
        if error in faults:
            continue
        place = error.replace(": ", "/", 1).partition(": ")[0]
        lines.append(f"{error} (its last text is kept)" if place in kept else error)
    return tuple(lines)


def _refuse_large_removal(gathered: Gathered, previous: Previous, most: float) -> None:
    removed = list(difference(previous.digests, gathered.digests).removed)
    if len(removed) <= most * len(previous.digests):
        return
    removed = previous.without_moved(removed, gathered.chunks)
    total = len(previous.digests)
    if len(removed) <= most * total:
        return
    shown = ", ".join(removed[:_LISTED]) + (", ..." if len(removed) > _LISTED else "")
    raise RemovalUnconfirmed(
        f"{len(removed)} of {total} documents would be removed, more than index.max_removed allows "
        f"({most:.0%}): {shown}. Nothing was changed; if that is right, run it with --yes",
        removed=tuple(removed),
        total=total,
    )
