"""python -m bench.gate: how well the gate decides, how much the documents matter to it, and how fast it is.

Real group messages (`../shared/data/gate/dev.jsonl`), looked up in the documents of nine projects. Every
figure comes from messages that the fit did not see: five folds, several shuffles, and once folds of
neighbouring rows; thresholds are chosen inside the training folds. The swap looks the same good messages up
in documents that have nothing to do with them. Indexes are kept in `data/bench/gate` after the first run.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from bot import logs
from bot.config.settings import GateSettings, IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.gate.evidence import Evidence
from index.gate.examined_message import examined
from index.gate.gate import Gate
from index.gate.logistic import Numbers, logit_of
from index.gate.reference import evidence_of
from index.search.embed import Embedder, open_embedder
from index.search.searcher import Searcher
from index.search.versions import open_current
from index.training.examples import ExampleTable, Rows, tabulate
from index.training.fit import FOLDS, fit, folds
from index.training.labels import read_questions
from index.training.operating_points import area_under_curve

DATA = Path("../shared/data")
FOLDER = Path("data/bench/gate")
SHARES = (0.1, 0.3, 1.0)


def opened(name: str, sources: tuple[Path, ...], embedder: Embedder) -> Searcher:
    """The index of some folders, built where it is missing or out of date."""
    index = IndexSettings(
        dir=FOLDER / name,
        sources=tuple(SourceSettings(path=source) for source in sources),
        gate=GateSettings(questions=()),
    )
    settings = Settings(index=index)
    build(settings, embedder=embedder)
    return open_current(settings, embedder=embedder)


def drawn(labels: Numbers, rows: Rows, share: float, generator: np.random.Generator) -> Rows:
    """A share of the rows, of good and bad ones alike."""
    parts = [rows[labels[rows] == label] for label in (0, 1)]
    chosen = [generator.choice(part, round(share * len(part)), replace=False) for part in parts]
    return np.sort(np.concatenate(chosen))


def measured(
    table: ExampleTable,
    swapped: ExampleTable,
    parts: list[Rows],
    *,
    share: float = 1.0,
    memory: bool = True,
    seed: int = 0,
) -> dict[str, float]:
    """Figures over all parts, each decided by a gate fitted on (a share of) the others."""
    labels, generator = table.labels, np.random.default_rng(seed)
    scores, balanced, quiet, elsewhere = (np.zeros(len(labels)) for _ in range(4))
    for held in parts:
        rest = drawn(labels, np.setdiff1d(np.arange(len(labels)), held), share, generator)
        model = fit(table.part(rest), None, name="fold", origin="calibrated", memory=memory)
        here, there = (np.array([model.logit(part.case(row)) for row in held]) for part in (table, swapped))
        least = float(logit_of(model.points["balanced"]))
        scores[held], balanced[held], elsewhere[held] = here, here >= least, there >= least
        quiet[held] = here >= float(logit_of(model.points["quiet"]))
    good = labels == 1
    precision, recall = float(balanced @ labels / balanced.sum()), float(balanced[good].mean())
    return {
        "f1": 2 * precision * recall / (precision + recall),
        "precision": precision,
        "recall": recall,
        "auc": area_under_curve(scores, labels),
        "quiet_precision": float(quiet @ labels / max(quiet.sum(), 1)),
        "quiet_recall": float(quiet[good].mean()),
        "swap_accept": float(elsewhere[good].mean()),
    }


def summary(rows: list[dict[str, float]]) -> dict[str, float]:
    """Means, and the deviation of F1, over shuffles."""
    means = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}
    return {**means, "f1_sd": round(float(np.std([row["f1"] for row in rows])), 4)}


def quality(table: ExampleTable, swapped: ExampleTable, shuffles: int) -> dict[str, Any]:
    """All figures of the decision."""
    shuffled = [folds(table.labels, FOLDS, 100 + seed) for seed in range(shuffles)]
    neighbours = list(np.array_split(np.arange(len(table.examples)), FOLDS))
    with_memory = {
        f"{share:.0%}": summary(
            [measured(table, swapped, parts, share=share, seed=seed) for seed, parts in enumerate(shuffled)]
        )
        for share in SHARES
    }
    alone = {
        f"{share:.0%}": summary(
            [
                measured(table, swapped, parts, share=share, memory=False, seed=seed)
                for seed, parts in enumerate(shuffled)
            ]
        )
        for share in SHARES
    }
    return {
        "with_memory": with_memory,
        "documents_alone": alone,
        "neighbouring_folds": summary([measured(table, swapped, neighbours)]),
    }


def speed(table: ExampleTable, searcher: Searcher, evidence: Evidence) -> dict[str, float]:
    """Messages a second of processor time on one core; the embedder is counted apart."""
    model = fit(table, None, name="speed", origin="calibrated", memory=True)
    gate = Gate(model, searcher, evidence)
    messages = [example.text for example in table.examples[:300]]
    pairs = list(zip(messages, table.vectors[:300], strict=True))

    def per_second(work: Any) -> float:
        started = time.process_time()
        for message, vector in pairs:
            work(message, vector)
        return round(len(pairs) / (time.process_time() - started), 1)

    return {
        "embedder": per_second(lambda message, _: searcher.embedder.embed([message])),
        "search": per_second(lambda message, vector: searcher.look_up(message, vector)),
        "gate_with_search": per_second(
            lambda message, vector: gate.decide(message, [], False, lookup=searcher.look_up(message, vector))
        ),
        "gate_with_word_search": per_second(
            lambda message, vector: model.logit(examined(message, vector, searcher, evidence))
        ),
    }


def main() -> None:
    """Prints one JSON object with --json, else a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--shuffles", type=int, default=3, help="how often the folds are drawn")
    asked = parser.parse_args()
    logs.configure("bench")
    embedder = open_embedder(IndexSettings().embedder)
    projects = opened("projects", tuple(sorted(path for path in (DATA / "docs").iterdir())), embedder)
    other = opened("feishu", (DATA / "feishu-docs",), embedder)
    evidence = evidence_of(projects)
    examples = read_questions(DATA / "gate" / "dev.jsonl")
    started = time.perf_counter()
    table = tabulate(examples, projects, evidence)
    looked_up = time.perf_counter() - started
    swapped = tabulate(examples, other, evidence_of(other), twins=False)
    result = {
        "messages": len(examples),
        "good": table.good,
        **quality(table, swapped, asked.shuffles),
        "messages_per_second": speed(table, projects, evidence),
        "look_up_all_seconds": round(looked_up, 1),
    }
    print(json.dumps(result, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
