"""Which version of the index is in use, and the switch to another under running workers.

The CURRENT file in the index folder names the version; it is replaced in one step, so every process on the
machine sees the old name or the new one. Redis, where there is one, is told as well: workers hear of it at
once, and processes that do not read the folder can say which version answers.
"""

from __future__ import annotations

import errno
import fcntl
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot.config.aside import aside
from bot.config.settings import IndexSettings, Settings
from bot.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing
from bot.redis_keys import INDEX_CHANNEL, INDEX_VERSION
from index.search.embed import Embedder, open_embedder
from index.search.rerank import Reranker, open_reranker
from index.search.searcher import Searcher
from index.search.storage import Manifest, is_whole, read, read_digests, read_manifest, read_origins
from index.search.store.elsewhere import fetched, open_server, put_out

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""How often the CURRENT file is looked at."""
FETCH_SECONDS = 10.0
"""How often the address of the snapshots is asked, where there is one."""
AGAIN = 5.0
"""Seconds until a refused version is tried again; then twice as long each time."""
MOST_AGAIN = 60.0
_NAME = re.compile(r"[\w.\-]+")
_NAME_BYTES = 200


class Versions:
    """The folder of all versions: `versions/NAME/`, `CURRENT`, and the lock of a running build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "versions"

    def names(self) -> list[str]:
        """All whole versions, oldest first: names sort by time."""
        if not self.path.is_dir():
            return []
        return sorted(place.name for place in self.path.iterdir() if not place.name.startswith("."))

    def readable(self) -> list[Manifest]:
        """What the versions of this release's format say of themselves, oldest first."""
        manifests = []
        for name in self.names():
            try:
                manifests.append(self.manifest(name))
            except (IndexMismatch, IndexMissing) as error:
                log.info("index_version_unreadable", version=name, error=str(error))
        return manifests

    def current(self) -> str:
        """Name of the version in use, as the CURRENT file has it; empty when there is none that could be one.

        The version need not be there yet: where folders are copied from elsewhere, names may come first.
        """
        try:
            raw = (self.folder / "CURRENT").read_bytes()[:_NAME_BYTES]
        except (FileNotFoundError, IsADirectoryError):  # a folder is what mounting a missing file makes
            return ""
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            return ""
        name = raw.decode("utf-8", "replace").strip()
        return name if _NAME.fullmatch(name) else ""

    def usable(self) -> str:
        """The current version, or the newest that can be read where CURRENT names none; empty for none."""
        current = self.current()
        if current in self.names():
            return current
        readable = self.readable()
        if not readable:
            return current
        log.warning("current_index_unknown", named=current, taken=readable[-1].version)
        return readable[-1].version

    def is_whole(self, name: str) -> bool:
        """Whether every file of a version is as it was written. Raises IndexMissing or IndexMismatch."""
        return is_whole(self._place(name))

    def manifest(self, name: str) -> Manifest:
        """What a version says of itself. Raises IndexMissing or IndexMismatch."""
        return read_manifest(self._place(name))

    def digests(self, name: str) -> dict[str, str]:
        """ "source/path" of every document of a version -> its digest."""
        return read_digests(self._place(name))

    def origins(self, name: str) -> dict[str, str]:
        """ "source/path" of every document of a version -> key of the source it came from."""
        return read_origins(self._place(name))

    def use(self, name: str) -> None:
        """Makes a version the current one on this machine. Raises IndexMissing or IndexMismatch."""
        self.manifest(name)
        with suppress(OSError):  # an empty folder cannot be replaced by a file; a file stays
            (self.folder / "CURRENT").rmdir()
        with aside(self.folder / "CURRENT") as file:
            file.write_text(name + "\n", "utf-8")

    def before(self, name: str) -> str:
        """The version before this one. Raises IndexMissing where there is none."""
        older = [other.version for other in self.readable() if other.version < name]
        if not older:
            raise IndexMissing("there is no older version to go back to; see `python -m index versions`")
        return older[-1]

    def prune(self, keep: int) -> list[str]:
        """Removes all but the newest `keep` versions and the current one, and what killed builds left."""
        names, current = self.names(), self.current()
        old = [name for name in names[: max(len(names) - max(keep, 1), 0)] if name != current]
        left = [place for place in self.path.glob(".*") if place.is_dir()] if self.path.is_dir() else []
        for place in [self.path / name for name in old] + left:
            shutil.rmtree(place, ignore_errors=True)
        return old

    @contextmanager
    def building(self) -> Iterator[None]:
        """Held while a version is built. Raises IndexBusy when another process builds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise IndexBusy(
                    f"another build of {self.folder} is running; wait until it has ended"
                ) from error
            yield

    def _place(self, name: str) -> Path:
        names = self.names()
        if not name or name not in names:
            do = "`python -m index versions` lists them" if names else "run `python -m index build`"
            raise IndexMissing(f"no index version {name!r} in {self.folder}; {do}")
        return self.path / name


def publish(name: str, versions: Versions, redis: Redis | None, index: IndexSettings | None = None) -> bool:
    """Makes a version current and tells Redis; whether Redis took it. Workers here see it anyway.

    `index` says who else is told: Milvus, the address of the snapshots. Raises what these raise, before
    anything here has changed: IndexUnwritten, ConfigError, EngineUnavailable.
    """
    versions.manifest(name)
    if index is not None:
        put_out(index, versions.path / name)
    versions.use(name)
    if redis is None:
        return False
    try:
        redis.set(INDEX_VERSION.name, name)
        redis.publish(INDEX_CHANNEL, name)
    except RedisError as error:
        log.info("index_not_published_in_redis", version=name, error=type(error).__name__)
        return False
    return True


def open_current(
    settings: Settings, embedder: Embedder | None = None, reranker: Reranker | None = None
) -> Searcher:
    """The searcher over the current version; over the newest whole one where that is damaged.

    Raises IndexMissing or IndexMismatch.
    """
    versions = Versions(settings.index.dir)
    _follow(settings, versions)
    name = versions.usable()
    if not name:
        raise IndexMissing(
            f"no index in {settings.index.dir} yet; run `python -m index build`, or wait for one that runs"
        )
    embedder = embedder or open_embedder(settings.index.embedder)
    reranker = reranker or open_reranker(settings.index.reranker)
    try:
        return open_version(settings, name, embedder, reranker)
    except IndexDamaged as error:
        older = [one.version for one in versions.readable() if one.version != name]
        for other in reversed(older):
            with suppress(IndexMismatch, IndexMissing):
                searcher = open_version(settings, other, embedder, reranker)
                log.error("index_version_damaged", version=name, taken=other, error=str(error))
                return searcher
        raise


def _follow(settings: Settings, versions: Versions) -> None:
    """Uses the version that is in use at the snapshots' address, where there is one; old ones go."""
    if new := fetched(settings.index, versions.path, versions.current()):
        versions.use(new)
        versions.prune(settings.index.keep_versions)


def open_version(settings: Settings, name: str, embedder: Embedder, reranker: Reranker | None) -> Searcher:
    """The searcher over a version. Raises IndexMissing, or IndexMismatch when another embedder built it, or
    it was made for another store; EngineUnavailable when a server that it needs does not answer."""
    manifest = Versions(settings.index.dir).manifest(name)
    if manifest.embedder != embedder.name:
        raise IndexMismatch(
            f"index {name} was built with {manifest.embedder}, the settings name {embedder.name}; "
            "run `python -m index build` or change index.embedder back"
        )
    server = open_server(settings.index, name, manifest.vectors)
    return Searcher(read(settings.index.dir / "versions" / name), embedder, reranker, server=server)


@dataclass
class _Refusal:
    """A version that could not be opened, and when it is tried again."""

    name: str = ""
    again: float = 0.0
    pause: float = AGAIN

    def is_due(self, name: str) -> bool:
        return name != self.name or time.monotonic() >= self.again

    def note(self, name: str) -> bool:
        """Notes one more refusal; whether it is this version's first."""
        first = name != self.name
        self.pause = AGAIN if first else min(2 * self.pause, MOST_AGAIN)
        self.name, self.again = name, time.monotonic() + self.pause
        return first


class Watcher:
    """Holds the searcher of a running process and swaps it when another version becomes current.

    A question keeps the searcher it started with. A version that cannot be opened, whatever the reason, is
    logged, the old one stays in use, and it is tried again: it may not have been whole yet.
    """

    def __init__(
        self,
        settings: Settings,
        redis: Redis | None = None,
        on_swap: Callable[[Searcher], None] | None = None,
        each_look: Callable[[], None] = lambda: None,
    ) -> None:
        """Opens the current version. Raises IndexMissing or IndexMismatch.

        `on_swap` may refuse a new version by raising what opening one raises. `each_look` is called whenever
        the current version was looked at, about once in POLL_SECONDS.
        """
        self._settings = settings
        self._redis = redis
        self._on_swap = on_swap
        self._each_look = each_look
        self._embedder = open_embedder(settings.index.embedder)
        self._reranker = open_reranker(settings.index.reranker)
        self._refused = _Refusal()
        self._fetch_at = time.monotonic() + FETCH_SECONDS
        self._stopping = threading.Event()
        self._searcher = open_current(settings, self._embedder, self._reranker)
        self._thread = threading.Thread(target=self._watch, name="index-watcher", daemon=True)

    @property
    def searcher(self) -> Searcher:
        """The searcher to use for the next question."""
        return self._searcher

    def start(self) -> Watcher:
        """Starts watching in a thread of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stops watching; the searcher stays usable."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def check(self) -> bool:
        """Swaps now if another version is current; whether it did."""
        versions = Versions(self._settings.index.dir)
        if time.monotonic() >= self._fetch_at:
            self._fetch_at = time.monotonic() + FETCH_SECONDS
            _follow(self._settings, versions)
        name = versions.current()
        if name in ("", self._searcher.version) or not self._refused.is_due(name):
            return False
        try:
            searcher = open_version(self._settings, name, self._embedder, self._reranker)
            if self._on_swap:
                self._on_swap(searcher)
        except Exception as error:  # the thread that watches must outlive whatever a version holds
            if self._refused.note(name):
                log.error("index_version_refused", version=name, error=f"{type(error).__name__}: {error}")
            return False
        log.info("index_swapped", version=name, before=self._searcher.version)
        self._searcher, self._refused = searcher, _Refusal()
        return True

    def _watch(self) -> None:
        channel: Any = None
        while not self._stopping.is_set():
            for look in (self.check, self._each_look):
                try:
                    look()
                except Exception as error:  # a disk that is away for a moment must not end the watching
                    log.error("index_not_looked_at", error=f"{type(error).__name__}: {error}")
            channel = self._listen(channel)

    def _listen(self, channel: Any) -> Any:
        """Waits until a version is published, at most POLL_SECONDS; the channel to wait on next time."""
        if self._redis is None:
            self._stopping.wait(POLL_SECONDS)
            return None
        started = time.monotonic()
        try:
            if channel is None:
                channel = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                channel.subscribe(INDEX_CHANNEL)
            channel.get_message(timeout=POLL_SECONDS)
        except (RedisError, OSError, ValueError) as error:
            log.debug("index_channel_lost", error=type(error).__name__)
            self._stopping.wait(max(POLL_SECONDS - (time.monotonic() - started), 0.1))
            return None
        return channel
