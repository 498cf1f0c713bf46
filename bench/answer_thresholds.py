"""Where the bar of an answer lies: what is answered above it, and the bias that lets no more through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.finding.support import bars

Numbers = npt.NDArray[np.float64]


def by_threshold(judged: Sequence[dict[str, Any]], logits: Numbers) -> list[dict[str, Any]]:
    """What answers, and what is answered that should not be, at several thresholds."""
    kinds = np.array([one["kind"] for one in judged])
    right = np.array([one["right"] for one in judged])
    void = np.array([one["void"] for one in judged])
    good = kinds == "good"
    found = []
    for threshold in np.arange(-3.5, 0.6, 0.25):
        yes = logits >= threshold
        shares = {
            kind: round(float(yes[(kinds == kind) & ~void].mean()), 3)
            for kind in ("near", "other", "chat", "masked", "foreign", "elsewhere")
        }
        correct = {
            tongue: round(float((yes & right)[own].sum() / max(1, (good & own).sum())), 3)
            for tongue in ("en", "zh")
            for own in [np.array([one["language"] == tongue for one in judged])]
        }
        found.append(
            {
                "logit": round(float(threshold), 2),
                "correct": round(float((yes & right).sum() / good.sum()), 3),
                "wrong": round(float((yes & good & ~right).sum() / good.sum()), 3),
                "correct by language": correct,
                **shares,
            }
        )
    return found


def bias_at(share: float, near: Sequence[Sequence[float]], slopes: Numbers) -> float:
    """The bias with which this share of the near questions, and no more, reaches the bar of an answer."""
    logits = np.sort(np.array(near) @ slopes)[::-1]
    bar = bars().answers
    first_below = logits[min(int(share * len(logits)), len(logits) - 1)]
    return float(np.log(bar / (1 - bar)) - first_below - 1e-3)
