"""Labelled examples looked up in one version of the documents: what a fit and an evaluation work on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.contrast import estranged
from index.embed import Vectors
from index.evidence import Evidence
from index.features import FEATURES, examined
from index.gate_model import Case
from index.labels import Example
from index.logistic import Numbers
from index.search import Searcher

TWINS = 2
"""Estranged copies of each good example."""


@dataclass(frozen=True)
class Table:
    """Examples as numbers."""

    examples: tuple[Example, ...]
    vectors: Vectors
    """(n, d)."""
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

    def case(self, row: int) -> Case:
        """One example as the gate sees it."""
        return Case(self.examples[row].text, self.numbers[row], self.vectors[row])


def look_up_all(messages: Sequence[str], searcher: Searcher, evidence: Evidence) -> tuple[Vectors, Numbers]:
    """Vectors (n, d), embedded in one batch, and numbers (n, len(FEATURES)) of messages."""
    vectors = searcher.embedder.embed(list(messages))
    rows = [examined(message, searcher.lexical, evidence) for message in messages]
    return vectors, np.array(rows, dtype=np.float64).reshape(len(messages), len(FEATURES))


def tabulate(
    examples: Sequence[Example], searcher: Searcher, evidence: Evidence, *, twins: bool = True
) -> Table:
    """Looks every example up, and unless told otherwise the estranged twins of the good ones."""
    vectors, numbers = look_up_all([example.text for example in examples], searcher, evidence)
    strange = np.zeros((len(examples), TWINS, len(FEATURES)))
    good = [row for row, example in enumerate(examples) if example.label == 1]
    for copy in range(TWINS if twins and good else 0):
        chooser = random.Random(copy)  # noqa: S311  # nosec B311
        texts = [estranged(examples[row].text, evidence, chooser) for row in good]
        strange[good, copy] = look_up_all(texts, searcher, evidence)[1]
    return Table(tuple(examples), vectors, numbers, strange, searcher.embedder.name)
