"""Labelled examples -> a fitted gate.

With few labels the shipped gate is moved a little; with many it is fitted anew, and remembers what good
messages are like. In both cases each good example has estranged twins (see `index.training.examples`), so
that the fit cannot do without the documents. Operating points come from predictions on folds that the fit did
not see.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from index.gate.logistic import Logistic, Numbers, fit_logistic, logit_of
from index.gate.memory import Memory, fit_memory
from index.gate.model import GateModel, Origin, digest, joined
from index.training.examples import TWINS, ExampleTable, Rows
from index.training.operating_points import choose_points, figures

TWIN_WEIGHT = 0.5
"""What one twin counts beside the example itself."""
RIDGE, GUARD_RIDGE = 10.0, 10.0
STIFFNESS, MOST_RIDGE = 2000.0, 100.0
"""The shipped gate is moved with a ridge of STIFFNESS / (the rarer kind's examples), at most MOST_RIDGE: 20
good and 20 bad ones hardly turn it, 80 may."""
LEAST_OF_EACH = 20
"""Good and bad examples from which on a fit is worth trying."""
ENOUGH_OF_EACH = 80
"""Good and bad examples from which on the shipped gate is not needed and a memory is worth having."""
FOLDS = 5


@dataclass(frozen=True)
class Unseen:
    """Predictions (n,) for every example by fits that did not see it; see `index.gate.model.Parts`."""

    evidence: Numbers
    guard: Numbers
    by_message: Numbers
    by_documents: Numbers

    @property
    def joined(self) -> Numbers:
        """Guard and memory together."""
        return joined(self.guard, self.by_message + self.by_documents)


def fit_evidence(table: ExampleTable, rows: Rows, prior: GateModel | None) -> Logistic:
    """The evidence part on some rows of a table; with a prior, the prior moved by them."""
    good = rows[table.labels[rows] == 1]
    numbers = np.vstack([table.numbers[rows], *(table.twins[good, copy] for copy in range(TWINS))])
    labels = np.concatenate([table.labels[rows], np.zeros(TWINS * len(good))])
    weights = np.concatenate([table.weights[rows], np.tile(table.weights[good] * TWIN_WEIGHT, TWINS)])
    if prior is None:
        return fit_logistic(numbers, labels, ridge=RIDGE, sample_weights=weights)
    base, fewest = prior.evidence, max(min(len(good), len(rows) - len(good)), 1)
    ridge = float(np.clip(STIFFNESS / fewest, RIDGE, MOST_RIDGE))
    moved = fit_logistic(
        numbers, labels, ridge=ridge, offset=base.logit(numbers), sample_weights=weights, scaled_by=base
    )
    return Logistic(base.mean, base.scale, base.weights + moved.weights, base.bias + moved.bias)


def fit_guard(table: ExampleTable, rows: Rows) -> Logistic:
    """Tells good messages from their estranged twins: do the documents know what the message is about?"""
    good = rows[table.labels[rows] == 1]
    numbers = np.vstack([table.numbers[good], *(table.twins[good, copy] for copy in range(TWINS))])
    labels = np.concatenate([np.ones(len(good)), np.zeros(TWINS * len(good))])
    own = table.weights[good]
    weights = np.concatenate([own, np.tile(own * TWIN_WEIGHT, TWINS)])
    return fit_logistic(numbers, labels, ridge=GUARD_RIDGE, sample_weights=weights)


def remember(table: ExampleTable, rows: Rows) -> Memory:
    """The memory of some rows of a table."""
    cases = [table.case(row) for row in rows]
    return fit_memory(cases, table.labels[rows], table.weights[rows], table.embedder)


def unseen(table: ExampleTable, prior: GateModel | None, *, memory: bool, seed: int = 0) -> Unseen:
    """Predictions across folds; without a memory only the evidence's."""
    evidence, guard, by_message, by_documents = (np.zeros(len(table.examples)) for _ in range(4))
    for held in folds(table.labels, FOLDS, seed):
        rest = np.setdiff1d(np.arange(len(evidence)), held)
        evidence[held] = fit_evidence(table, rest, prior).logit(table.numbers[held])
        if memory:
            guard[held] = fit_guard(table, rest).logit(table.numbers[held])
            remembered, cases = remember(table, rest), [table.case(row) for row in held]
            by_message[held] = [remembered.by_message(case) for case in cases]
            by_documents[held] = [remembered.by_documents(case) for case in cases]
    return Unseen(evidence, guard, by_message, by_documents)


def fit(
    table: ExampleTable,
    prior: GateModel | None,
    *,
    name: str,
    origin: Origin,
    index_version: str = "",
    memory: bool = False,
    seed: int = 0,
) -> GateModel:
    """The gate fitted on the whole table, its points chosen on folds. `prior` None: fitted from nothing.

    It has no figures: `judged` measures, and takes some times as long.
    """
    rows = np.arange(len(table.examples))
    guesses = unseen(table, prior, memory=memory, seed=seed)
    slope, offset, logits = 1.0, 0.0, guesses.evidence
    if memory:
        slope, offset = scaling(guesses.joined, table.labels)
        logits = slope * guesses.joined + offset
    priors = prior.points if prior else None
    return GateModel(
        name=name,
        origin=origin,
        evidence=fit_evidence(table, rows, prior),
        points=choose_points(logits, table.labels, priors)[0],
        memory=remember(table, rows) if memory else None,
        guard=fit_guard(table, rows) if memory else None,
        slope=slope,
        offset=offset,
        evidence_points=choose_points(guesses.evidence, table.labels, priors)[0],
        good=table.good,
        bad=table.bad,
        made_at=time.time(),
        index_version=index_version,
        note=_note(table, prior, memory),
        unseen=_kept(table, guesses, memory=memory),
    )


@dataclass(frozen=True)
class Judgement:
    """Decisions (n,) on examples."""

    margins: Numbers
    """Logits above the threshold of `balanced`; accepted from 0 on."""
    quiet: Numbers
    """Logits above the threshold of `quiet`."""


def judged(table: ExampleTable, prior: GateModel | None, *, memory: bool, seed: int = 1) -> Judgement:
    """Each example judged by a fit whose weights and thresholds did not see it."""
    margins, quiet = (np.zeros(len(table.examples)) for _ in range(2))
    for held in folds(table.labels, FOLDS, seed):
        rest = table.part(np.setdiff1d(np.arange(len(margins)), held))
        model = fit(rest, prior, name="fold", origin="calibrated", memory=memory)
        logits = np.array([model.logit(table.case(row)) for row in held])
        margins[held] = logits - float(logit_of(model.points["balanced"]))
        quiet[held] = logits - float(logit_of(model.points["quiet"]))
    return Judgement(margins, quiet)


def figures_of(table: ExampleTable, judgement: Judgement) -> dict[str, float]:
    """F1, precision, recall and AUC, those of `quiet`, and those of each chat with enough examples."""
    found = figures(judgement.margins, table.labels, 0.0)
    quiet = figures(judgement.quiet, table.labels, 0.0)
    found |= {"quiet_precision": quiet["precision"], "quiet_recall": quiet["recall"]}
    return found | by_group(table, judgement.margins, 0.0)


def _kept(table: ExampleTable, guesses: Unseen, *, memory: bool) -> dict[str, list[float]]:
    """What a model keeps of its folds' predictions: by digest, the fields of `PartScores`."""
    columns = [guesses.evidence, guesses.guard, guesses.by_message, guesses.by_documents]
    rows = np.round(np.stack(columns[: None if memory else 1], axis=1), 4)
    texts = (example.text for example in table.examples)
    return {digest(text): row.tolist() for text, row in zip(texts, rows, strict=True)}


def scaling(scores: Numbers, labels: Numbers) -> tuple[float, float]:
    """(slope, offset) that turn scores into logits whose probabilities can be believed."""
    plain = fit_logistic(scores[:, None], labels, ridge=1e-3)
    slope = float(plain.weights[0] / plain.scale[0])
    return slope, float(plain.bias - slope * plain.mean[0])


def by_group(table: ExampleTable, logits: Numbers, threshold: float) -> dict[str, float]:
    """`GROUP/precision`, `GROUP/recall` and `GROUP/f1` of every chat with enough examples of both kinds."""
    found: dict[str, float] = {}
    groups = np.array([example.group for example in table.examples])
    for group in sorted(set(groups) - {""}):
        own = groups == group
        good = int(table.labels[own].sum())
        if min(good, int(own.sum()) - good) >= LEAST_OF_EACH:
            measured = figures(logits[own], table.labels[own], threshold)
            found |= {f"{group}/{name}": measured[name] for name in ("precision", "recall", "f1")}
    return found


def folds(labels: Numbers, count: int, seed: int) -> list[Rows]:
    """Rows in `count` parts, each with its share of good and bad ones."""
    generator = np.random.default_rng(seed)
    parts: list[list[int]] = [[] for _ in range(count)]
    for label in (0, 1):
        rows = generator.permutation(np.flatnonzero(labels == label))
        for number, row in enumerate(rows):
            parts[number % count].append(int(row))
    return [np.array(sorted(part), dtype=np.int64) for part in parts if part]


def _note(table: ExampleTable, prior: GateModel | None, memory: bool) -> str:
    how = "the shipped gate moved by" if prior else "fitted on"
    kept = ", with a memory of what they are like" if memory else ""
    return f"{how} {table.good} good and {table.bad} bad examples{kept}"
