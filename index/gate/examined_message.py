"""One message as the gate sees it: its text, its numbers, its vector and where the search by words leads.

The last is the mean direction of the passages that share the message's words: two questions about one thing
lead to one place in the documents, however they are put, and with other documents they lead elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.gate.evidence import Evidence
from index.gate.features import Found, Numbers, features, read
from index.search.embed import Vectors
from index.search.searcher import Searcher
from index.search.store.arrays import Rows

PASSAGES = 10
"""Passages whose direction is taken."""


@dataclass(frozen=True)
class ExaminedMessage:
    """What decides about one message."""

    message: str
    numbers: Numbers
    """(len(FEATURES),)."""
    vector: Vectors
    """(d,), by the embedder of the index."""
    found: Vectors
    """(d,), of length 1: mean of the passages found by words; zeros where no word is known."""


def examined(
    message: str,
    vector: Vectors,
    searcher: Searcher,
    evidence: Evidence,
    found: Found | None = None,
    *,
    crossed: bool = False,
) -> ExaminedMessage:
    """Looks one message up, as `index.gate.features.read` reads it; `found` spares searching again."""
    reading = read(message, vector, searcher, found, crossed=crossed)
    numbers = features(message, reading, vector, searcher, evidence)
    return ExaminedMessage(message, numbers, vector, direction(reading.found, searcher.dense.vectors))


def direction(found: Found, vectors_of: Callable[[Rows], Vectors]) -> Vectors:
    """The mean of the best passages' vectors, weighted by their BM25 over all fields, of length 1."""
    scores = found.bm25_text + found.bm25_headings + found.bm25_place
    count = min(PASSAGES, len(scores))
    best = np.argpartition(-scores, count - 1)[:count] if count else np.empty(0, np.int64)
    mean = scores[best] @ vectors_of(found.rows[best])
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)
