"""Puts a version together from its chunks: the lexical half while texts are embedded, then the vectors.

What needs no vector is done while a thread embeds (index/build/ahead.py), so that a build takes about as long
as its embedder.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache as once
from functools import partial
from pathlib import Path

import numpy as np

from bot.errors import IndexMismatch, IndexMissing
from index.build.ahead import Ahead
from index.build.earlier_vectors import EarlierVectors, Kept
from index.build.embedding_cache import Embedded, embed_with_cache, room
from index.build.gather import Progress, digest_of
from index.build.report import Difference
from index.search.dense import Dense
from index.search.embed import Embedder, Vectors
from index.search.lexical import Lexical, heading_of, headings_of
from index.search.storage import Manifest, Snapshot, is_whole, make, making
from index.search.store.arrays import Rows, keep
from index.search.store.like_words import LikeWords, Spellings
from index.search.store.stayed import MARKS, Marks, Stayed, marks_of, stayed
from index.text.document import Document
from index.text.split import Chunk


def assemble(
    documents: list[Document],
    chunks: Sequence[Chunk],
    embedder: Embedder,
    folder: Path,
    *,
    changes: Difference | None = None,
    unreadable: int = 0,
    tell: Progress | None = None,
    digests: dict[str, str] | None = None,
    origins: dict[str, str] | None = None,
    on_server: bool = False,
    ahead: Ahead | None = None,
    before: Path | None = None,
) -> tuple[Snapshot, Embedded]:
    """A version, and what was embedded for it; the embeddings are kept in `folder`.

    It lies aside below `folder` until `index.search.storage.write` makes it one of the versions. `on_server`:
    a server is to find the candidates, FAISS nothing. `ahead`: what embeds meanwhile, until all else is done.
    `before`: the folder of the version before, whose counts are taken over where it is whole.
    """
    tell = tell or (lambda stage, done, total: None)
    manifest = _manifest(documents, chunks, embedder, changes or Difference(), unreadable)
    if digests is None:
        of = _by_document(chunks)
        digests = {key: digest_of(one, of[key]) for one in documents for key in (f"{one.source}/{one.path}",)}
    before = before if before and _is_whole(before) else None
    with making(folder / "versions", manifest.version) as place:
        marks = marks_of(chunks)
        keep(place, MARKS, marks)
        shared = stayed(before, marks)
        views = _Views(chunks, marks, shared, place)
        embedded = once(lambda: views.embedded(folder / "embeddings.sqlite", embedder, ahead, tell))
        passing = ahead.passing(chunks, partial(tell, "embed")) if ahead is not None else chunks
        lexical = Lexical.build(passing, place, before, shared, meanwhile=embedded)
        tell("index", 0, len(chunks))
        found = embedded()
        dense = Dense.build(*views.parts(found.vectors)[:2], views.rows, place, on_server=on_server)
        like = LikeWords(list(views.words), views.parts(found.vectors)[2])
        return make(place, manifest, chunks, dense, digests, origins, lexical=lexical, like=like), found


class _Views:
    """The texts of a version that have a vector: its distinct headings and titles, its chunks, its words."""

    def __init__(self, chunks: Sequence[Chunk], marks: Marks, shared: Stayed | None, place: Path) -> None:
        """`place`: the folder of the version."""
        self.strings, self.rows = _strings(chunks)
        self.words: dict[str, str] = {}
        """Term -> how it is mostly written; known when all is embedded."""
        self._chunks = chunks
        self._spellings = partial(Spellings, chunks, marks, shared)
        self._shared = shared
        self._place = place

    def parts(self, vectors: Vectors) -> tuple[Vectors, Vectors, Vectors]:
        """Those of the chunks, of the headings and titles, and of the words."""
        first, last = len(self.strings), len(self.strings) + len(self._chunks)
        return vectors[first:last], vectors[:first], vectors[last:]

    def embedded(self, cache: Path, embedder: Embedder, ahead: Ahead | None, tell: Progress) -> Embedded:
        """The vectors of all, by the version before, and by the cache, which lies in a file; `ahead` embeds
        what is new."""
        spelt = self._spellings()
        spelt.save(self._place)
        self.words = spelt.vocabulary()
        texts = [*self.strings, *(chunk.text for chunk in self._chunks), *self.words.values()]
        kept = self._kept(embedder, spelt)
        is_new = np.ones(len(texts), dtype=np.bool_)
        for places, _ in kept:
            is_new[places] = False
        rest = [texts[place] for place in np.flatnonzero(is_new)]
        told = partial(tell, "embed")
        if ahead is not None:
            ahead.take_texts(rest)
            ahead.finish(told)
        embedded = embed_with_cache(cache, embedder, rest, told, ahead=ahead is not None)
        vectors = embedded.vectors
        if kept:
            vectors = room((len(texts), embedder.dimensions), cache.parent)
            vectors[is_new] = embedded.vectors
            for places, own in kept:
                vectors[places] = own
        distinct = frozenset(texts)
        return Embedded(vectors, embedded.new, len(distinct) - embedded.new, distinct)

    def _kept(self, embedder: Embedder, spelt: Spellings) -> list[Kept]:
        if self._shared is None:
            return []
        earlier = EarlierVectors(self._shared, embedder.name, embedder.dimensions)
        return earlier.of(self.rows, len(self.strings), list(self.words), spelt)


def _is_whole(version: Path) -> bool:
    try:
        return is_whole(version)
    except (IndexMissing, IndexMismatch):
        return False


def _strings(chunks: Sequence[Chunk]) -> tuple[list[str], Rows]:
    """The distinct headings and titles of the chunks, and for each view the number of each chunk's own."""
    views = [[headings_of(chunk), heading_of(chunk), chunk.title] for chunk in chunks]
    strings = list(dict.fromkeys(string for view in views for string in view))
    number = {string: row for row, string in enumerate(strings)}
    return strings, np.array([[number[string] for string in view] for view in views], dtype=np.int64).T


def _by_document(chunks: Iterable[Chunk]) -> dict[str, list[Chunk]]:
    """ "source/path" -> its chunks."""
    found: dict[str, list[Chunk]] = defaultdict(list)
    for chunk in chunks:
        found[f"{chunk.source}/{chunk.path}"].append(chunk)
    return found


def _manifest(
    documents: list[Document],
    chunks: Sequence[Chunk],
    embedder: Embedder,
    changes: Difference,
    unreadable: int,
) -> Manifest:
    now = time.time()
    content = hashlib.sha256("".join(chunk.id for chunk in chunks).encode()).hexdigest()[:6]
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now)) + f"{int(now * 1000) % 1000:03d}"
    return Manifest(
        version=f"{stamp}-{content}",
        built_at=now,
        embedder=embedder.name,
        documents=len(documents),
        chunks=len(chunks),
        sources=dict(Counter(document.source for document in documents)),
        languages=dict(Counter(document.language for document in documents)),
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        unreadable=unreadable,
    )
