"""python -m bench.gate_prior: makes index/gate_prior.json, the gate of a fresh install.

It is the evidence part alone, fitted on public labelled group messages looked up in the documents of nine
open-source projects (`../shared/data`) and the bundled examples looked up in the bundled guide, each good
message with its estranged twins. What is kept are means, scales and weights of the numbers in
`index.gate.features` and three thresholds; no message and no document. The thresholds come from the group
messages alone. It asks for indexes of both, as settings files: --group CONFIG and --guide CONFIG.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot.config.settings import load_settings
from index.gate.gate import open_evidence
from index.gate.model import SHIPPED
from index.search.versions import open_current
from index.training.examples import ExampleTable, tabulate
from index.training.fit import fit
from index.training.labels import read_questions

QUESTIONS = Path("../shared/data/gate/dev.jsonl")
BUNDLED = Path("docs/questions.jsonl")
NOTE = (
    "the shipped gate, fitted on public labelled group messages and the bundled examples; "
    "it knows no label of this group"
)


def table_of(config: Path, questions: Path) -> ExampleTable:
    """The rows of a file looked up in the index of a settings file."""
    settings = load_settings(config)
    searcher = open_current(settings)
    return tabulate(read_questions(questions), searcher, open_evidence(settings, searcher))


def main() -> None:
    """Fits and writes the file; prints the figures across folds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--group", type=Path, required=True, help="settings of the index of the nine projects"
    )
    parser.add_argument("--guide", type=Path, required=True, help="settings of the index of docs/")
    asked = parser.parse_args()
    group, guide = table_of(asked.group, QUESTIONS), table_of(asked.guide, BUNDLED)
    both = ExampleTable(
        group.examples + guide.examples,
        np.vstack([group.vectors, guide.vectors]),
        np.vstack([group.found, guide.found]),
        np.vstack([group.numbers, guide.numbers]),
        np.concatenate([group.twins, guide.twins]),
        group.embedder,
    )
    alone = fit(group, None, name="group", origin="shipped")
    model = fit(both, None, name="shipped", origin="shipped")
    kept = replace(
        model,
        points=alone.points,
        evidence_points={},
        unseen={},
        figures={},
        good=0,
        bad=0,
        made_at=0.0,
        note=NOTE,
    )
    SHIPPED.write_text(json.dumps(kept.to_json(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(json.dumps({"points": alone.points, "group_alone": alone.figures, "both": model.figures}, indent=2))


if __name__ == "__main__":
    main()
