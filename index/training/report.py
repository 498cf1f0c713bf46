"""The error report of the gate: one HTML file with the curve and the worst mistakes; it loads nothing."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import numpy as np

from index.gate.features import FEATURES
from index.gate.logistic import Numbers
from index.gate.model import GateModel
from index.search.searcher import Searcher
from index.training.examples import ExampleTable
from index.training.operating_points import curve

MISTAKES = 30
"""Shown of each kind."""
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; color: #1f2329; }
body { padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
td, th { padding: .25rem .75rem; text-align: left; border-bottom: 1px solid #dee0e3; }
details { border: 1px solid #dee0e3; border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; }
code { color: #3370ff; }
small { color: #646a73; }
svg text { fill: #646a73; }
"""


def write_report(
    file: Path,
    model: GateModel,
    searcher: Searcher,
    table: ExampleTable,
    probability: Numbers,
    result: dict[str, Any],
) -> None:
    """Writes the report; `probability` (n,) are the gate's for the table's rows."""
    threshold = model.points[result["point"]]
    labels = table.labels
    accepted = np.flatnonzero((probability >= threshold) & (labels == 0))
    rejected = np.flatnonzero((probability < threshold) & (labels == 1))
    wrongly_in = accepted[np.argsort(-probability[accepted], kind="stable")][:MISTAKES]
    wrongly_out = rejected[np.argsort(probability[rejected], kind="stable")][:MISTAKES]
    parts = [
        f"<h1>Gate {_safe(model.name)}</h1><p>{_safe(model.note)}</p>",
        _figures(result),
        precision_recall_svg(probability, labels, model.points),
        f"<h2>Worst false accepts ({len(accepted)})</h2>",
        *(_mistake(model, searcher, table, int(row), float(probability[row])) for row in wrongly_in),
        f"<h2>Worst false rejects ({len(rejected)})</h2>",
        *(_mistake(model, searcher, table, int(row), float(probability[row])) for row in wrongly_out),
    ]
    page = (
        f"<!doctype html><html><head><meta charset='utf-8'><title>Gate</title><style>{_STYLE}</style></head>"
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{page}<body>{''.join(parts)}</body></html>", encoding="utf-8")


def _figures(result: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{_safe(name)}</td><td>{row['precision']:.3f}</td><td>{row['recall']:.3f}</td>"
        f"<td>{row['f1']:.3f}</td></tr>"
        for name, row in result["points"].items()
    )
    head = "<tr><th>point</th><th>precision</th><th>recall</th><th>F1</th></tr>"
    line = f"{result['n']} messages, AUC {result['auc']:.3f}"
    if "swap_accept" in result:
        line += f", {result['swap_accept']:.3f} of the good ones accepted with the other index"
    return f"<p>{_safe(line)}</p><table>{head}{rows}</table>"


def precision_recall_svg(probability: Numbers, labels: Numbers, points: dict[str, float]) -> str:
    """The precision/recall curve with the operating points, as inline SVG: from 0 to 1, upwards and right."""
    thresholds, precision, recall = curve(probability, labels)
    x, y = 100 * np.asarray(recall), 100 - 100 * np.asarray(precision)
    marks = ""
    for number, (name, threshold) in enumerate(points.items()):
        at = max(int(np.searchsorted(-thresholds, -threshold, side="right")) - 1, 0)
        mark = f"<circle cx='{x[at]:.1f}' cy='{y[at]:.1f}' r='1' fill='#3370ff'/>"
        marks += f"{mark}<text x='{x[at] - 14:.1f}' y='{y[at] + 5 + 4 * number:.1f}'>{_safe(name)}</text>"
    line = " ".join(f"{right:.1f},{down:.1f}" for right, down in zip(x, y, strict=True))
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='-6 -6 112 112' width='460' font-size='3.5'>"
        "<rect width='100' height='100' fill='none' stroke='#dee0e3' stroke-width='.3'/>"
        "<text x='-4' y='-2'>1 precision</text><text x='-4' y='104'>0</text>"
        "<text x='86' y='104'>recall 1</text>"
        f"<polyline points='{line}' fill='none' stroke='#3370ff' stroke-width='.5'/>{marks}</svg>"
    )


def _mistake(model: GateModel, searcher: Searcher, table: ExampleTable, row: int, probability: float) -> str:
    case = table.case(row)
    added = model.evidence.contributions(case.numbers)
    strongest = np.argsort(-np.abs(added), kind="stable")[:8]
    numbers = "".join(
        f"<tr><td>{FEATURES[column]}</td><td>{case.numbers[column]:.2f}</td><td>{added[column]:+.2f}</td></tr>"
        for column in strongest
    )
    passages = "".join(
        f"<li><code>{_safe(passage.chunk.path)}</code> {passage.score:.3f} "
        f"<small>{_safe(passage.chunk.text[:160])}</small></li>"
        for passage in searcher.search(case.message, 3, lookup=searcher.look_up(case.message, case.vector))
    )
    parts = model.parts(case)
    sounds = "" if model.memory is None else f", memory {parts.memory:+.2f}, guard {parts.guard:+.2f}"
    return (
        f"<details><summary>{probability:.2f} {_safe(case.message[:200])} "
        f"<small>{_safe(table.examples[row].id)}</small></summary>"
        f"<p>evidence {parts.evidence:+.2f}{sounds}</p>"
        f"<table><tr><th>number</th><th>value</th><th>adds</th></tr>"
        f"{numbers}</table><ol>{passages}</ol></details>"
    )


def _safe(text: str) -> str:
    return html.escape(text)
