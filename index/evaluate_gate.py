"""`python -m index eval gate`: the gate as it is in use, measured on labelled messages."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from bot.config import Settings
from index.evidence import Evidence
from index.gate import open_evidence
from index.gate_fit import numbers_of
from index.gate_model import GateModel, GateStore
from index.labels import Example, read_questions
from index.logistic import Numbers
from index.operating import figures
from index.search import Searcher


def evaluate(
    model: GateModel, searcher: Searcher, evidence: Evidence, examples: list[Example], point: str
) -> tuple[dict[str, Any], Numbers]:
    """Figures at an operating point, without mentions, and the probability of every example, (n,)."""
    import numpy as np

    labels = np.array([example.label for example in examples], dtype=np.float64)
    probability = model.probability(numbers_of([example.text for example in examples], searcher, evidence))
    measured = {
        name: round(value, 4) for name, value in figures(probability, labels, model.points[point]).items()
    }
    by_point = {
        name: {
            key: round(value, 4)
            for key, value in figures(probability, labels, threshold).items()
            if key in ("precision", "recall", "f1")
        }
        for name, threshold in model.points.items()
    }
    facts = {
        "point": point,
        "threshold": round(model.points[point], 4),
        "gate": model.name,
        "origin": model.origin,
    }
    return {
        **measured,
        "n": len(examples),
        **facts,
        "points": by_point,
        "index": searcher.version,
    }, probability


def swap_accept(model: GateModel, other: Searcher, examples: list[Example], point: str) -> float:
    """Share of the good examples accepted when the same gate looks at another index."""
    good = [example.text for example in examples if example.label == 1]
    if not good:
        return 0.0
    probability = model.probability(numbers_of(good, other, Evidence.build(other.chunks)))
    return float((probability >= model.points[point]).mean())


def open_other(folder: Path, settings: Settings, like: Searcher) -> Searcher:
    """The current version of another index folder, built with the same embedder. Raises as `open_current`."""
    from index.snapshot import open_current

    index = settings.index.model_copy(update={"dir": folder})
    return open_current(settings.model_copy(update={"index": index}), embedder=like.embedder)


def command(
    settings: Settings,
    questions: Path,
    *,
    swap: Path | None,
    report: Path | None,
    as_json: bool,
    plot: bool = False,
) -> None:
    """Prints the figures; writes the report where one is asked for."""
    from index.snapshot import open_current

    started = time.perf_counter()
    examples = read_questions(questions)
    searcher = open_current(settings)
    model = GateStore(settings.index.dir).current()
    evidence = open_evidence(settings, searcher)
    point = settings.index.gate.point
    result, probability = evaluate(model, searcher, evidence, examples, point)
    if swap is not None:
        result["swap_accept"] = round(
            swap_accept(model, open_other(swap, settings, searcher), examples, point), 4
        )
    result["seconds"] = round(time.perf_counter() - started, 2)
    if report is not None:
        from index.gate_report import write_report

        write_report(report, model, searcher, evidence, examples, probability, result)
        result["report"] = str(report)
    print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else describe(result))  # noqa: T201


def describe(result: dict[str, Any]) -> str:
    """The figures as lines for a terminal."""
    lines = [
        f"gate {result['gate']} ({result['origin']}) on {result['n']} messages, index {result['index']}",
        f"AUC {result['auc']:.3f}",
    ]
    for name, row in result["points"].items():
        here = "*" if name == result["point"] else " "
        lines.append(
            f"{here} {name:9} precision {row['precision']:.3f}  recall {row['recall']:.3f}  "
            f"F1 {row['f1']:.3f}"
        )
    if "swap_accept" in result:
        lines.append(f"good messages accepted with the other index: {result['swap_accept']:.3f}")
    return "\n".join(lines)
