"""Labelled examples -> a fitted gate.

With few labels the shipped gate is moved a little; with many it is fitted anew. In both cases each good
example has estranged twins (see `index.contrast`), so that the fit cannot do without the documents. Operating
points come from predictions on folds that the fit did not see.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.contrast import estranged
from index.evidence import Evidence
from index.features import FEATURES, GROUPS, features
from index.gate_model import GateModel, Origin
from index.labels import Example
from index.logistic import Logistic, Numbers, fit_logistic
from index.operating import choose_points
from index.search import Searcher

TWINS = 2
"""Estranged copies of each good example."""
TWIN_WEIGHT = 0.5
"""What one copy counts beside the example itself."""
RIDGE = 100.0
LEAST_OF_EACH = 20
"""Good and bad examples from which on a fit is worth trying."""
ENOUGH_OF_EACH = 150
"""Good and bad examples from which on the shipped gate is not needed any more."""
FOLDS = 5
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Examples as numbers, looked up in one version of the documents."""

    examples: tuple[Example, ...]
    numbers: Numbers
    """(n, len(FEATURES))."""
    twins: Numbers
    """(n, TWINS, len(FEATURES)); rows of bad examples are zero and not used."""

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


def numbers_of(messages: Sequence[str], searcher: Searcher, evidence: Evidence) -> Numbers:
    """(n, len(FEATURES)) for messages, embedded in one batch."""
    vectors = searcher.embedder.embed(list(messages))
    rows = [
        features(message, searcher.look_up(message, vector), evidence)
        for message, vector in zip(messages, vectors, strict=True)
    ]
    return np.array(rows).reshape(len(messages), len(FEATURES))


def tabulate(examples: Sequence[Example], searcher: Searcher, evidence: Evidence) -> Table:
    """Looks every example up, and the twins of the good ones."""
    good = [row for row, example in enumerate(examples) if example.label == 1]
    twins = np.zeros((len(examples), TWINS, len(FEATURES)))
    for copy in range(TWINS):
        chooser = random.Random(copy)  # noqa: S311 - picks words, no secret
        strange = [estranged(examples[row].text, evidence, chooser) for row in good]
        if strange:
            twins[good, copy] = numbers_of(strange, searcher, evidence)
    own = numbers_of([example.text for example in examples], searcher, evidence)
    return Table(tuple(examples), own, twins)


def fit_evidence(table: Table, rows: Rows, prior: GateModel | None) -> Logistic:
    """The evidence part on some rows of a table; with a prior, the prior moved by them."""
    good = rows[table.labels[rows] == 1]
    numbers = np.vstack([table.numbers[rows], *(table.twins[good, copy] for copy in range(TWINS))])
    labels = np.concatenate([table.labels[rows], np.zeros(TWINS * len(good))])
    weights = np.concatenate([table.weights[rows], np.tile(table.weights[good] * TWIN_WEIGHT, TWINS)])
    if prior is None:
        return fit_logistic(numbers, labels, ridge=RIDGE, sample_weights=weights)
    known = prior.evidence.logit(numbers)
    moved = fit_logistic(
        numbers, labels, ridge=RIDGE, offset=known, sample_weights=weights, scaled_by=prior.evidence
    )
    base = prior.evidence
    return Logistic(base.mean, base.scale, base.weights + moved.weights, base.bias + moved.bias)


def fit(table: Table, prior: GateModel | None, *, name: str, origin: Origin, index_version: str) -> GateModel:
    """The gate fitted on the whole table, its points chosen on folds. `prior` None: fitted from nothing."""
    unseen = out_of_fold(table, lambda rows: fit_evidence(table, rows, prior))
    points, figures = choose_points(unseen, table.labels, prior.points if prior else None)
    return GateModel(
        name=name,
        origin=origin,
        evidence=fit_evidence(table, np.arange(len(table.examples)), prior),
        points=points,
        good=table.good,
        bad=table.bad,
        made_at=time.time(),
        index_version=index_version,
        note=_note(table, prior),
        figures=figures,
    )


def out_of_fold(table: Table, fit_rows: Callable[[Rows], Logistic], seed: int = 0) -> Numbers:
    """Logits (n,) of every example by a fit that did not see it."""
    logits = np.zeros(len(table.examples))
    for held in folds(table.labels, FOLDS, seed):
        rest = np.setdiff1d(np.arange(len(logits)), held)
        logits[held] = fit_rows(rest).logit(table.numbers[held])
    return logits


def folds(labels: Numbers, count: int, seed: int) -> list[Rows]:
    """Rows in `count` parts, each with its share of good and bad ones."""
    generator = np.random.default_rng(seed)
    parts: list[list[int]] = [[] for _ in range(count)]
    for label in (0, 1):
        rows = generator.permutation(np.flatnonzero(labels == label))
        for number, row in enumerate(rows):
            parts[number % count].append(int(row))
    return [np.array(sorted(part), dtype=np.int64) for part in parts if part]


def _note(table: Table, prior: GateModel | None) -> str:
    how = "the shipped gate moved by" if prior else "fitted on"
    return f"{how} {table.good} good and {table.bad} bad examples"


def without_surface(table: Table) -> Table:
    """The same table blind to how a message is put; for figures that show what the documents alone give."""
    columns = [FEATURES.index(name) for name in GROUPS["surface"]]
    numbers, twins = table.numbers.copy(), table.twins.copy()
    numbers[:, columns] = 0.0
    twins[:, :, columns] = 0.0
    return Table(table.examples, numbers, twins)
