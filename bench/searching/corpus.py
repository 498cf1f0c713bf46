"""As many chunks as wanted: real ones first, then variations of them, with vectors that lie like real ones.

A variation takes its sentences from two real chunks and has names of its own in its headings, path and text,
so that words, n-grams and headings grow in number as they would. Its vector is a mixture of theirs, moved a
little; the vectors of its headings are real ones, moved. The vectors of the first ones, and of the questions,
are the default embedder's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.config.settings import SourceSettings
from index.build.embedding_cache import EmbeddingCache
from index.search.embed import Embedder
from index.search.lexical import heading_of, headings_of
from index.search.store.arrays import Growing, keep, mapped
from index.sources.load import LoadReport, load_chunks
from index.text.split import Chunk

Vectors = npt.NDArray[np.float32]
DATA = Path("../shared/data/retrieval")
SOURCES = ("corpus-zh", "corpus-en")
NOISE = 0.35
"""Length of what a made vector is moved by."""
_MOST_SENTENCES = 40
_BLOCK = 8192


@dataclass(frozen=True)
class Real:
    """What there is of real documents."""

    chunks: list[Chunk]
    texts: Vectors
    strings: list[str]
    string_vectors: Vectors
    questions: list[str]
    question_vectors: Vectors


def real(folder: Path, embedder: Embedder) -> Real:
    """The real chunks; `folder` keeps the embeddings."""
    sources = [SourceSettings(path=DATA / name) for name in SOURCES]
    chunks = [
        chunk
        for _, loaded in load_chunks(sources, folder / "clones", LoadReport())
        for chunk in loaded.chunks
    ]
    views = [string for chunk in chunks for string in _strings(chunk)]
    strings = list(dict.fromkeys(views))
    lines = (DATA / "dev-queries.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["query"] for line in lines]
    with closing(EmbeddingCache(folder / "embeddings.sqlite", embedder)) as cache:
        vectors = cache.embed([*strings, *(chunk.text for chunk in chunks), *questions]).vectors
    first, second = len(strings), len(strings) + len(chunks)
    return Real(chunks, vectors[first:second], strings, vectors[:first], questions, vectors[second:])


def _strings(chunk: Chunk) -> tuple[str, str, str]:
    return headings_of(chunk), heading_of(chunk), chunk.title


def varied(own: Real, count: int) -> Iterator[tuple[Chunk, int, int]]:
    """`count` chunks, each with the two real ones it is made of; those of a document stand together."""
    generator = np.random.default_rng(7)
    total = len(own.chunks)
    for number in range(count):
        row, copy = number % total, number // total
        chunk = own.chunks[row]
        if not copy:
            yield chunk, row, row
            continue
        other = int(generator.integers(total))
        yield _variation(chunk, own.chunks[other], copy, number, generator), row, other


def _variation(chunk: Chunk, other: Chunk, copy: int, number: int, generator: np.random.Generator) -> Chunk:
    sentences = [line for one in (chunk, other) for line in one.text.split("\n") if line.strip()]
    own = generator.permutation(len(sentences))[: max(min(len(sentences) // 2, _MOST_SENTENCES), 1)]
    text = "\n".join(sentences[place] for place in sorted(own)) + f"\nmodule_{number}_{copy}"
    return replace(
        chunk,
        id=f"{number:024x}",
        source=f"{chunk.source}-{copy}",
        title=f"{chunk.title} {copy}",
        heading_path=tuple(f"{step} {copy}" for step in chunk.heading_path),
        text=text,
    )


def write_corpus(own: Real, count: int, folder: Path) -> dict[str, Any]:
    """Writes vectors for `count` chunks: texts, strings, and where each chunk's strings stand."""
    generator = np.random.default_rng(11)
    numbers: dict[str, int] = {}
    real_numbers = {string: number for number, string in enumerate(own.strings)}
    rows = np.empty((3, count), dtype=np.int32)
    texts = Growing(folder, "texts_in", np.float32, own.texts.shape[1])
    strings = Growing(folder, "strings_in", np.float32, own.texts.shape[1])
    pending: list[tuple[int, int]] = []
    new: list[tuple[int, bool]] = []
    for place, (chunk, first, second) in enumerate(varied(own, count)):
        pending.append((first, second))
        like = _strings(own.chunks[first])
        for view, string in enumerate(_strings(chunk)):
            if string not in numbers:
                numbers[string] = len(numbers)
                new.append((real_numbers[like[view]], string != like[view]))
            rows[view, place] = numbers[string]
        if len(pending) == _BLOCK or place == count - 1:
            texts.add(_mixed(own.texts, pending, generator))
            strings.add(_moved(own.string_vectors, new, generator))
            pending, new = [], []
    texts.close()
    strings.close()
    keep(folder, "string_rows_in", rows)
    return {"chunks": count, "strings": len(numbers)}


def _mixed(vectors: Vectors, pairs: list[tuple[int, int]], generator: np.random.Generator) -> Vectors:
    first, second = np.array(pairs).T
    share = generator.uniform(0.3, 0.7, (len(pairs), 1)).astype(np.float32)
    made = share * vectors[first] + (1 - share) * vectors[second] + _noise(len(pairs), vectors, generator)
    return np.asarray(np.where((first == second)[:, None], vectors[first], _of_length_one(made)))


def _moved(vectors: Vectors, new: list[tuple[int, bool]], generator: np.random.Generator) -> Vectors:
    if not new:
        return np.empty((0, vectors.shape[1]), dtype=np.float32)
    rows, made = np.array([row for row, _ in new]), np.array([one for _, one in new])
    moved = _of_length_one(vectors[rows] + _noise(len(rows), vectors, generator))
    return np.asarray(np.where(made[:, None], moved, vectors[rows]))


def _noise(count: int, vectors: Vectors, generator: np.random.Generator) -> Vectors:
    noise = generator.standard_normal((count, vectors.shape[1])).astype(np.float32)
    return np.asarray(NOISE * _of_length_one(noise), dtype=np.float32)


def _of_length_one(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def read_corpus(folder: Path) -> tuple[Any, Any, Any]:
    """(texts, strings, rows) that `write_corpus` wrote, mapped."""
    return tuple(mapped(folder, f"{name}_in") for name in ("texts", "strings", "string_rows"))  # type: ignore[return-value]
