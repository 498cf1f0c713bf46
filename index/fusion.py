"""How the signals of one question become one score for every chunk. Pure arithmetic on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """What each signal counts, after each has been scaled to 0..1 over all chunks."""

    dense_text: float = 1.0
    dense_headings: float = 1.0
    bm25_text: float = 1.0
    bm25_headings: float = 0.5
    bm25_place: float = 0.3
    characters: float = 1.0


def scaled(scores: Scores) -> Scores:
    """Scores brought to 0..1: the least becomes 0, the greatest 1; all zeros where they do not differ."""
    if not scores.size:
        return scores
    least, span = float(scores.min()), float(np.ptp(scores))
    return (scores - least) / span if span > 0 else np.zeros_like(scores)


def fused(signals: dict[str, Scores], weights: Weights) -> Scores:
    """The weighted sum of the scaled signals, divided by the sum of the weights: 0..1 for every chunk."""
    pairs = [(scaled(values), float(getattr(weights, name))) for name, values in signals.items()]
    total = sum(weight for _, weight in pairs) or 1.0
    summed = np.sum([values * weight for values, weight in pairs], axis=0)
    return np.asarray(summed / total, dtype=np.float32)
