"""Labelled examples looked up in one version of the documents: what a fit and an evaluation work on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.gate.evidence import Evidence
from index.gate.examined_message import ExaminedMessage, examined
from index.gate.features import FEATURES, features, read_with
from index.gate.logistic import Numbers
from index.search.embed import Vectors
from index.search.searcher import Searcher
from index.training.contrast import estranged
from index.training.labels import Example

Rows = npt.NDArray[np.int64]
TWINS = 2
"""Estranged copies of each good example."""


@dataclass(frozen=True)
class ExampleTable:
    """Examples as numbers."""

    examples: tuple[Example, ...]
    vectors: Vectors
    """(n, d)."""
    found: Vectors
    """(n, d): where the search by words leads."""
    numbers: Numbers
    """(n, len(FEATURES))."""
    twins: Numbers
    """(n, TWINS, len(FEATURES)); rows of bad examples are zero and not used."""
    embedder: str

    @property
    def labels(self) -> Numbers:
        """(n,) of 0 and 1."""
        return np.array([example.label for example in self.examples], dtype=np.float64)

    @property
    def weights(self) -> Numbers:
        """(n,): what each example counts."""
        return np.array([example.weight for example in self.examples], dtype=np.float64)

    @property
    def good(self) -> int:
        """How many are worth answering."""
        return int(self.labels.sum())

    @property
    def bad(self) -> int:
        """How many are not."""
        return len(self.examples) - self.good

    def case(self, row: int) -> ExaminedMessage:
        """One example as the gate sees it."""
        return ExaminedMessage(self.examples[row].text, self.numbers[row], self.vectors[row], self.found[row])

    def part(self, rows: Rows) -> ExampleTable:
        """Some of its rows."""
        return ExampleTable(
            tuple(self.examples[row] for row in rows),
            self.vectors[rows],
            self.found[rows],
            self.numbers[rows],
            self.twins[rows],
            self.embedder,
        )


def look_up_all(messages: Sequence[str], searcher: Searcher, evidence: Evidence) -> list[ExaminedMessage]:
    """Messages as the gate sees them, embedded in one batch."""
    vectors = searcher.embedder.embed(list(messages))
    passages = searcher.dense.text_vectors
    return [
        examined(message, vector, searcher.lexical, passages, evidence)
        for message, vector in zip(messages, vectors, strict=True)
    ]


def tabulate(
    examples: Sequence[Example], searcher: Searcher, evidence: Evidence, *, twins: bool = True
) -> ExampleTable:
    """Looks every example up, and unless told otherwise the estranged twins of the good ones."""
    cases = look_up_all([example.text for example in examples], searcher, evidence)
    strange = np.zeros((len(examples), TWINS, len(FEATURES)))
    good = [row for row, example in enumerate(examples) if example.label == 1]
    for copy in range(TWINS if twins else 0):
        chooser = random.Random(copy)  # noqa: S311  # nosec B311
        for row in good:
            text = estranged(examples[row].text, evidence, chooser)
            read, found = read_with(text, searcher.lexical, evidence)
            strange[row, copy] = features(read, found, evidence)
    width = searcher.embedder.dimensions
    return ExampleTable(
        examples=tuple(examples),
        vectors=np.array([case.vector for case in cases], dtype=np.float32).reshape(-1, width),
        found=np.array([case.found for case in cases], dtype=np.float32).reshape(-1, width),
        numbers=np.array([case.numbers for case in cases]).reshape(-1, len(FEATURES)),
        twins=strange,
        embedder=searcher.embedder.name,
    )
