"""How fast an index is built whole, built again unchanged, and after one document in a hundred changed.

Sources: the documents of LMDeploy and MMPose (../shared/data/docs, not part of the project), or folders
given by name. Embedder: the embedded default; gate: fitted as in a fresh installation. Figures:

    ratio_to_embedder   chunks/s of the full build over those of the embedder alone, which embeds the same
                        texts in batches, in the same run: 1 is a build that costs nothing else, and more one
                        that embeds on several cores (`calls_at_once`), which the embedder alone does not
    incremental_ratio   seconds of the build after 1 % of the files changed over those of the full build
    ..._by_work         the same in processor seconds, which a busy machine does not change much; the
                        reading processes work beside the embedder and count in incremental_ratio_by_work
    unchanged_seconds   a build where nothing changed; unchanged_command_seconds: as a command, with its start

    python -m bench.index [--json] [--files N] [FOLDER ...]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import show
from bot import logs
from bot.config.settings import IndexSettings, Settings, SourceSettings
from index.build.build import build
from index.build.embedding_cache import BATCH
from index.search.embed import Embedder, calls_at_once, open_embedder
from index.search.lexical import heading_of, headings_of
from index.search.storage import read_chunks
from index.search.versions import Versions, open_current

DOCUMENTS = Path("../shared/data/docs")
DEFAULT = (DOCUMENTS / "lmdeploy", DOCUMENTS / "mmpose")
CHANGED = 0.01
_KEPT = (
    "documents", "chunks", "embedded", "reused", "read_seconds", "embed_seconds", "index_seconds",
    "gate_fitted",
)  # fmt: skip


def measure(folders: list[Path], workplace: Path, files: int = 0) -> dict[str, Any]:
    """All figures; the folders are copied to `workplace` first, because some documents are changed.

    `files`: at most so many of each folder; 0 for all.
    """
    copies = [_copied(folder, workplace / folder.name, files) for folder in folders]
    sources = tuple(SourceSettings(path=copy) for copy in copies)
    settings = Settings(index=IndexSettings(dir=workplace / "index", sources=sources))
    embedder = open_embedder(settings.index.embedder)
    embedder.embed(["warm"] * BATCH)
    alone, alone_work = _embedding_alone(settings, embedder, workplace)
    shutil.rmtree(settings.index.dir)
    full, full_seconds = _timed(settings, embedder)
    unchanged, unchanged_seconds = _timed(settings, embedder)
    command = _as_command(sources, settings.index.dir, workplace)
    changed = _change(copies)
    some, some_seconds = _timed(settings, embedder)
    started = time.perf_counter()
    searcher = open_current(settings, embedder)
    opened = time.perf_counter() - started
    return {
        "ratio_to_embedder": round(alone / full_seconds, 3),
        "incremental_ratio": round(some_seconds / full_seconds, 4),
        "ratio_to_embedder_by_work": round(alone_work / full["own_work_seconds"], 3),
        "incremental_ratio_by_work": round(some["work_seconds"] / full["work_seconds"], 4),
        "calls_at_once": calls_at_once(embedder),
        "unchanged_seconds": round(unchanged_seconds, 2),
        "unchanged_command_seconds": round(command, 2),
        "documents_per_second": round(full["documents"] / full_seconds, 1),
        "chunks_per_second": round(full["chunks"] / full_seconds, 1),
        "embedder_chunks_per_second": round(full["chunks"] / alone, 1),
        "full": {"seconds": round(full_seconds, 2), **full},
        "unchanged": {"seconds": round(unchanged_seconds, 2), **unchanged},
        "changed_files": changed,
        "changed": {"seconds": round(some_seconds, 2), **some},
        "open_seconds": round(opened, 2),
        "found": bool(searcher.search("a sentence that was not there", 1)),
    }


def _copied(folder: Path, place: Path, files: int) -> Path:
    shutil.copytree(folder, place)
    found = sorted(file for file in place.rglob("*") if file.is_file())
    for file in found[files:] if files else ():
        file.unlink()
    past = time.time() - 3600
    for file in place.rglob("*"):
        os.utime(file, (past, past))
    return place


def _timed(settings: Settings, embedder: Embedder) -> tuple[dict[str, Any], float]:
    started, before = time.perf_counter(), _work()
    report = build(settings, embedder=embedder, confirmed=True).to_json()
    seconds, after = time.perf_counter() - started, _work()
    own, others = after[0] - before[0], after[1] - before[1]
    work = {"own_work_seconds": round(own, 2), "work_seconds": round(own + others, 2)}
    return {**{key: round(report[key], 3) for key in _KEPT}, **work}, seconds


def _embedding_alone(settings: Settings, embedder: Embedder, workplace: Path) -> tuple[float, float]:
    """Seconds, by the clock and of work, that the embedder alone takes for the texts of a full build."""

    class Noting:
        name, dimensions = embedder.name, embedder.dimensions

        def __init__(self) -> None:
            self.texts: list[str] = []

        def embed(self, texts: list[str]) -> Any:
            self.texts += texts
            return embedder.embed(["x"]).repeat(len(texts), axis=0)

    noting = Noting()
    build(settings, embedder=noting, confirmed=True)
    chunks = read_chunks(settings.index.dir / "versions" / Versions(settings.index.dir).current())
    views = (text for one in chunks for text in (one.text, headings_of(one), heading_of(one), one.title))
    texts = list(dict.fromkeys(views))
    started, work = time.perf_counter(), _work()[0]
    for start in range(0, len(texts), BATCH):
        embedder.embed(texts[start : start + BATCH])
    return time.perf_counter() - started, _work()[0] - work


def _work() -> tuple[float, float]:
    """Processor seconds of this process so far, and of those that it started and that have ended."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime


def _as_command(sources: tuple[SourceSettings, ...], folder: Path, workplace: Path) -> float:
    """Seconds of `python -m index build`, from its start to its end."""
    config = workplace / "config.yaml"
    index = {"dir": str(folder), "sources": [{"path": str(source.path)} for source in sources]}
    config.write_text(json.dumps({"index": index}), "utf-8")
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "index", "build", "--json", "--config", str(config)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def _change(folders: list[Path]) -> int:
    """A sentence into one document in a hundred; how many."""
    pages = sorted(page for folder in folders for page in folder.rglob("*.md"))
    chosen = pages[:: round(1 / CHANGED)]
    for page in chosen:
        page.write_text(f"{page.read_text('utf-8')}\n## Added\n\nA sentence that was not there.\n", "utf-8")
    return len(chosen)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--files", type=int, default=0, help="at most so many of each folder")
    parser.add_argument("folders", nargs="*", type=Path, default=DEFAULT)
    arguments = parser.parse_args()
    logs.configure("bench")
    missing = [str(folder) for folder in arguments.folders if not folder.is_dir()]
    if missing:
        raise SystemExit(f"needs {', '.join(missing)}, which is not part of the project")
    with tempfile.TemporaryDirectory() as temporary:
        figures = measure(list(arguments.folders), Path(temporary), arguments.files)
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
