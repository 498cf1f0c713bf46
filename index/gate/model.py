"""A fitted gate: a message and its numbers -> probability that it is worth answering, and operating points.

`evidence` reads only what the documents know of the message and moves with them. `memory`, where there are
enough labels, knows what this group's good messages are like. Memory ranks what the documents know; `guard`,
fitted on good messages against their estranged twins, tells whether they know the message at all, and where
they do not, what is missing is taken off, however good the message sounds. So a gate that is moved to other
documents does not answer from habit. Everything is kept as plain numbers, JSON and NumPy: nothing that could
run code when read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import structlog

from bot.config.aside import aside
from bot.errors import IndexMismatch
from index.gate.examined_message import ExaminedMessage
from index.gate.features import FEATURES
from index.gate.logistic import Logistic, Numbers
from index.gate.memory import Memory
from index.search.storage import damage

log = structlog.get_logger(__name__)

FORMAT = 4
_ANEW = "run `python -m index build --force` or calibrate"
_NAME_BYTES = 200
POINTS = ("quiet", "balanced", "eager")
SHIPPED = Path(__file__).parent / "gate_prior.json"
"""The gate of a fresh install; `python -m bench.gate_prior` makes it and says from what."""

Origin = Literal["shipped", "questions", "calibrated"]

GUARD_SLOPE, GUARD_BELOW = 0.9, 1.0
"""Below this logit of the guard each missing logit is taken off the memory's score, this many times."""


def joined(guard: npt.ArrayLike, memory: npt.ArrayLike) -> Numbers:
    """The guard's logits and the memory's scores as one score each."""
    logits = np.asarray(guard, dtype=np.float64)
    return np.asarray(np.asarray(memory) + GUARD_SLOPE * np.minimum(logits - GUARD_BELOW, 0.0))


def digest(message: str) -> str:
    """By which a fit remembers that it saw a message, without keeping its text."""
    return hashlib.blake2b(message.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True)
class PartScores:
    """What the parts of a gate say of one message."""

    evidence: float
    """Logit by the documents alone."""
    guard: float = 0.0
    """Logit that the documents know the message; 0 and not used without a memory."""
    by_message: float = 0.0
    """Score of the memory by the message alone; 0 without a memory."""
    by_documents: float = 0.0
    """What the documents' answer to the message adds to it."""

    @property
    def memory(self) -> float:
        """Score of the memory."""
        return self.by_message + self.by_documents


@dataclass(frozen=True)
class GateModel:
    """Everything that decides, apart from the documents."""

    name: str
    origin: Origin
    """shipped: no labels of its own; questions: fitted at a build; calibrated: applied on purpose."""
    evidence: Logistic
    points: dict[str, float]
    """Operating point -> least probability that is answered without a mention."""
    memory: Memory | None = None
    guard: Logistic | None = None
    """Both or neither."""
    slope: float = 1.0
    offset: float = 0.0
    """With a memory, the logit is slope * joined score + offset."""
    evidence_points: dict[str, float] = field(default_factory=dict)
    """The operating points without the memory, for an index by another embedder."""
    good: int = 0
    bad: int = 0
    """Labelled examples it was fitted on."""
    made_at: float = 0.0
    """Unix seconds."""
    index_version: str = ""
    """The index it was fitted on."""
    note: str = ""
    """One line for operators: from what it was made, and what it lacks."""
    unseen: dict[str, list[float]] = field(default_factory=dict)
    """Digest of each message it was fitted on -> its parts by a fold that did not see it."""
    figures: dict[str, float] = field(default_factory=dict)
    """Cross-validated figures at the time of the fit."""

    def parts(self, case: ExaminedMessage) -> PartScores:
        """What each part says of one message."""
        evidence = float(self.evidence.logit(case.numbers))
        if self.memory is None or self.guard is None:
            return PartScores(evidence)
        guard = float(self.guard.logit(case.numbers))
        return PartScores(evidence, guard, self.memory.by_message(case), self.memory.by_documents(case))

    def joint(self, parts: PartScores) -> float:
        """The logit of the parts together."""
        if self.memory is None:
            return parts.evidence
        return self.slope * float(joined(parts.guard, parts.memory)) + self.offset

    def logit(self, case: ExaminedMessage) -> float:
        """The logit that one message is worth answering."""
        return self.joint(self.parts(case))

    def honest_logit(self, case: ExaminedMessage) -> float:
        """As `logit`, but for a message of the fit what a fold that did not see it says."""
        kept = self.unseen.get(digest(case.message))
        return self.logit(case) if kept is None else self.joint(PartScores(*kept))

    def honest_logit_elsewhere(self, case: ExaminedMessage) -> float:
        """As `honest_logit` for a case of other documents than the fit's.

        Of a message of the fit, what was kept of the message itself is replaced or left out; what the
        documents say to it is new.
        """
        kept = self.unseen.get(digest(case.message))
        parts = self.parts(case)
        if kept is None or self.memory is None:
            return self.joint(parts)
        here = PartScores(*kept)
        moved = self.memory.by_documents(case, without_itself=True)
        return self.joint(replace(parts, by_message=here.by_message, by_documents=moved))

    def without_memory(self) -> Self:
        """The same gate by the documents alone."""
        if self.memory is None:
            return self
        return replace(self, memory=None, guard=None, points=self.evidence_points)

    def for_embedder(self, name: str) -> Self:
        """The gate for an index by this embedder: a memory of another embedder's vectors is left out."""
        return self if self.memory is None or self.memory.embedder == name else self.without_memory()

    def save(self, folder: Path) -> None:
        """Writes `NAME.json`, and `NAME.npz` for a memory, into a folder; the JSON last and aside first."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.memory is not None:
            self.memory.save(folder / f"{self.name}.npz")
        with aside(folder / f"{self.name}.json") as file:
            file.write_text(json.dumps(self.to_json(), ensure_ascii=False), encoding="utf-8")

    def to_json(self) -> dict[str, Any]:
        """The model as JSON; `from_json` reads it."""
        return {
            "format": FORMAT,
            **{key: getattr(self, key) for key in _PLAIN},
            "memory": self.memory is not None,
            **_logistic_json(self.evidence),
            "guard": None if self.guard is None else _logistic_json(self.guard),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], place: str, memory: Memory | None = None) -> Self:
        """Reads what `to_json` wrote, with the memory from its own file.

        Raises IndexMismatch when it was fitted on other features.
        """
        _of_this_release(data, place)
        guard = None if data.get("guard") is None else _logistic(data["guard"])
        plain = {key: data[key] for key in _PLAIN if key in data}
        return cls(evidence=_logistic(data), memory=memory, guard=guard, **plain)


def _of_this_release(data: dict[str, Any], place: str) -> None:
    """Raises IndexMismatch; asked before a memory is read, whose file changes with the format."""
    if data.get("format") != FORMAT or tuple(data.get("features", {})) != FEATURES:
        raise IndexMismatch(f"{place} was fitted by another release: {_ANEW}")


def _logistic_json(model: Logistic) -> dict[str, Any]:
    """`features`: name -> mean, scale and weight."""
    columns = zip(FEATURES, model.mean, model.scale, model.weights, strict=True)
    rows = {name: [round(float(value), 6) for value in triple] for name, *triple in columns}
    return {"bias": model.bias, "features": rows}


def _logistic(data: dict[str, Any]) -> Logistic:
    rows = data["features"]
    mean, scale, weights = np.array([rows[name] for name in FEATURES], dtype=np.float64).T
    return Logistic(mean, scale, weights, float(data["bias"]))


_PLAIN = (
    "name", "origin", "points", "slope", "offset", "evidence_points", "good", "bad", "made_at",
    "index_version", "note", "unseen", "figures",
)  # fmt: skip
"""Fields that go into JSON as they are; one that a file lacks has its default."""


def read_model(file: Path) -> GateModel:
    """A model's file. Raises IndexMismatch, also when another release wrote it, IndexDamaged among them."""
    with damage(file, _ANEW):
        data = json.loads(file.read_text(encoding="utf-8"))
        _of_this_release(data, str(file))
        beside = file.with_suffix(".npz")
        with damage(beside, _ANEW):
            memory = Memory.load(beside) if data.get("memory") else None
        return GateModel.from_json(data, str(file), memory)


def shipped_model() -> GateModel:
    """The gate of a fresh install, which knows no label of this group."""
    return read_model(SHIPPED)


class GateStore:
    """Fitted gates of one installation: `gate/NAME.json`, and CURRENT names the one in use."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the index folder."""
        self.folder = folder / "gate"

    def names(self) -> list[str]:
        """All fitted gates, oldest first."""
        return sorted(file.stem for file in self.folder.glob("*.json") if not file.name.startswith("."))

    def current_name(self) -> str:
        """Name of the gate in use; empty where none was fitted."""
        file = self.folder / "CURRENT"
        return file.read_bytes()[:_NAME_BYTES].decode("utf-8", "replace").strip() if file.is_file() else ""

    def current(self) -> GateModel:
        """The gate in use: the fitted one, else the shipped one. Raises IndexMismatch."""
        name = self.current_name()
        if name and name not in self.names():
            raise IndexMismatch(f"gate {name!r} is in use but no longer in {self.folder}: {_ANEW}")
        return read_model(self.folder / f"{name}.json") if name else shipped_model()

    def readable(self) -> GateModel | None:
        """The fitted gate in use; None where there is none, or it must be fitted anew."""
        try:
            return self.current() if self.current_name() else None
        except IndexMismatch as error:
            log.warning("gate_unreadable", error=str(error))
            return None

    def apply(self, model: GateModel) -> None:
        """Keeps a fitted gate and puts it in use."""
        model.save(self.folder)
        self.use(model.name)

    def use(self, name: str) -> None:
        """Puts a kept gate in use; an empty name means the shipped one. Raises IndexMismatch."""
        if name and name not in self.names():
            raise IndexMismatch(
                f"no fitted gate {name!r} in {self.folder}; there are: {', '.join(self.names())}"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        with aside(self.folder / "CURRENT") as file:
            file.write_text(name + "\n", encoding="utf-8")
