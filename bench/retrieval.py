"""Does the search find the right page, and what does each part of it add?

Queries about nine projects' documents (../shared/data/retrieval, not part of the project): a FAQ's question,
a Chinese heading, a group message, an issue, each with the files that answer it. All but `xlang` search the
Chinese and English documents together; `xlang` asks Chinese questions of the English ones alone. One
configuration serves all.

    python -m bench.retrieval [--json] [--queries FILE] [--folder KEEP_INDEXES_HERE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from bot import logs
from bot.config.settings import GateSettings, IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.search.versions import open_current
from index.training.evaluate_retrieval import ablation, by_search, evaluate, read_queries, table

DATA = Path("../shared/data/retrieval")
INDEXES = {
    "both": (("corpus-zh", "corpus-en"), ("chat", "faq", "issue", "xhead")),
    "english": (("corpus-en",), ("xlang",)),
}
"""Sources and query types of each index."""


def measure(queries: Path, folder: Path) -> dict[str, Any]:
    """All figures; `folder` keeps the indexes, so that a second run embeds nothing."""
    by_type: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for name, (sources, types) in INDEXES.items():
        settings = Settings(
            index=IndexSettings(
                dir=folder / name,
                sources=tuple(SourceSettings(path=DATA / source) for source in sources),
                gate=GateSettings(questions=()),
            )
        )
        report = build(settings)
        searcher = open_current(settings)
        rows = read_queries(queries, types)
        started = time.perf_counter()
        found = evaluate(searcher, rows, by_search)
        milliseconds = (time.perf_counter() - started) * 1000 / max(len(rows), 1)
        by_type.update(found["by_type"])
        for part, measures in ablation(searcher, rows).items():
            parts.setdefault(part, {"by_type": {}})["by_type"].update(measures["by_type"])
        facts[name] = {
            "documents": report.documents,
            "chunks": report.chunks,
            "milliseconds_per_query": round(milliseconds, 1),
        }
    return {"by_type": by_type, "ablation": parts, "indexes": facts, "queries": queries.name}


def as_table(figures: dict[str, Any]) -> str:
    """The figures as text."""
    shown = {name: {"by_type": part["by_type"]} for name, part in figures["ablation"].items()}
    lines = table({"by_type": figures["by_type"], "ablation": shown})
    facts = [f"{name}: {json.dumps(fact)}" for name, fact in figures["indexes"].items()]
    return "\n".join([lines, *facts])


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--queries", type=Path, default=DATA / "dev-queries.jsonl")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    logs.configure("bench")
    if not arguments.queries.is_file():
        raise SystemExit(f"needs {arguments.queries}, which is not part of the project")
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(arguments.queries, arguments.folder or Path(temporary))
    print(json.dumps(figures, ensure_ascii=False) if arguments.json else as_table(figures))


if __name__ == "__main__":
    main()
