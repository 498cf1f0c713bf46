"""How fast an index is built, built again unchanged, and after one document changed; and opened.

Sources: the documents of LMDeploy and MMPose (../shared/data/docs, not part of the project), or folders
given by name. Embedder: the embedded default.

    python -m bench.indexing [--json] [FOLDER ...]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import show
from bot import logs
from bot.config.settings import GateSettings, IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.search.versions import open_current

DOCUMENTS = Path("../shared/data/docs")
DEFAULT = (DOCUMENTS / "lmdeploy", DOCUMENTS / "mmpose")
_KEPT = (
    "documents", "chunks", "embedded", "reused", "seconds", "read_seconds", "embed_seconds", "index_seconds",
    "documents_per_second", "chunks_per_second",
)  # fmt: skip


def measure(folders: list[Path], workplace: Path) -> dict[str, Any]:
    """All figures; the folders are copied to `workplace` first, because one document is changed."""
    copies = [Path(shutil.copytree(folder, workplace / folder.name)) for folder in folders]
    sources = tuple(SourceSettings(path=copy) for copy in copies)
    index = IndexSettings(dir=workplace / "index", sources=sources, gate=GateSettings(questions=()))
    settings = Settings(index=index)
    fresh = build(settings)
    unchanged = build(settings)
    page = next(iter(sorted(copies[0].rglob("*.md"))))
    page.write_text(page.read_text("utf-8") + "\n## Added\n\nA sentence that was not there.\n", "utf-8")
    changed = build(settings)
    started = time.perf_counter()
    searcher = open_current(settings)
    opened = time.perf_counter() - started
    steps = {"fresh": fresh, "unchanged": unchanged, "one_changed": changed}
    figures = {name: {key: _rounded(step.to_json()[key]) for key in _KEPT} for name, step in steps.items()}
    return {**figures, "open_seconds": round(opened, 2), "found": bool(searcher.search("not there", 1))}


def _rounded(value: float) -> float:
    return round(value, 3)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("folders", nargs="*", type=Path, default=DEFAULT)
    arguments = parser.parse_args()
    logs.configure("bench")
    missing = [str(folder) for folder in arguments.folders if not folder.is_dir()]
    if missing:
        raise SystemExit(f"needs {', '.join(missing)}, which is not part of the project")
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(list(arguments.folders), Path(temporary))
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
