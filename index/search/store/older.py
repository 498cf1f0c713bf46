"""Versions as the release before wrote them (format 3): FAISS flat, chunks without their starts.

They are read so that a new release can serve what is there and can go back to it; the next build writes the
version anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from index.search.store.arrays import Array
from index.search.store.chunks import FILE, chunk_of
from index.text.split import Chunk

OLDER = 3


@dataclass(frozen=True)
class OlderVersion:
    """What is kept of one: lists of words are made anew from the chunks, vectors are not."""

    chunks: list[Chunk]
    texts: Array
    strings: Array
    string_rows: Array


def read_older(folder: Path) -> OlderVersion:
    """Reads one. Raises OSError, ValueError, KeyError or RuntimeError."""
    indexes = [faiss.read_index(str(folder / f"{name}.faiss")) for name in ("texts", "strings")]
    texts, strings = (index.reconstruct_n(0, index.ntotal) for index in indexes)
    rows = np.load(folder / "string_rows.npy", allow_pickle=False)
    chunks = older_chunks(folder)
    if not len(chunks) == len(texts) == rows.shape[1]:
        raise ValueError(f"{len(chunks)} chunks, {len(texts)} vectors")
    return OlderVersion(chunks, texts, strings, rows)


def older_chunks(folder: Path) -> list[Chunk]:
    """Its chunks in order."""
    lines = (folder / FILE).read_text("utf-8").split("\n")
    return [chunk_of(json.loads(line)) for line in lines if line]
