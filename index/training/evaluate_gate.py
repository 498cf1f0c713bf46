"""`python -m index eval gate`: the gate as it is in use, measured on labelled messages."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from bot.config.settings import Settings
from bot.errors import IndexMismatch
from index.gate.gate import open_evidence
from index.gate.logistic import Numbers, sigmoid
from index.gate.model import GateModel, GateStore, digest
from index.gate.reference import evidence_of
from index.search.searcher import Searcher
from index.training.examples import ExampleTable, tabulate
from index.training.labels import Example, read_questions
from index.training.operating_points import figures


def evaluate(model: GateModel, table: ExampleTable, point: str) -> tuple[dict[str, Any], Numbers]:
    """Figures at an operating point, without mentions, and the probability of every example, (n,).

    Examples that the gate was fitted on are judged by folds that did not see them; `seen` counts them.
    """
    cases = [table.case(row) for row in range(len(table.examples))]
    probability = sigmoid(np.array([model.honest_logit(case) for case in cases]))
    seen = sum(digest(case.message) in model.unseen for case in cases)
    threshold = model.points[point]
    measured = _rounded(figures(probability, table.labels, threshold))
    by_point = {
        name: _rounded(figures(probability, table.labels, least)) for name, least in model.points.items()
    }
    facts = {"point": point, "threshold": round(threshold, 4), "gate": model.name, "origin": model.origin}
    quiet = {f"quiet_{name}": by_point["quiet"][name] for name in ("precision", "recall")}
    counted = {"n": len(table.examples), "seen": seen}
    return {**measured, **quiet, **counted, **facts, "note": model.note, "points": by_point}, probability


def swap_accept(model: GateModel, other: Searcher, examples: list[Example], point: str) -> float:
    """Share of the good examples accepted when the same gate looks at another index."""
    good = [example for example in examples if example.label == 1]
    table = tabulate(good, other, evidence_of(other), twins=False)
    logits = [model.honest_logit_elsewhere(table.case(row)) for row in range(len(good))]
    return float((sigmoid(np.array(logits)) >= model.points[point]).sum()) / max(len(good), 1)


def open_other(folder: Path, settings: Settings, like: Searcher) -> Searcher:
    """The current version of another index folder, or that version's own folder, by the same embedder.

    Raises IndexMissing or IndexMismatch.
    """
    from index.search.storage import read, read_manifest
    from index.search.versions import open_current

    if (folder / "manifest.json").is_file():
        built_with = read_manifest(folder).embedder
        if built_with != like.embedder.name:
            raise IndexMismatch(f"{folder} was built with {built_with}, not with {like.embedder.name}")
        return Searcher(read(folder), like.embedder)
    index = settings.index.model_copy(update={"dir": folder})
    return open_current(settings.model_copy(update={"index": index}), embedder=like.embedder)


def command(
    settings: Settings,
    questions: Path,
    *,
    swap: Path | None,
    report: Path | None,
    plot: Path | None = None,
    as_json: bool,
) -> None:
    """Prints the figures; writes the report and the curve where they are asked for."""
    from index.search.versions import open_current

    started = time.perf_counter()
    examples = read_questions(questions)
    searcher = open_current(settings)
    model = GateStore(settings.index.dir).current().for_embedder(searcher.embedder.name)
    table = tabulate(examples, searcher, open_evidence(settings, searcher), twins=False)
    point = settings.index.gate.point
    result, probability = evaluate(model, table, point)
    result["index"] = searcher.version
    if model.memory is not None:
        alone = model.without_memory()
        result["without_memory"] = evaluate(alone, table, point)[0]["points"][point]
    if swap is not None:
        other = open_other(swap, settings, searcher)
        result["swap_accept"] = round(swap_accept(model, other, examples, point), 4)
    result["seconds"] = round(time.perf_counter() - started, 2)
    if report is not None:
        from index.training.report import write_report

        write_report(report, model, searcher, table, probability, result)
        result["report"] = str(report)
    if plot is not None:
        from index.training.report import precision_recall_svg

        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_text(precision_recall_svg(probability, table.labels, model.points), encoding="utf-8")
        result["plot"] = str(plot)
    print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else describe(result))  # noqa: T201


def describe(result: dict[str, Any]) -> str:
    """The figures as lines for a terminal."""
    lines = [
        f"gate {result['gate']} ({result['origin']}) on {result['n']} messages, index {result['index']}",
        result["note"],
        f"AUC {result['auc']:.3f}",
    ]
    if result["seen"]:
        lines.append(f"{result['seen']} of them were in the fit: judged by folds that did not see them")
    for name, row in result["points"].items():
        here = "*" if name == result["point"] else " "
        lines.append(
            f"{here} {name:9} precision {row['precision']:.3f}  recall {row['recall']:.3f}  "
            f"F1 {row['f1']:.3f}"
        )
    if "swap_accept" in result:
        lines.append(f"good messages accepted with the other index: {result['swap_accept']:.3f}")
    return "\n".join(lines)


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in values.items()}
