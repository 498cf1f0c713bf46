"""python -m bench.conversations: do follow-ups lead to the page that the full question leads to?

bench/conversations.jsonl holds conversations of two and three turns over ../shared/data (nine projects, TiDB
in Chinese, a company handbook in English; not part of this repository), the last turn written out in full
and the pages that answer it; `switch` rows change the subject hard, `thanks` rows need no answer. The eight
rows of ../shared/data/domains/followups.jsonl are the set `given`. Measured without a model: the last turn as
it is `said`, with the turns before it in front (`joined`), as the bot understands it (`understood`: what it
searches; `shown`: what its card says), and written out (`full`).

    python -m bench.conversations [--folder KEEP_INDEXES_HERE] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from bot import logs
from bot.config.settings import GateSettings, IndexSettings, LLMSettings, Settings, SourceSettings
from index.build.build import build
from index.gate.gate import open_gate
from index.search.searcher import Searcher
from index.search.versions import open_current
from worker.conversation.follow_up import Earlier, Relation, Standalone, standalone
from worker.conversation.known import Known
from worker.conversation.small_words import Small, small_word, without_thanks

ROWS = Path(__file__).with_suffix(".jsonl")
DATA = Path("../shared/data")
DOMAINS = ("tidb-zh", "handbook-en")
PLACES = {
    "docs": DATA / "docs",
    "tidb-zh": DATA / "domains/tidb-zh",
    "handbook-en": DATA / "domains/handbook-en",
}
TOP = 5


class Corpus:
    """One set's documents, indexed."""

    def __init__(self, name: str, folder: Path) -> None:
        self.by_source = name == "docs"
        place = PLACES[name]
        roots = sorted(one for one in place.iterdir() if one.is_dir()) if self.by_source else [place]
        index = IndexSettings(
            dir=folder / name,
            sources=tuple(SourceSettings(path=root, name=root.name) for root in roots),
            gate=GateSettings(questions=()),
        )
        settings = Settings(index=index, llm=LLMSettings(engine="extractive"))
        build(settings)
        self.searcher: Searcher = open_current(settings)
        self.known = Known(self.searcher, open_gate(settings, self.searcher))

    def pages(self, query: str) -> list[str]:
        """The first five files for a question."""
        found: dict[str, None] = {}
        for passage in self.searcher.search(query, 8 * TOP):
            chunk = passage.chunk
            found[f"{chunk.source}/{chunk.path}" if self.by_source else chunk.path] = None
        return list(found)[:TOP]

    def understood(self, turns: list[str]) -> Standalone:
        """The last turn as the bot understands it."""
        earlier: list[Earlier] = []
        for turn in turns:
            found = standalone(without_thanks(turn), earlier, self.known)
            earlier.append(Earlier(without_thanks(turn), found.text, found.search))
        return found


def rows() -> list[dict[str, Any]]:
    """The conversations of this file and those that were given."""
    found = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    given = DATA / "domains/followups.jsonl"
    for line in given.read_text("utf-8").splitlines() if given.is_file() else ():
        row = json.loads(line)
        name = "tidb-zh" if row["lang"] == "zh" else "handbook-en"
        found.append({**row, "set": name, "kind": "given", "turns": [row["turn1"], row["turn2"]]})
    return found


def measure(folder: Path) -> dict[str, Any]:
    """All figures."""
    corpora = {name: Corpus(name, folder) for name, place in PLACES.items() if place.is_dir()}
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows():
        if row["kind"] == "thanks":
            counts["thanks"]["n"] += 1
            counts["thanks"]["answered"] += small_word(row["turns"][-1]) is not Small.THANKS
        elif row["set"] in corpora:
            _count(counts[row["kind"]], row, corpora[row["set"]])
    return {
        "recall@5": {kind: _shares(of) for kind, of in counts.items() if kind != "thanks"},
        "follow_ups": _shares(_sum(counts, ("follow_up", "correction", "given"))),
        "thanks_answered": counts["thanks"]["answered"],
        "switches_dragged_back": counts["switch"]["dragged_back"],
    }


def _count(of: dict[str, int], row: dict[str, Any], corpus: Corpus) -> None:
    turns = row["turns"]
    understood = corpus.understood(turns)
    queries = {
        "said": turns[-1],
        "joined": " ".join(turns),
        "shown": understood.text,
        "understood": understood.searched,
        "full": row["full"],
    }
    of["n"] += 1
    for name, query in queries.items():
        pages = corpus.pages(query)
        of[name] += any(page in row["relevant"] for page in pages)
        of[f"{name}@1"] += pages[:1] != [] and pages[0] in row["relevant"]
    if row["kind"] == "switch":
        of["dragged_back"] += understood.relation is not Relation.ALONE


def _sum(counts: dict[str, dict[str, int]], kinds: tuple[str, ...]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for kind in kinds:
        for name, value in counts[kind].items():
            total[name] += value
    return total


def _shares(of: dict[str, int]) -> dict[str, float]:
    n = of["n"]
    shares = {name: round(value / n, 3) for name, value in of.items() if name not in ("n", "dragged_back")}
    return {"n": n, **shares}


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logs.configure("bench")
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(options.folder or Path(scratch))
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in {**figures.pop("recall@5"), **figures}.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
