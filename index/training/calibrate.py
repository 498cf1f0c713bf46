"""Fitting the gate: by itself at a build from the example questions, and on purpose by `calibrate`.

A build never touches a gate that somebody applied: its figures were looked at. Example questions that these
documents do not know (the bundled ones are about Fennel itself) teach nothing, so the shipped gate stays.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import structlog
import typer
from redis.exceptions import RedisError

from bot.config.settings import Settings
from bot.errors import ConfigError, QueueUnavailable
from index.gate.evidence import Evidence
from index.gate.gate import open_evidence
from index.gate.logistic import Numbers, logit_of
from index.gate.model import GateModel, GateStore, Origin, digest, shipped_model
from index.search.searcher import Searcher
from index.training.examples import ExampleTable, look_up_all, tabulate
from index.training.fit import ENOUGH_OF_EACH, LEAST_OF_EACH, Judgement, figures_of, fit, judged
from index.training.labels import Example, known_questions, read_questions
from index.training.labels import learned as learned_of

log = structlog.get_logger(__name__)

LEAST_KNOWN = 0.75
"""Share of the good example questions that the shipped gate must accept; with less, they are about
other documents."""


Taken = npt.NDArray[np.bool_]
Verdict = Literal["better", "worse", "cannot tell"]
"""Of a fit beside the gate in use, on the same labelled rows."""
_DRAWS = 400


@dataclass(frozen=True)
class Calibration:
    """A fit, measured on folds that it did not see, beside the gate in use."""

    model: GateModel
    before: dict[str, float]
    after: dict[str, float]
    """Of rows that neither the fit nor its thresholds saw; those of `before` where the gate is kept."""
    verdict: Verdict
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
            "verdict": self.verdict,
            "before": _rounded(self.before),
            "after": _rounded(self.after),
            "seconds": round(self.seconds, 2),
        }


def fit_from_settings(
    searcher: Searcher, settings: Settings, counted: Callable[[], Evidence] | None = None
) -> GateModel:
    """Fits the gate on the example questions of the settings and puts it in use; its note says what was done.

    `counted` gives the counts of this version where somebody has them.

    Leaves a calibrated gate in use as it is. With too few examples, or examples that are not about these
    documents, the shipped gate is in use.
    """
    store = GateStore(settings.index.dir)
    in_use = store.readable()
    if in_use is not None and in_use.origin == "calibrated":
        return in_use
    examples = known_questions(settings.index.gate.questions)
    good = sum(example.label for example in examples)
    shipped = shipped_model()
    if min(good, len(examples) - good) < LEAST_OF_EACH:
        note = (
            f"no fit: {good} good and {len(examples) - good} bad examples, {LEAST_OF_EACH} of each are needed"
        )
        return _keep_shipped(store, replace(shipped, note=f"{note}; {shipped.note}"))
    evidence = open_evidence(settings, searcher, counted)
    cases = look_up_all([example.text for example in examples if example.label == 1], searcher, evidence)
    logits = shipped.evidence.logit(np.array([case.numbers for case in cases]))
    known = float((logits >= _balanced(shipped)).mean())
    if known < LEAST_KNOWN:
        note = f"no fit: these documents know only {known:.0%} of the good example questions"
        return _keep_shipped(store, replace(shipped, note=f"{note}; {shipped.note}"))
    table = tabulate(examples, searcher, evidence, looked_up=cases)
    model, _, _, _ = better_of(table, shipped, searcher.version, "questions")
    store.apply(model)
    log.info("gate_fitted", gate=model.name, good=model.good, bad=model.bad)
    return model


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
    current = (store.readable() or shipped_model()).for_embedder(searcher.embedder.name)
    table = tabulate(examples, searcher, open_evidence(settings, searcher))
    model, before, after, verdict = better_of(table, current, searcher.version, "calibrated")
    if apply:
        store.apply(model)
        log.info("gate_calibrated", gate=model.name, good=model.good, bad=model.bad, verdict=verdict)
    return Calibration(model, before, after, verdict, apply, time.perf_counter() - started)


def better_of(
    table: ExampleTable, current: GateModel, index_version: str, origin: Origin
) -> tuple[GateModel, dict[str, float], dict[str, float], Verdict]:
    """(the gate to use, figures of the one in use, figures of that to use, how a new fit does beside it).

    With few labels a fit takes over only where it is surely better, with many unless it is worse: otherwise
    the gate in use is kept as it is, under a new name. With many labels it is fitted from nothing and has a
    memory, with few the shipped gate is moved.
    """
    enough = min(table.good, table.bad) >= ENOUGH_OF_EACH
    prior = None if enough else shipped_model()
    name = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f"{int(time.time() * 1000) % 1000:03d}"
    here, there = in_use(table, current), judged(table, prior, memory=enough)
    verdict = compared(table.labels, here.margins >= 0, there.margins >= 0)
    before, after = figures_of(table, here), figures_of(table, there)
    if verdict == "better" or (enough and verdict == "cannot tell"):
        model = fit(table, prior, name=name, origin=origin, index_version=index_version, memory=enough)
        return replace(model, figures=after), before, after, verdict
    counts = f"{table.good} good and {table.bad} bad examples"
    said = "do not tell it from a new fit" if verdict == "cannot tell" else "say that a new fit is worse"
    kept = replace(
        current,
        name=name,
        origin=origin,
        good=table.good,
        bad=table.bad,
        made_at=time.time(),
        index_version=index_version,
        note=f"the gate that was in use: {counts} {said}",
        unseen=current.unseen | _as_kept(table, current),
        figures=before,
    )
    return kept, before, before, verdict


def _as_kept(table: ExampleTable, model: GateModel) -> dict[str, list[float]]:
    """What a gate that was not fitted on the examples says of them, as a fit keeps it."""
    rows = [row for row in range(len(table.examples)) if digest(table.examples[row].text) not in model.unseen]
    parts = {digest(table.examples[row].text): model.parts(table.case(row)) for row in rows}
    columns = 1 if model.memory is None else 4
    return {key: [round(value, 4) for value in astuple(one)[:columns]] for key, one in parts.items()}


def in_use(table: ExampleTable, model: GateModel) -> Judgement:
    """How the gate in use judges the examples; those of its own fit by a fold that did not see them."""
    logits = np.array([model.honest_logit(table.case(row)) for row in range(len(table.examples))])
    least = {name: float(logit_of(model.points[name])) for name in ("balanced", "quiet")}
    return Judgement(logits - least["balanced"], logits - least["quiet"])


def compared(labels: Numbers, before: Taken, after: Taken) -> Verdict:
    """Whether the F1 of decisions (n,) differs by more than the luck of the draw: one standard error."""
    generator = np.random.default_rng(0)
    draws = generator.integers(0, len(labels), (_DRAWS, len(labels)))
    gains = [_f1(labels[rows], after[rows]) - _f1(labels[rows], before[rows]) for rows in draws]
    gain, error = _f1(labels, after) - _f1(labels, before), float(np.std(gains))
    if abs(gain) <= error:
        return "cannot tell"
    return "better" if gain > 0 else "worse"


def _f1(labels: Numbers, taken: Taken) -> float:
    return 2 * float(labels[taken].sum()) / max(float(labels.sum() + taken.sum()), 1.0)


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
        "measured on examples that neither the fit nor its thresholds saw",
        _SAID[result.verdict],
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


_SAID: dict[Verdict, str] = {
    "better": "the new fit is better",
    "worse": "a new fit would be worse: the gate in use is kept",
    "cannot tell": "these examples cannot tell a new fit from the gate in use; with few of them it is kept",
}


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(np.float64(value)), 4) for name, value in values.items()}
