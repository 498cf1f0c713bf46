"""Operating points from a precision/recall curve, and the figures of a set of decisions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from index.gate.logistic import Numbers, logit_of, sigmoid

QUIET_PRECISION = 0.92
"""`quiet` aims above the 0.90 it promises: a point chosen on a curve looks a little better than it is."""
EAGER_RECALL = 0.93
_PLATEAU = 0.005
"""F1 this close to the best counts as best: the middle of the plateau is steadier than its peak."""
_TRUST = 200.0
"""Good examples that weigh as much as the prior's own points."""


def curve(
    scores: Numbers, labels: Numbers, weights: Numbers | None = None
) -> tuple[Numbers, Numbers, Numbers]:
    """(thresholds, precision, recall), thresholds falling; accepting means score >= threshold.

    `weights` (n,): what each row counts; all the same where None.
    """
    counted = np.ones(len(labels)) if weights is None else weights
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum((labels * counted)[order])
    taken = np.cumsum(counted[order])
    last = np.append(scores[order][1:] != scores[order][:-1], True) if len(order) else np.zeros(0, bool)
    total = max(float(labels @ counted), 1e-9)
    return scores[order][last], (hits / taken)[last], (hits / total)[last]


def choose_points(
    logits: Numbers, labels: Numbers, prior: dict[str, float] | None, weights: Numbers | None = None
) -> tuple[dict[str, float], dict[str, float]]:
    """Thresholds as probabilities for quiet, balanced and eager, and the figures at `balanced`.

    With a prior and few examples the thresholds stay near the prior's.
    """
    thresholds, precision, recall = curve(logits, labels, weights)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    chosen = {
        "quiet": _least(thresholds, precision >= QUIET_PRECISION, thresholds[0]),
        "balanced": float(np.median(thresholds[f1 >= f1.max() - _PLATEAU])),
        "eager": float(thresholds[int(np.argmax(recall >= EAGER_RECALL))]),
    }
    if prior:
        share = float(labels.sum()) / (float(labels.sum()) + _TRUST)
        chosen = {
            name: share * value + (1 - share) * float(logit_of(prior[name])) for name, value in chosen.items()
        }
    chosen["quiet"] = max(chosen["quiet"], chosen["balanced"])
    chosen["eager"] = min(chosen["eager"], chosen["balanced"])
    points = {name: float(sigmoid(value)) for name, value in chosen.items()}
    return points, figures(logits, labels, chosen["balanced"])


def _least(thresholds: Numbers, enough: npt.NDArray[np.bool_], otherwise: float) -> float:
    rows = np.flatnonzero(enough)
    return float(thresholds[rows[-1]]) if len(rows) else float(otherwise)


def figures(scores: Numbers, labels: Numbers, threshold: float) -> dict[str, float]:
    """F1, precision and recall at a threshold, the area under the ROC curve, and how many rows there are."""
    taken = scores >= threshold
    hits = float(labels[taken].sum())
    precision = hits / max(int(taken.sum()), 1)
    recall = hits / max(float(labels.sum()), 1.0)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    auc = area_under_curve(scores, labels)
    return {"f1": f1, "precision": precision, "recall": recall, "auc": auc, "n": float(len(labels))}


def area_under_curve(scores: Numbers, labels: Numbers) -> float:
    """Chance that a good row scores above a bad one, ties count half; 0.5 where one kind is missing."""
    good, bad = int(labels.sum()), int(len(labels) - labels.sum())
    if not good or not bad:
        return 0.5
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[labels == 1].sum() - good * (good + 1) / 2) / (good * bad))
