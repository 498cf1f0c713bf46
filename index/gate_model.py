"""A fitted gate: numbers of a message -> probability that it is worth answering, and the operating points.

Everything is kept as plain numbers: JSON and NumPy, nothing that could run code when read.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from bot.errors import IndexMismatch
from index.features import FEATURES
from index.logistic import Logistic, Numbers, sigmoid

FORMAT = 1
POINTS = ("quiet", "balanced", "eager")
SHIPPED = Path(__file__).parent / "gate_prior.json"
"""The gate of a fresh install; `python -m bench.gate_prior` makes it and says from what."""

Origin = Literal["shipped", "questions", "calibrated"]


@dataclass(frozen=True)
class GateModel:
    """Everything that decides, apart from the documents."""

    name: str
    origin: Origin
    """shipped: no labels of its own; questions: fitted at a build; calibrated: applied on purpose."""
    evidence: Logistic
    points: dict[str, float]
    """Operating point -> least probability that is answered without a mention."""
    good: int = 0
    bad: int = 0
    """Labelled examples it was fitted on."""
    made_at: float = 0.0
    """Unix seconds."""
    index_version: str = ""
    """The index it was fitted on."""
    note: str = ""
    """One line for operators: from what it was made, and what it lacks."""
    figures: dict[str, float] = field(default_factory=dict)
    """Cross-validated figures at the time of the fit."""

    def logit(self, numbers: Numbers) -> Numbers:
        """(n, len(FEATURES)) -> (n,), or one row -> a scalar."""
        return self.evidence.logit(numbers)

    def probability(self, numbers: Numbers) -> Numbers:
        """As `logit`, 0..1."""
        return sigmoid(self.logit(numbers))

    def named(self, name: str, origin: Origin) -> Self:
        """The same model under another name."""
        return replace(self, name=name, origin=origin)

    def save(self, folder: Path) -> None:
        """Writes `NAME.json` into a folder, aside first."""
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{os.getpid()}.{self.name}"
        aside.write_text(json.dumps(self.to_json(), ensure_ascii=False), encoding="utf-8")
        aside.replace(folder / f"{self.name}.json")

    def to_json(self) -> dict[str, Any]:
        """The model as JSON; `from_json` reads it."""
        return {
            "format": FORMAT,
            "name": self.name,
            "origin": self.origin,
            "points": self.points,
            "good": self.good,
            "bad": self.bad,
            "made_at": self.made_at,
            "index_version": self.index_version,
            "note": self.note,
            "figures": self.figures,
            "bias": self.evidence.bias,
            "features": {
                name: [round(float(value), 6) for value in triple]
                for name, *triple in zip(
                    FEATURES, self.evidence.mean, self.evidence.scale, self.evidence.weights, strict=True
                )
            },
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], place: str) -> Self:
        """Reads what `to_json` wrote. Raises IndexMismatch when it was fitted on other features."""
        rows = data.get("features", {})
        if data.get("format") != FORMAT or tuple(rows) != FEATURES:
            raise IndexMismatch(
                f"{place} was fitted by another release; run `python -m index calibrate --apply`"
            )
        mean, scale, weights = np.array([rows[name] for name in FEATURES], dtype=np.float64).T
        keys = ("name", "origin", "points", "good", "bad", "made_at", "index_version", "note", "figures")
        return cls(
            evidence=Logistic(mean, scale, weights, float(data["bias"])), **{key: data[key] for key in keys}
        )


def read_model(file: Path) -> GateModel:
    """A model's file. Raises IndexMismatch when another release wrote it."""
    return GateModel.from_json(json.loads(file.read_text(encoding="utf-8")), str(file))


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
        return file.read_text(encoding="utf-8").strip() if file.is_file() else ""

    def current(self) -> GateModel:
        """The gate in use: the fitted one, else the shipped one. Raises IndexMismatch."""
        name = self.current_name()
        return read_model(self.folder / f"{name}.json") if name else shipped_model()

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
        aside = self.folder / f".CURRENT.{os.getpid()}"
        aside.write_text(name + "\n", encoding="utf-8")
        aside.replace(self.folder / "CURRENT")
