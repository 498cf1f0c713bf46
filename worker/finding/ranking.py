"""Which atom is likelier to answer: a weighted sum of what is measured of it.

The weights are fitted by `python -m bench.fit_answers` on questions about several corpora, each corpus left
out in turn, and held near weights set by hand, because labelled questions are few and strangers' documents
many.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.finding.features import FEATURES

Numbers = npt.NDArray[np.float64]
FILE = Path(__file__).with_name("weights.json")
BY_HAND = {
    "own_words": 2.0, "near_words": 1.2, "heading_words": 1.2, "title_words": 0.6, "section_words": 0.4,
    "names": 0.5, "dense": 1.0, "found": 2.0, "page_found": 1.0, "kind": 0.5, "value": 0.3, "value_near": 1.0,
    "best_sentence": 1.0, "links": -1.0, "heading_precise": 0.3, "title_precise": 0.1, "early": 0.2,
    "default": 0.8, "introduction": -0.3,
    "language": 1.0, "empty": -2.0, "new_value": 1.0, "exact_value": 2.0, "code": 0.7, "needed": 6.0,
    "way": 1.5,
    "turned_off": 3.0, "says_whether": 1.0, "verdict": 3.0, "asks_alike": 3.0, "code_for_must": -2.0,
    "second_look": 25.0,
}  # fmt: skip


@lru_cache(maxsize=1)
def weights() -> dict[str, Any]:
    """What is in the file: {"ranking": {feature: weight}, "support": {...}}, and under "second_look" the same
    for readings that had one."""
    read: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return read


@lru_cache(maxsize=2)
def _ranking(second: bool) -> Numbers:
    given = (weights()["second_look"] if second else weights())["ranking"]
    return np.array([float(given.get(name, 0.0)) for name in FEATURES])


def by_hand() -> Numbers:
    """The weights that the fit starts from, (len(FEATURES),)."""
    return np.array([BY_HAND.get(name, 0.0) for name in FEATURES])


def rank(numbers: Numbers, *, second: bool = False) -> Numbers:
    """A score for each row of features, (rows,); `second`: there was a second look."""
    return np.asarray(numbers @ _ranking(second))
