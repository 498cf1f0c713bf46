"""What this group's good and bad messages are like: a support vector machine over four views of a message.

Two views are of the message itself: its embedding and its character n-grams. Two are of what the documents
say to it: the numbers of `index.gate.features` and where the search by words leads. The first two know
nothing of the documents, so the gate lets the memory speak only as far as these know the message
(`index.gate.model`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from index.gate.examined_message import ExaminedMessage
from index.gate.logistic import Logistic, Numbers, scale_of
from index.search.embed import Vectors
from index.search.ngrams import ngram_counts

MEANING_WEIGHT, FOUND_WEIGHT, NUMBERS_WEIGHT = 3.0, 0.6, 0.15
"""How much the kernels of embeddings, found passages and numbers count beside that of the n-grams."""
_WIDTH = 2.0
"""The kernel of vectors is exp(-_WIDTH * squared distance)."""
_NUMBERS_WIDTH = 1.2
"""The kernel of numbers is exp(-_NUMBERS_WIDTH * mean squared difference in standard deviations)."""
_SAME = 0.9999
"""From this cosine on, a kept message is the asked one."""
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
    """A fitted machine: positive for messages that are like good ones."""

    embedder: str
    """Name of the embedder whose vectors it knows."""
    supports: Numbers
    """(supports,): weight of each kept message."""
    vectors: Vectors
    """(supports, d): their embeddings."""
    found: Vectors
    """(supports, d): where the search by their words leads."""
    numbers: Numbers
    """(supports, features), in standard deviations."""
    mean: Numbers
    scale: Numbers
    """(features,): by which numbers are standardised."""
    ngrams: NGrams
    weights: Numbers
    """(n-grams,)."""
    bias: float

    def score(self, case: ExaminedMessage) -> float:
        """About -1.5 to 1.5; beyond +-1 the machine is sure."""
        return self.by_message(case) + self.by_documents(case)

    def by_message(self, case: ExaminedMessage) -> float:
        """The part that the message alone gives, with the bias."""
        near = _near(self.vectors @ case.vector)
        places, values = self.ngrams.vector(case.message)
        return float(MEANING_WEIGHT * (near @ self.supports) + values @ self.weights[places] + self.bias)

    def by_documents(self, case: ExaminedMessage, *, without_itself: bool = False) -> float:
        """The part that depends on the documents; `without_itself`: less what is kept of this message."""
        supports = self.supports
        if without_itself:
            supports = np.where(self.vectors @ case.vector < _SAME, supports, 0.0)
        apart = self._standardised(case.numbers) - self.numbers
        alike = np.exp(-_NUMBERS_WIDTH * np.mean(apart**2, axis=1))
        return float((FOUND_WEIGHT * _near(self.found @ case.found) + NUMBERS_WEIGHT * alike) @ supports)

    def _standardised(self, numbers: Numbers) -> Numbers:
        return Logistic(self.mean, self.scale, np.empty(0), 0.0).standardised(numbers)

    def save(self, file: Path) -> None:
        """Writes one .npz file."""
        facts = np.frombuffer(json.dumps({"embedder": self.embedder, "bias": self.bias}).encode(), np.uint8)
        with file.open("wb") as out:
            np.savez_compressed(
                out, facts=facts, supports=self.supports, vectors=self.vectors, found=self.found,
                numbers=self.numbers.astype(np.float32), mean=self.mean, scale=self.scale,
                buckets=self.ngrams.buckets, rarity=self.ngrams.rarity, weights=self.weights,
            )  # fmt: skip

    @classmethod
    def load(cls, file: Path) -> Self:
        """Reads what `save` wrote."""
        with np.load(file, allow_pickle=False) as kept:
            facts = json.loads(kept["facts"].tobytes())
            return cls(
                embedder=facts["embedder"],
                supports=kept["supports"],
                vectors=kept["vectors"],
                found=kept["found"],
                numbers=kept["numbers"].astype(np.float64),
                mean=kept["mean"],
                scale=kept["scale"],
                ngrams=NGrams(kept["buckets"], kept["rarity"]),
                weights=kept["weights"],
                bias=facts["bias"],
            )


def _near(cosines: npt.ArrayLike) -> Numbers:
    """The kernel of vectors of length 1, from their cosines."""
    return np.asarray(np.exp(-2 * _WIDTH * (1 - np.asarray(cosines, dtype=np.float64))))


def fit_memory(cases: Sequence[ExaminedMessage], labels: Numbers, weights: Numbers, embedder: str) -> Memory:
    """Fits the machine; both labels must be present."""
    from sklearn.svm import SVC

    messages = [case.message for case in cases]
    vectors, found = np.stack([case.vector for case in cases]), np.stack([case.found for case in cases])
    raw = np.stack([case.numbers for case in cases])
    plain = Logistic(raw.mean(axis=0), scale_of(raw), np.empty(0), 0.0)
    numbers = plain.standardised(raw)
    ngrams = NGrams.of(messages)
    matrix = ngrams.matrix(messages)
    squares = np.mean(numbers**2, axis=1)
    apart = squares[:, None] + squares - 2 * numbers @ numbers.T / numbers.shape[1]
    kernel = (
        MEANING_WEIGHT * _near(vectors @ vectors.T)
        + FOUND_WEIGHT * _near(found @ found.T)
        + NUMBERS_WEIGHT * np.exp(-_NUMBERS_WIDTH * apart)
        + (matrix @ matrix.T).toarray()
    )
    machine = SVC(C=_PENALTY, kernel="precomputed").fit(kernel, labels, sample_weight=weights)
    kept, duals = machine.support_, np.asarray(machine.dual_coef_[0], dtype=np.float64)
    return Memory(
        embedder=embedder,
        supports=duals,
        vectors=np.ascontiguousarray(vectors[kept], dtype=np.float32),
        found=np.ascontiguousarray(found[kept], dtype=np.float32),
        numbers=numbers[kept],
        mean=plain.mean,
        scale=plain.scale,
        ngrams=ngrams,
        weights=np.asarray(matrix[kept].T @ duals, dtype=np.float64),
        bias=float(machine.intercept_[0]),
    )
