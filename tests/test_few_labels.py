"""Twenty good and twenty bad labels never make the gate worse: drawn many times, measured on unseen ones."""

from __future__ import annotations

import numpy as np
import pytest

from index.gate.features import FEATURES
from index.gate.logistic import Numbers, logit_of
from index.gate.model import GateModel, shipped_model
from index.training.calibrate import better_of
from index.training.examples import TWINS, ExampleTable
from index.training.labels import Example

pytestmark = pytest.mark.slow

DRAWS, UNSEEN = 16, 4000


def table(generator: np.random.Generator, each: int, shift: Numbers, noise: float) -> ExampleTable:
    """Messages of a group, half of them good; without a shift the shipped gate tells them as well as can be.

    The shift is that of documents that score otherwise than those it was fitted on.
    """
    shipped = shipped_model()
    evidence, least = shipped.evidence, float(logit_of(shipped.points["balanced"]))
    labels = np.repeat([1, 0], each)
    way = np.sign(evidence.weights)
    shift = shift + way * (least - evidence.bias) / np.abs(evidence.weights).sum()
    numbers = evidence.mean + evidence.scale * (
        (labels[:, None] - 0.5) * 1.6 * way + shift + generator.normal(0, noise, (2 * each, len(FEATURES)))
    )
    twins = evidence.mean - evidence.scale * (
        way + generator.normal(0, noise, (2 * each, TWINS, len(FEATURES)))
    )
    rows = tuple(
        Example(str(row), f"{row} {numbers[row, 0]}", int(label)) for row, label in enumerate(labels)
    )
    vectors = np.zeros((2 * each, 4), dtype=np.float32)
    return ExampleTable(rows, vectors, vectors, numbers, twins, "words")


def f1(model: GateModel, unseen: ExampleTable) -> float:
    taken = model.evidence.logit(unseen.numbers) >= logit_of(model.points["balanced"])
    return 2 * float(unseen.labels[taken].sum()) / float(unseen.labels.sum() + taken.sum())


@pytest.mark.parametrize("strangeness", [0.0, 0.7])
def test_after_is_not_below_before(strangeness: float) -> None:
    """Documents like those of the shipped gate, where labels can teach nothing, and strange ones."""
    shipped, gains = shipped_model(), []
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        shift = generator.normal(0, strangeness, len(FEATURES))
        labels = table(generator, 20, shift, 1.2)
        unseen = table(generator, UNSEEN, shift, 1.2)
        model, before, after, verdict = better_of(labels, shipped, "v1", "calibrated")
        gains.append(f1(model, unseen) - f1(shipped, unseen))
        if verdict != "better":
            assert model.evidence == shipped.evidence
            assert after == before
    assert np.mean(gains) >= -0.005
    assert np.quantile(gains, 0.1) >= -0.03
