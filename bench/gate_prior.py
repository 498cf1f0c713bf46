"""python -m bench.gate_prior: makes index/gate/gate_prior.json, the gate of a fresh install.

It is fitted on questions about several sets of documents that have nothing in common (a database's manual, a
company's handbook, a keyboard's firmware, an operating system for devices, RPC frameworks, this project's
guide, and the labelled messages of a group about nine machine-learning projects), each looked up in its own
index together with what belongs nowhere: the good questions of all other sets, questions about other
software, and small talk (`bench/gate_rows/anywhere.jsonl`). Kept are means, scales and weights of the numbers
of `index.gate.features` and three thresholds; no message and no document.

Every figure printed, and the thresholds, come from a fit that never saw the set it is measured on: each set
is left out in turn. Rows that say `"half": "unseen"` are not read.

    python -m bench.gate_prior --set NAME CONFIG ROWS... [--set ...] [--kin A B] [--group NAME] [--write]

CONFIG: settings of the set's index, which must be built; --kin: two sets that know of each other; --group: a
set of a group's labels, which choose no threshold.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.config.settings import load_settings
from index.gate.features import FEATURES
from index.gate.gate import MENTION_SHIFT, open_evidence
from index.gate.logistic import Logistic, Numbers, fit_logistic, logit_of, sigmoid
from index.gate.model import SHIPPED, GateModel
from index.search.versions import open_current
from index.text.chinese import has_chinese
from index.training.examples import look_up_all
from index.training.operating_points import area_under_curve, choose_points

ANYWHERE = Path("bench/gate_rows/anywhere.jsonl")
NOTE = (
    "the shipped gate, fitted on questions about seven unlike sets of documents; "
    "it knows no label of this group"
)
RIDGE = 10.0
SHARES = {"good": 0.5, "foreign": 0.14, "other": 0.14, "chat": 0.10, "bad": 0.10, "near": 0.08}
"""What each kind of message weighs in a set, whatever its number of rows."""
SET_WEIGHT = 200.0
STEP = 0.8
"""Logits from one operating point to the next."""
STRANGERS = 80
"""Good rows of a set that are asked of each other set."""


@dataclass(frozen=True)
class Known:
    """The rows of one set of documents."""

    numbers: Numbers
    labels: Numbers
    kinds: tuple[str, ...]
    chinese: tuple[bool, ...]

    @property
    def weights(self) -> Numbers:
        """(n,): each kind has its share."""
        kinds = np.array(self.kinds)
        weights = np.zeros(len(kinds))
        for kind, share in SHARES.items():
            own = kinds == kind
            weights[own] = SET_WEIGHT * share / max(int(own.sum()), 1)
        return weights


def rows_of(files: list[str]) -> list[dict[str, Any]]:
    """Rows {"text", "label", "kind"?, "half"?}; unseen ones left out."""
    lines = [line for file in files for line in Path(file).read_text("utf-8").splitlines() if line.strip()]
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if row.get("half") != "unseen"]


def kind_of(row: dict[str, Any]) -> str:
    """good, near, other, chat, or bad where a row says no more."""
    return "good" if row["label"] else str(row.get("kind", "bad"))


def known(config: Path, own: list[dict[str, Any]], strangers: list[dict[str, Any]]) -> Known:
    """A set's own rows and what belongs nowhere, looked up in its index."""
    settings = load_settings(config)
    searcher = open_current(settings)
    rows = own + strangers
    texts = [str(row["text"]) for row in rows]
    cases = look_up_all(texts, searcher, open_evidence(settings, searcher))
    return Known(
        numbers=np.stack([case.numbers for case in cases]),
        labels=np.array([row["label"] for row in own] + [0] * len(strangers), dtype=np.float64),
        kinds=tuple([kind_of(row) for row in own] + [row.get("as", "foreign") for row in strangers]),
        chinese=tuple(has_chinese(text) for text in texts),
    )


def sampled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most STRANGERS of them, evenly."""
    return rows[:: max(-(-len(rows) // STRANGERS), 1)]


def gathered(asked: argparse.Namespace) -> dict[str, Known]:
    """All sets, looked up."""
    own = {name: rows_of(files) for name, _, *files in asked.set}
    anywhere = [{**row, "as": row["kind"]} for row in rows_of([str(ANYWHERE)])]
    kin = set(asked.kin)
    sets = {}
    for name, config, *_ in asked.set:
        others = [
            row
            for other, rows in own.items()
            if other != name and not {name, other} <= kin
            for row in sampled([row for row in rows if row["label"]])
        ]
        sets[name] = known(Path(config), own[name], anywhere + others)
    return sets


def fitted(sets: list[Known]) -> Logistic:
    """One fit over sets, each of which weighs the same."""
    return fit_logistic(
        np.vstack([one.numbers for one in sets]),
        np.concatenate([one.labels for one in sets]),
        ridge=RIDGE,
        sample_weights=np.concatenate([one.weights for one in sets]),
    )


def left_out(sets: dict[str, Known]) -> dict[str, Numbers]:
    """Logits of every set's rows by a fit of the others."""
    return {
        name: fitted([one for other, one in sets.items() if other != name]).logit(sets[name].numbers)
        for name in sets
    }


def chosen(sets: dict[str, Known], logits: dict[str, Numbers]) -> dict[str, float]:
    """Operating points: `eager` is where F1 is best, for who asks the bot; unasked the bar lies higher."""
    scores = np.concatenate([logits[name] for name in sets])
    labels = np.concatenate([one.labels for one in sets.values()])
    best, _ = choose_points(scores, labels, None, np.concatenate([one.weights for one in sets.values()]))
    least = float(logit_of(best["balanced"]))
    shifted = {"quiet": 2 * STEP, "balanced": STEP, "eager": 0.0}
    return {name: float(sigmoid(least + shift)) for name, shift in shifted.items()}


def accepted(one: Known, logits: Numbers, least: float) -> dict[str, str]:
    """Kind -> accepted of all, Chinese and English apart."""
    shown = {}
    for language, wanted in (("zh", True), ("en", False)):
        for kind in SHARES:
            rows = (np.array(one.kinds) == kind) & (np.array(one.chinese) == wanted)
            if rows.any():
                shown[f"{kind} {language}"] = f"{int((logits[rows] >= least).sum())}/{int(rows.sum())}"
    return shown


def main() -> None:
    """Prints the figures of the sets left out; writes the file when told to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", nargs="+", action="append", required=True, metavar="NAME CONFIG ROWS")
    parser.add_argument("--kin", nargs="*", default=[])
    parser.add_argument("--group", default="", help="a set of a group's labels, which choose no threshold")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    sets = gathered(asked)
    logits = left_out(sets)
    points = chosen({name: one for name, one in sets.items() if name != asked.group}, logits)
    least = float(logit_of(points["balanced"]))
    for name, one in sets.items():
        own = np.array([kind in ("good", "near", "bad") for kind in one.kinds])
        facts = {
            "own auc": round(area_under_curve(logits[name][own], one.labels[own]), 3),
            "auc": round(area_under_curve(logits[name], one.labels), 3),
            "accepted": accepted(one, logits[name], least),
            "mentioned": accepted(one, logits[name], least - MENTION_SHIFT),
        }
        print(json.dumps({name: facts}, ensure_ascii=False))
    evidence = fitted(list(sets.values()))
    print(
        json.dumps({"points": points, "weights": dict(zip(FEATURES, evidence.weights.round(2), strict=True))})
    )
    if asked.write:
        model = GateModel(name="shipped", origin="shipped", evidence=evidence, points=points, note=NOTE)
        SHIPPED.write_text(json.dumps(model.to_json(), ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
