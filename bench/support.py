"""How well verification tells supported sentences from unsupported ones, and where its threshold lies.

bench/support.jsonl holds 100 pairs written by hand, half of them in another language than their passage or
reworded: 50 sentences that the passage supports and 50 that it does not. Of those 34 are `invented` (made-up
number, flag or name, or a plausible claim that the passage does not make), 4 `negated`, 5 `contradicted` in
other words, 7 with the passage's own values `swapped`. The threshold is chosen by leaving each passage out in
turn, so that `accuracy_left_out` is not that of the fit. `dropped` is the share of each kind that is dropped:
verification catches what is invented, and little of what only turns the passage's words around.

    python -m bench.support [--json]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.config.settings import EmbedderSettings
from index.search.embed import open_embedder
from worker.excerpts import Excerpt
from worker.pipeline.verify import THRESHOLD, Verifier

PAIRS = Path(__file__).with_name("support.jsonl")
GRID = [number / 100 for number in range(5, 96)]
Row = tuple[str, float, int, str]
"""passage, support, label, kind"""


def main() -> None:
    """Prints the figures."""
    rows = scored()
    figures = {
        "pairs": len(rows),
        "threshold_fitted": best_threshold(rows),
        "threshold_in_use": THRESHOLD,
        "accuracy_left_out": round(left_out(rows), 3),
        "accuracy": round(accuracy(rows, THRESHOLD), 3),
        "supported_kept": round(share(rows, 1), 3),
        "unsupported_dropped": round(1 - share(rows, 0), 3),
        "dropped": {
            kind: round(1 - share([row for row in rows if row[3] == kind], 0), 3)
            for kind in sorted({row[3] for row in rows if not row[2]})
        },
    }
    if "--json" in sys.argv:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:22} {value}")


def scored() -> list[Row]:
    """The support of each pair, by the embedded default embedder."""
    embedder = open_embedder(EmbedderSettings())

    def similarity(text: str, others: Sequence[str]) -> Sequence[float]:
        vectors = embedder.embed([text, *others])
        return [float(value) for value in vectors[1:] @ vectors[0]]

    rows = []
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        excerpt = Excerpt(number=1, title="", text=pair["passage"])
        support = Verifier("", [excerpt], similarity).support(1, pair["sentence"])
        rows.append((pair["passage"], support, pair["label"], pair["kind"]))
    return rows


def accuracy(rows: Sequence[Row], threshold: float) -> float:
    """Share of pairs judged right at a threshold."""
    return sum((support >= threshold) == bool(label) for _, support, label, _ in rows) / len(rows)


def best_threshold(rows: Sequence[Row]) -> float:
    """The middle of the thresholds with the highest accuracy."""
    best = max(accuracy(rows, threshold) for threshold in GRID)
    good = [threshold for threshold in GRID if accuracy(rows, threshold) == best]
    return good[len(good) // 2]


def left_out(rows: Sequence[Row]) -> float:
    """Accuracy with the threshold fitted on the other passages' pairs."""
    right = 0.0
    passages = {passage for passage, _, _, _ in rows}
    for passage in passages:
        threshold = best_threshold([row for row in rows if row[0] != passage])
        own = [row for row in rows if row[0] == passage]
        right += accuracy(own, threshold) * len(own)
    return right / len(rows)


def share(rows: Sequence[Row], label: int) -> float:
    """Share of the pairs with this label that verification keeps."""
    kept = [support >= THRESHOLD for _, support, own, _ in rows if own == label]
    return sum(kept) / len(kept)


if __name__ == "__main__":
    main()
