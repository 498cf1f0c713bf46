"""Embeddings kept by the hash of their text, so that a build embeds only what is new.

They live in one SQLite file beside the versions: a build that is killed keeps what it had embedded, and a
rollback or a second source with the same page embeds nothing again. Rows that no build of the last few used
are dropped.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
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
_USES = "key BLOB PRIMARY KEY, used INTEGER NOT NULL"
"""The last build that used a vector again; beside the vector, noting it would write the vector anew."""
_LAST = (
    "SELECT max((SELECT COALESCE(MAX(used), 0) FROM embeddings), (SELECT COALESCE(MAX(used), 0) FROM uses))"
)


@dataclass(frozen=True)
class Embedded:
    """Vectors of a list of texts, and how many of the distinct texts had to be embedded."""

    vectors: Vectors
    new: int
    reused: int


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

    def __init__(self, file: Path, embedder: Embedder, *, ahead: bool = False) -> None:
        """`ahead`: of a build that will open it once more; both count as one."""
        self._ahead = ahead
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
        self._database.execute(f"CREATE TABLE IF NOT EXISTS uses ({_USES})")
        self._database.execute("CREATE INDEX IF NOT EXISTS embeddings_used ON embeddings (used)")
        self._database.execute("CREATE INDEX IF NOT EXISTS uses_used ON uses (used)")
        (last,) = self._database.execute(_LAST).fetchone()
        self._build = max(int(last) + (not self._ahead), 1)

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
        """Vectors of texts that are all known and marked as used; None where one is not known."""
        keys = [self._key(text) for text in texts]
        try:
            return Embedded(self._vectors(keys), 0, len(set(keys)))
        except (KeyError, ValueError):
            return None

    def add(self, texts: list[str]) -> int:
        """Embeds those of the texts that are new; returns how many."""
        return self._add([self._key(text) for text in texts], texts, None)

    def _add(self, keys: list[bytes], texts: list[str], progress: Callable[[int, int], None] | None) -> int:
        known = self._touch(list(dict.fromkeys(keys)))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        new = list(missing.items())
        at_once = BATCH * self._calls
        for start in range(0, len(new), at_once):
            batch = new[start : start + at_once]
            vectors = self._embedded([text for _, text in batch])
            rows = [
                (key, vector.tobytes(), self._build) for (key, _), vector in zip(batch, vectors, strict=True)
            ]
            self._database.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)
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

    def prune(self, builds: int) -> int:
        """Drops embeddings that none of the last `builds` builds used; returns how many.

        A build is what one open cache embeds.
        """
        (last,) = self._database.execute(_LAST).fetchone()
        oldest = int(last) - max(builds, 1)
        self._database.execute("DELETE FROM uses WHERE used <= ?", (oldest,))
        dropped = self._database.execute(
            "DELETE FROM embeddings WHERE used <= ? AND key NOT IN (SELECT key FROM uses)", (oldest,)
        ).rowcount
        self._database.commit()
        return int(dropped)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._embedder.name}\0{text}".encode()).digest()[:16]

    def _touch(self, keys: list[bytes]) -> set[bytes]:
        """Those of the keys that there is a vector for; they then count as used by this build."""
        known: set[bytes] = set()
        for some in _asked_at_once(keys):
            rows = self._database.execute(
                f"SELECT key FROM embeddings WHERE length(vector) = ? AND key IN ({_marks(some)})",  # noqa: S608  # nosec B608: only "?" marks
                (4 * self._embedder.dimensions, *some),
            )
            known.update(row[0] for row in rows)
        self._database.executemany(
            "INSERT INTO uses VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET used = excluded.used",
            [(key, self._build) for key in known],
        )
        return known

    def _vectors(self, keys: list[bytes]) -> Vectors:
        vectors = _room((len(keys), self._embedder.dimensions), self._folder)
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


def _room(shape: tuple[int, int], folder: Path) -> Vectors:
    """An array to be filled; a large one lies in a file without a name, which goes with it."""
    if 4 * shape[0] * shape[1] <= IN_MEMORY:
        return np.empty(shape, dtype=np.float32)
    with TemporaryFile(dir=folder) as file:
        return np.asarray(np.memmap(file, dtype=np.float32, mode="w+", shape=shape))


def _asked_at_once(keys: list[bytes]) -> Iterator[list[bytes]]:
    """The keys in parts that one query may name."""
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _marks(keys: list[bytes]) -> str:
    return ",".join("?" * len(keys))
