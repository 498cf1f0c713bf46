"""Embeddings kept by the hash of their text, so that a build embeds only what is new.

They live in one SQLite file beside the versions: a build that is killed keeps what it had embedded, and a
rollback or a second source with the same page embeds nothing again. When most of what is kept is of texts
that are gone, it goes.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import structlog
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from index.build.room import calls_that_fit
from index.search.embed import Embedder, Vectors
from index.search.store.arrays import take_room

log = structlog.get_logger(__name__)

BATCH = 256
"""Texts embedded at once."""
_PART = 64
"""Texts that a thread takes where several embed: small, so that none waits long for another."""
_SAVED_EVERY = 1.0
"""Seconds after which what was embedded is on the disk, whatever becomes of the build."""
IN_MEMORY = 256 << 20
"""Bytes of vectors that are given back in memory; more lie in a file."""
_AT_ONCE = 500
"""Keys in one query."""
_COLUMNS = "key BLOB PRIMARY KEY, vector BLOB NOT NULL, used INTEGER NOT NULL"
"""`used` was the last build that used a vector; it is 0 now, and stays for the files that there are."""
_SPARE, _LEFT = 1_000, 2
"""Vectors that are kept beyond those of _LEFT times the texts of a version."""


@dataclass(frozen=True)
class Embedded:
    """Vectors of a list of texts, and how many of the distinct texts had to be embedded."""

    vectors: Vectors
    new: int
    reused: int
    texts: frozenset[str] = frozenset()
    """The distinct texts of a version, where they are those of one."""


def embed_with_cache(
    file: Path,
    embedder: Embedder,
    texts: list[str],
    progress: Callable[[int, int], None],
    *,
    ahead: bool = False,
) -> Embedded:
    """Vectors of `texts` through the cache in `file`; one that turns out to be damaged is made anew.

    `ahead`: this build has had them embedded already, so that they need only be read.
    Raises sqlite3.Error when it cannot be written, as on a full disk.
    """
    try:
        return _embed(file, embedder, texts, progress, ahead)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        discard(file, error)
        return _embed(file, embedder, texts, progress, False)


def _embed(
    file: Path, embedder: Embedder, texts: list[str], progress: Callable[[int, int], None], ahead: bool
) -> Embedded:
    with closing(EmbeddingCache(file, embedder)) as cache:
        return (cache.embedded(texts) if ahead else None) or cache.embed(texts, progress)


def discard(file: Path, error: Exception) -> None:
    """Removes a damaged cache; it is only a cache."""
    log.warning("embedding_cache_damaged", error=str(error))
    for place in (file, file.with_name(f"{file.name}-journal"), file.with_name(f"{file.name}-wal")):
        place.unlink(missing_ok=True)


class EmbeddingCache:
    """One file of embeddings; used by one build at a time."""

    def __init__(self, file: Path, embedder: Embedder) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._embedder = embedder
        self._calls = calls_that_fit(embedder)
        self._saved = time.monotonic()
        self._threads: ThreadPoolExecutor | None = None
        self._one_each: threadpool_limits | None = None
        try:
            self._open(file)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self._database.close()
            discard(file, error)
            self._open(file)

    def _open(self, file: Path) -> None:
        self._folder = file.parent
        self._database = sqlite3.connect(file)
        self._database.execute(f"CREATE TABLE IF NOT EXISTS embeddings ({_COLUMNS})")
        self._database.execute("DROP TABLE IF EXISTS uses")  # of a release before
        # Rows are counted by it, without a look at the vectors.
        self._database.execute("CREATE INDEX IF NOT EXISTS embeddings_used ON embeddings (used)")

    def close(self) -> None:
        """Saves what was embedded and closes the file."""
        try:
            self._save()
        finally:
            self._database.close()
            if self._threads is not None:
                self._threads.shutdown(cancel_futures=True)
            if self._one_each is not None:
                self._one_each.restore_original_limits()

    def embed(self, texts: list[str], progress: Callable[[int, int], None] | None = None) -> Embedded:
        """Vectors of `texts`, in their order. `progress` is told (done, total) of the texts that are new."""
        keys = [self._key(text) for text in texts]
        new = self._add(keys, texts, progress)
        return Embedded(self._vectors(keys), new, len(set(keys)) - new)

    def embedded(self, texts: list[str]) -> Embedded | None:
        """Vectors of texts that are all known; None where one is not."""
        keys = [self._key(text) for text in texts]
        try:
            return Embedded(self._vectors(keys), 0, len(set(keys)))
        except (KeyError, ValueError):
            return None

    def add(self, texts: list[str]) -> int:
        """Embeds those of the texts that are new; returns how many."""
        return self._add([self._key(text) for text in texts], texts, None)

    def _add(self, keys: list[bytes], texts: list[str], progress: Callable[[int, int], None] | None) -> int:
        known = self._known(list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        new = list(missing.items())
        at_once = BATCH * self._calls
        for start in range(0, len(new), at_once):
            batch = new[start : start + at_once]
            vectors = self._embedded([text for _, text in batch])
            rows = [(key, vector.tobytes()) for (key, _), vector in zip(batch, vectors, strict=True)]
            self._database.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?, 0)", rows)
            if time.monotonic() - self._saved > _SAVED_EVERY:
                self._save()
            if progress:
                progress(min(start + at_once, len(new)), len(new))
        return len(new)

    def _embedded(self, texts: list[str]) -> Vectors:
        """Vectors of a few batches, by as many threads as pay off."""
        if self._calls == 1 or len(texts) < 2 * _PART:
            return self._embedder.embed(texts)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._calls, "embedding")
            self._one_each = threadpool_limits(limits=1, user_api="blas")
        parts = [texts[start : start + _PART] for start in range(0, len(texts), _PART)]
        return np.concatenate(list(self._threads.map(self._embedder.embed, parts)))

    def _save(self) -> None:
        self._database.commit()
        self._saved = time.monotonic()

    def prune(self, texts: Iterable[str]) -> int:
        """Drops the embeddings of all but these texts, once they are most of what is kept; how many."""
        wanted = set(texts)
        (kept,) = self._database.execute("SELECT COUNT(*) FROM embeddings").fetchone()
        if kept <= _LEFT * len(wanted) + _SPARE:
            return 0
        self._database.execute("CREATE TEMP TABLE wanted (key BLOB PRIMARY KEY)")
        keys = ((self._key(text),) for text in wanted)
        self._database.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", keys)
        dropped = self._database.execute("DELETE FROM embeddings WHERE key NOT IN wanted").rowcount
        self._database.execute("DROP TABLE wanted")
        self._database.commit()
        log.info("embeddings_dropped", count=dropped)
        return int(dropped)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._embedder.name}\0{text}".encode()).digest()[:16]

    def _known(self, keys: list[bytes]) -> set[bytes]:
        """Those of the keys that there is a vector for."""
        known: set[bytes] = set()
        for some in _asked_at_once(keys):
            rows = self._database.execute(
                f"SELECT key FROM embeddings WHERE length(vector) = ? AND key IN ({_marks(some)})",  # noqa: S608  # nosec B608: only "?" marks
                (4 * self._embedder.dimensions, *some),
            )
            known.update(row[0] for row in rows)
        return known

    def _vectors(self, keys: list[bytes]) -> Vectors:
        vectors = room((len(keys), self._embedder.dimensions), self._folder)
        start = 0
        for some in _asked_at_once(keys):
            rows = self._database.execute(
                f"SELECT key, vector FROM embeddings WHERE key IN ({_marks(some)})",  # noqa: S608  # nosec B608: only "?" marks
                some,
            )
            found = dict(rows)
            for row, key in enumerate(some, start):
                vectors[row] = np.frombuffer(found[key], dtype=np.float32)
            start += len(some)
        return vectors


def room(shape: tuple[int, int], folder: Path) -> Vectors:
    """An array to be filled; a large one lies in a file without a name, which goes with it."""
    size = 4 * shape[0] * shape[1]
    if size <= IN_MEMORY:
        return np.empty(shape, dtype=np.float32)
    with TemporaryFile(dir=folder) as file:
        take_room(file, size)
        return np.asarray(np.memmap(file, dtype=np.float32, mode="w+", shape=shape))


def _asked_at_once(keys: list[bytes]) -> Iterator[list[bytes]]:
    """The keys in parts that one query may name."""
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _marks(keys: list[bytes]) -> str:
    return ",".join("?" * len(keys))
