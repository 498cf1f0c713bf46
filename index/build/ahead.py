"""Embeds what is read while the rest is still being read, in a thread of its own.

Reading goes on in other processes, and NumPy or a card lets go of the interpreter while it computes, so a
build takes about as long as the longer of the two. What is embedded is kept within a second,
whatever becomes of the build.

A thread of NumPy asks for the interpreter again after every product, and one that computes in Python gives it
up only when SWITCHED_EVERY is over: at Python's own 5 ms the embedder would stand still beside a count of
words.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from types import TracebackType

from index.build.embedding_cache import BATCH, EmbeddingCache
from index.build.room import calls_that_fit
from index.search.embed import Embedder
from index.search.lexical import BLOCK, heading_of, headings_of
from index.text.split import Chunk

SWITCHED_EVERY = 5e-5
"""Seconds after which the interpreter goes to another thread while one embeds, for the whole process."""
_TOLD_EVERY = 0.2


class Ahead:
    """The thread; ends with the block that it is used in."""

    def __init__(self, file: Path, embedder: Embedder) -> None:
        self._file = file
        self._embedder = embedder
        self._most = BATCH * calls_that_fit(embedder)
        self._texts: SimpleQueue[str | None] = SimpleQueue()
        self._seen: set[int] = set()
        self._given = self._done = 0
        self._stopping = Event()
        self._ended = Event()
        self._fault: Exception | None = None
        self._meanwhile: list[Callable[[], object]] = []
        self._switched_every = sys.getswitchinterval()
        self._thread = Thread(target=self._run, name="embedding", daemon=True)
        self.new = 0
        """Texts that had to be embedded."""

    def __enter__(self) -> Ahead:
        sys.setswitchinterval(SWITCHED_EVERY)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._texts.put(None)
        self._thread.join()
        sys.setswitchinterval(self._switched_every)

    def take(self, chunks: Iterable[Chunk]) -> None:
        """Has the texts of these chunks embedded, sooner or later."""
        for chunk in chunks:
            self.take_texts((chunk.text, headings_of(chunk), heading_of(chunk), chunk.title))

    def take_texts(self, texts: Iterable[str]) -> None:
        """The same of texts."""
        for text in texts:
            mark = hash(text)
            if mark not in self._seen:
                self._seen.add(mark)
                self._given += 1
                self._texts.put(text)

    @property
    def progress(self) -> tuple[int, int]:
        """How many of the texts are embedded, and how many there are."""
        return self._done, self._given

    def passing(self, chunks: Sequence[Chunk], tell: Callable[[int, int], None]) -> Iterator[Chunk]:
        """The chunks, for work that is done meanwhile; `tell` is given (done, total) now and then."""
        for number, chunk in enumerate(chunks):
            if number % BLOCK == 0:
                tell(*self.progress)
            yield chunk

    def meanwhile(self, work: Callable[[], object]) -> None:
        """Has work done that needs no vector, before `finish` waits."""
        self._meanwhile.append(work)

    def finish(self, tell: Callable[[int, int], None]) -> None:
        """Does what is to be done meanwhile and waits until all is embedded; `tell` is given (done, total).

        Raises what the embedder raised.
        """
        self._texts.put(None)
        for work in self._meanwhile:
            work()
        while not self._ended.wait(_TOLD_EVERY):
            tell(self._done, self._given)
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            with closing(EmbeddingCache(self._file, self._embedder)) as cache:
                more = True
                while more and not self._stopping.is_set():
                    batch, more = self._batch()
                    self.new += cache.add(batch)
                    self._done += len(batch)
        except sqlite3.OperationalError as error:
            self._fault = error
        except sqlite3.DatabaseError:
            pass  # a damaged cache: who asks for the vectors makes it anew
        except Exception as error:
            self._fault = error
        finally:
            self._ended.set()

    def _batch(self) -> tuple[list[str], bool]:
        """The next texts, and whether there may be more."""
        batch: list[str] = []
        while len(batch) < self._most:
            text = self._texts.get()
            if text is None:
                return batch, False
            batch.append(text)
        return batch, True
