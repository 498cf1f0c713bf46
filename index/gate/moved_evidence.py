"""The counts of a version made from those of the one before: what was added goes in, what is gone comes out.

Every count is a sum over chunks or documents, so the result is what counting all of them anew would give.
What foreign questions score (`Reference`) is kept: it is a mean over some seventy questions and all
documents, and who changes many documents has the gate fitted anew, which measures it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from index.gate.evidence import Counts, Evidence
from index.text.split import Chunk


def moved(before: Evidence, added: Iterable[Chunk], removed: Iterable[Chunk]) -> Evidence:
    """`before` with whole documents added and removed, given as their chunks; a changed one is in both."""
    new, old = Evidence.build(list(added)), Evidence.build(list(removed))
    parts = [(before, 1), (new, 1), (old, -1)]
    vocabulary = sorted({term for part, _ in parts for term in part.vocabulary})
    number = {term: row for row, term in enumerate(vocabulary)}
    counts: Counts = np.zeros((len(vocabulary), before.counts.shape[1]), dtype=np.int64)
    for part, sign in parts:
        if part.vocabulary:
            counts[[number[term] for term in part.vocabulary]] += sign * part.counts
    left = np.flatnonzero(counts[:, 0] > 0)
    return replace(
        before,
        vocabulary=tuple(vocabulary[row] for row in left),
        counts=counts[left],
        pieces=before.pieces + new.pieces - old.pieces,
        chunk_count=before.chunk_count + new.chunk_count - old.chunk_count,
        document_count=before.document_count + new.document_count - old.document_count,
    )
