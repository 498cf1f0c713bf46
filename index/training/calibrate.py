"""Fitting the gate: by itself at a build from the example questions, and on purpose by `calibrate`.

A build never touches a gate that somebody applied: its figures were looked at. Example questions that these
documents do not know (the bundled ones are about Fennel itself) teach nothing, so the shipped gate stays.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import typer
from redis.exceptions import RedisError

from bot.config.settings import Settings
from bot.errors import ConfigError, IndexMismatch, QueueUnavailable
from index.gate.gate import open_evidence
from index.gate.logistic import logit_of
from index.gate.model import GateModel, GateStore, Origin, shipped_model
from index.search.searcher import Searcher
from index.training.examples import ExampleTable, tabulate
from index.training.fit import ENOUGH_OF_EACH, LEAST_OF_EACH, by_group, fit
from index.training.labels import Example, known_questions, read_questions
from index.training.labels import learned as learned_of
from index.training.operating_points import figures

log = structlog.get_logger(__name__)

LEAST_KNOWN = 0.75
"""Share of the good example questions that the shipped gate must accept; with less, they are about
other documents."""


@dataclass(frozen=True)
class Calibration:
    """A fit, measured on folds that it did not see, beside the gate in use."""

    model: GateModel
    before: dict[str, float]
    after: dict[str, float]
    applied: bool
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "gate": self.model.name,
            "applied": self.applied,
            "good": self.model.good,
            "bad": self.model.bad,
            "note": self.model.note,
            "points": _rounded(self.model.points),
            "before": _rounded(self.before),
            "after": _rounded(self.after),
            "seconds": round(self.seconds, 2),
        }


def fit_from_settings(searcher: Searcher, settings: Settings) -> GateModel:
    """Fits the gate on the example questions of the settings and puts it in use; its note says what was done.

    Leaves a calibrated gate in use as it is. With too few examples, or examples that are not about these
    documents, the shipped gate is in use.
    """
    store = GateStore(settings.index.dir)
    in_use = _readable(store)
    if in_use is not None and in_use.origin == "calibrated":
        return in_use
    examples = known_questions(settings.index.gate.questions)
    good = sum(example.label for example in examples)
    evidence = open_evidence(settings, searcher)
    shipped = shipped_model()
    if min(good, len(examples) - good) < LEAST_OF_EACH:
        note = (
            f"no fit: {good} good and {len(examples) - good} bad examples, {LEAST_OF_EACH} of each are needed"
        )
        return _keep_shipped(store, replace(shipped, note=f"{note}; {shipped.note}"))
    table = tabulate(examples, searcher, evidence)
    logits = shipped.evidence.logit(table.numbers)[table.labels == 1]
    known = float((logits >= _balanced(shipped)).mean())
    if known < LEAST_KNOWN:
        note = f"no fit: these documents know only {known:.0%} of the good example questions"
        return _keep_shipped(store, replace(shipped, note=f"{note}; {shipped.note}"))
    model = _fitted(table, shipped, searcher.version, "questions")
    store.apply(model)
    log.info("gate_fitted", gate=model.name, good=model.good, bad=model.bad)
    return model


def _readable(store: GateStore) -> GateModel | None:
    """The gate in use; None where there is none, or where another release fitted it and it is fitted anew."""
    try:
        return store.current() if store.current_name() else None
    except IndexMismatch as error:
        log.warning("gate_of_another_release", error=str(error))
        return None


def _balanced(model: GateModel) -> float:
    return float(logit_of(model.points["balanced"]))


def _keep_shipped(store: GateStore, model: GateModel) -> GateModel:
    store.use("")
    log.info("gate_shipped_in_use", reason=model.note)
    return model


def calibrate(
    settings: Settings, searcher: Searcher, examples: Sequence[Example], *, apply: bool
) -> Calibration:
    """Fits on labelled examples and measures before and after. Raises ConfigError with too few."""
    started = time.perf_counter()
    good = sum(example.label for example in examples)
    if min(good, len(examples) - good) < LEAST_OF_EACH:
        raise ConfigError(
            f"{good} good and {len(examples) - good} bad examples: at least {LEAST_OF_EACH} of each needed"
        )
    store = GateStore(settings.index.dir)
    current = (_readable(store) or shipped_model()).for_embedder(searcher.embedder.name)
    table = tabulate(examples, searcher, open_evidence(settings, searcher))
    model = _fitted(table, shipped_model(), searcher.version, "calibrated")
    if apply:
        store.apply(model)
        log.info("gate_calibrated", gate=model.name, good=model.good, bad=model.bad)
    logits = np.array([current.honest_logit(table.case(row)) for row in range(len(examples))])
    least = _balanced(current)
    return Calibration(
        model=model,
        before=figures(logits, table.labels, least) | by_group(table, logits, least),
        after=model.figures,
        applied=apply,
        seconds=time.perf_counter() - started,
    )


def _fitted(table: ExampleTable, shipped: GateModel, index_version: str, origin: Origin) -> GateModel:
    """From nothing and with a memory where there are enough examples, else the shipped gate moved."""
    enough = min(table.good, table.bad) >= ENOUGH_OF_EACH
    prior = None if enough else shipped
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f"{int(time.time() * 1000) % 1000:03d}"
    return fit(table, prior, name=stamp, origin=origin, index_version=index_version, memory=enough)


def command(settings: Settings, questions: Path | None, *, learned: bool, apply: bool, as_json: bool) -> None:
    """`python -m index calibrate`: prints figures; applies when told, or when a person says yes.

    Raises what `calibrate` raises.
    """
    from index.search.versions import open_current

    examples = read_questions(questions) if questions else []
    if learned or questions is None:
        examples += known_questions(settings.index.gate.questions) if questions is None else []
        examples += learned_labels(settings)
    result = calibrate(settings, open_current(settings), examples, apply=apply)
    print(json.dumps(result.to_json(), ensure_ascii=False, indent=2) if as_json else describe(result))  # noqa: T201
    if not (apply or as_json) and sys.stdin.isatty() and typer.confirm("Put this gate in use?"):
        GateStore(settings.index.dir).apply(result.model)
        print(f"gate {result.model.name}: in use now")  # noqa: T201


def roll_back(settings: Settings, name: str) -> str:
    """Puts an older fitted gate, or the shipped one, in use. Raises IndexMismatch for an unknown name."""
    GateStore(settings.index.dir).use("" if name == "shipped" else name)
    return f"gate {name} is in use; running workers follow within a second or two"


def learned_labels(settings: Settings) -> list[Example]:
    """What was said of messages in the groups. Raises QueueUnavailable when Redis does not answer."""
    from bot.redis_keys import FOR_COMMANDS, connect

    connection = connect(settings.redis.url, FOR_COMMANDS)
    try:
        return learned_of(connection)
    except RedisError as error:
        raise QueueUnavailable(f"Redis at {settings.redis.shown} does not answer: {error}") from error
    finally:
        connection.close()


def describe(result: Calibration) -> str:
    """The calibration as lines for a terminal."""
    rows = [("before", result.before), ("after", result.after)]
    lines = [f"{result.model.good} good and {result.model.bad} bad examples, {result.seconds:.1f} s"]
    lines += [
        f"{name:14} precision {row['precision']:.3f}  recall {row['recall']:.3f}  F1 {row['f1']:.3f}  "
        f"AUC {row['auc']:.3f}"
        for name, row in rows
    ]
    lines += [
        f"at `quiet`      precision {result.after['quiet_precision']:.3f}  "
        f"recall {result.after['quiet_recall']:.3f}",
        "measured on folds that the fit did not see",
    ]
    lines += [
        f"{name} {result.before[name]:.3f} -> {value:.3f}"
        for name, value in result.after.items()
        if "/" in name
    ]
    points = ", ".join(f"{name} {value:.2f}" for name, value in result.model.points.items())
    lines.append(f"thresholds: {points}")
    state = "in use now" if result.applied else "not applied; add --apply to use it"
    lines.append(f"gate {result.model.name}: {state}")
    return "\n".join(lines)


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(np.float64(value)), 4) for name, value in values.items()}
