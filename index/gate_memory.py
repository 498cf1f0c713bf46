"""What this group's good and bad messages sound like: a support vector machine over two views of a message.

One kernel compares embeddings, the other counts of character n-grams. It looks at no document, so the gate
lets it speak only as far as the documents know the message (see `index.gate_model`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from index.characters import _counts as ngram_counts
from index.embed import Vectors
from index.logistic import Numbers

MEANING_WEIGHT = 3.0
"""How much the embeddings' kernel counts beside that of the n-grams."""
_WIDTH = 2.0
"""The embeddings' kernel is exp(-_WIDTH * squared distance)."""
_PENALTY = 1.0
_LEAST_MESSAGES = 2
"""An n-gram of fewer messages is not looked at."""


@dataclass(frozen=True)
class NGrams:
    """Weights of n-grams seen in labelled messages; a message is a vector of length 1 over them."""

    buckets: npt.NDArray[np.int32]
    """Sorted."""
    rarity: Numbers

    @classmethod
    def of(cls, messages: Sequence[str]) -> Self:
        """The n-grams of at least two messages."""
        found = [ngram_counts(message)[0] for message in messages]
        buckets, counts = np.unique(np.concatenate([*found, np.empty(0, np.int32)]), return_counts=True)
        kept = counts >= _LEAST_MESSAGES
        return cls(buckets[kept].astype(np.int32), np.log((1 + len(messages)) / (1 + counts[kept])) + 1)

    def vector(self, message: str) -> tuple[npt.NDArray[np.int64], Numbers]:
        """(places in `buckets`, values) of one message."""
        found, counts = ngram_counts(message)
        places = np.searchsorted(self.buckets, found)
        inside = places < len(self.buckets)
        inside[inside] = self.buckets[places[inside]] == found[inside]
        values = counts[inside] * self.rarity[places[inside]]
        return places[inside], values / max(float(np.linalg.norm(values)), 1e-9)

    def matrix(self, messages: Sequence[str]) -> Any:
        """Sparse (messages, n-grams), rows of length 1."""
        from scipy import sparse

        rows = [self.vector(message) for message in messages]
        starts = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])])
        places = np.concatenate([*(row[0] for row in rows), np.empty(0, np.int64)])
        values = np.concatenate([*(row[1] for row in rows), np.empty(0)])
        return sparse.csr_matrix((values, places, starts), shape=(len(messages), len(self.buckets)))


@dataclass(frozen=True)
class Memory:
    """A fitted machine: positive for messages that sound like good ones."""

    embedder: str
    """Name of the embedder whose vectors it knows."""
    vectors: Vectors
    """(supports, d)."""
    supports: Numbers
    """(supports,): weight of each."""
    ngrams: NGrams
    weights: Numbers
    """(n-grams,)."""
    bias: float

    def score(self, message: str, vector: Vectors) -> float:
        """About -1.5 to 1.5; beyond +-1 the machine is sure."""
        near = np.exp(-2 * _WIDTH * (1 - (self.vectors @ vector).astype(np.float64)))
        places, values = self.ngrams.vector(message)
        return float(MEANING_WEIGHT * (near @ self.supports) + values @ self.weights[places] + self.bias)

    def save(self, file: Path) -> None:
        """Writes one .npz file."""
        facts = np.frombuffer(json.dumps({"embedder": self.embedder, "bias": self.bias}).encode(), np.uint8)
        with file.open("wb") as out:
            np.savez_compressed(
                out, facts=facts, vectors=self.vectors, supports=self.supports, buckets=self.ngrams.buckets,
                rarity=self.ngrams.rarity, weights=self.weights,
            )  # fmt: skip

    @classmethod
    def load(cls, file: Path) -> Self:
        """Reads what `save` wrote."""
        with np.load(file, allow_pickle=False) as kept:
            facts = json.loads(kept["facts"].tobytes())
            ngrams = NGrams(kept["buckets"], kept["rarity"])
            return cls(
                facts["embedder"], kept["vectors"], kept["supports"], ngrams, kept["weights"], facts["bias"]
            )


def fit_memory(
    messages: Sequence[str], vectors: Vectors, labels: Numbers, weights: Numbers, embedder: str
) -> Memory:
    """Fits the machine; both labels must be present."""
    from sklearn.svm import SVC

    ngrams = NGrams.of(messages)
    matrix = ngrams.matrix(messages)
    cosines = (vectors @ vectors.T).astype(np.float64)
    kernel = MEANING_WEIGHT * np.exp(-2 * _WIDTH * (1 - cosines)) + (matrix @ matrix.T).toarray()
    machine = SVC(C=_PENALTY, kernel="precomputed").fit(kernel, labels, sample_weight=weights)
    supports = machine.support_
    duals = machine.dual_coef_[0]
    return Memory(
        embedder=embedder,
        vectors=np.ascontiguousarray(vectors[supports], dtype=np.float32),
        supports=np.asarray(duals, dtype=np.float64),
        ngrams=ngrams,
        weights=np.asarray(matrix[supports].T @ duals, dtype=np.float64),
        bias=float(machine.intercept_[0]),
    )
