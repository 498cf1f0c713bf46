"""Logistic regression with a ridge, fitted by Newton's method: a fitted gate is a few numbers.

An offset, one known logit a row, lets a few labelled examples move an existing model instead of replacing it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
CLIP = 4.0
"""Standard deviations a number may lie from its mean before it is cut: other indexes stay sane."""
_STEPS = 50
_CONVERGED = 1e-8
_HALVINGS = 30


@dataclass(frozen=True)
class Logistic:
    """Standardised numbers times weights plus bias: a logit."""

    mean: Numbers
    scale: Numbers
    weights: Numbers
    bias: float

    def standardised(self, rows: Numbers) -> Numbers:
        """(n, d) or (d,) -> the same shape, in standard deviations, cut at CLIP."""
        return np.clip((rows - self.mean) / self.scale, -CLIP, CLIP)

    def logit(self, rows: Numbers) -> Numbers:
        """(n, d) -> (n,) or (d,) -> ()."""
        return np.asarray(self.standardised(rows) @ self.weights + self.bias)

    def contributions(self, row: Numbers) -> Numbers:
        """What each number of one row adds to the logit, (d,)."""
        return np.asarray(self.standardised(row) * self.weights)


def sigmoid(logit: npt.ArrayLike) -> Numbers:
    """Logit -> probability."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -30, 30))))


def logit_of(probability: npt.ArrayLike) -> Numbers:
    """Probability -> logit, cut at +-30."""
    inside = np.clip(probability, 1e-13, 1 - 1e-13)
    return np.asarray(np.log(inside / (1 - inside)))


def fit_logistic(
    rows: Numbers,
    labels: Numbers,
    *,
    ridge: float,
    offset: Numbers | None = None,
    sample_weights: Numbers | None = None,
    scaled_by: Logistic | None = None,
) -> Logistic:
    """Fits weights to (n, d) rows and (n,) labels 0 or 1.

    `ridge` is the penalty on each squared weight (in units of one row's loss); the bias is free, except where
    an offset is given: there it is penalised lightly, for the offset already knows it. `scaled_by` takes
    over another model's mean and scale.
    """
    mean = scaled_by.mean if scaled_by else rows.mean(axis=0)
    scale = scaled_by.scale if scaled_by else scale_of(rows)
    plain = Logistic(mean, scale, np.zeros(rows.shape[1]), 0.0)
    design = np.hstack([plain.standardised(rows), np.ones((len(rows), 1))])
    known = np.zeros(len(rows)) if offset is None else offset
    importance = np.ones(len(rows)) if sample_weights is None else sample_weights
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 1e-6 if offset is None else 1.0
    problem = _Problem(design, labels, known, importance, penalty)
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        step = problem.step(weights)
        weights = weights - step
        if float(np.abs(step).max()) < _CONVERGED:
            break
    return Logistic(mean, scale, weights[:-1], float(weights[-1]))


@dataclass(frozen=True)
class _Problem:
    """What is minimised: the weighted loss of all rows plus the penalty."""

    design: Numbers
    labels: Numbers
    offset: Numbers
    importance: Numbers
    penalty: Numbers

    def loss(self, weights: Numbers) -> float:
        logit = self.design @ weights + self.offset
        rows = np.logaddexp(0.0, logit) - self.labels * logit
        return float(self.importance @ rows + 0.5 * self.penalty @ weights**2)

    def step(self, weights: Numbers) -> Numbers:
        """Newton's step, halved until it does not make things worse."""
        probability = sigmoid(self.design @ weights + self.offset)
        gradient = self.design.T @ (self.importance * (probability - self.labels)) + self.penalty * weights
        curvature = self.importance * np.maximum(probability * (1 - probability), 1e-6)
        hessian = (self.design * curvature[:, None]).T @ self.design + np.diag(self.penalty)
        step = np.asarray(np.linalg.solve(hessian, gradient))
        before = self.loss(weights)
        for _ in range(_HALVINGS):
            if self.loss(weights - step) <= before:
                return step
            step = step / 2
        return np.zeros_like(step)


def scale_of(rows: Numbers) -> Numbers:
    """Standard deviation of each column, 1 where it is nearly constant; (n, d) -> (d,)."""
    deviation = rows.std(axis=0)
    return np.asarray(np.where(deviation < 1e-6, 1.0, deviation))
