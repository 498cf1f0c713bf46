"""How fast a large index is searched, how well FAISS finds, and how much memory it takes.

Whole hybrid searches without embedding, one at a time and eight at once, at ten thousand, a hundred thousand
and a million chunks: real documents (../shared/data/retrieval, not part of the project) varied, with vectors
made of theirs. Each index is made in a process of its own and measured in another that does nothing else.
The top level holds the figures at the largest size, `sizes` those of each.

dense_ratio: the dense half (what FAISS finds among texts, headings and titles, then the cosines of all of it)
over FAISS's own search of the same vectors for as many; recall_at_10: of the ten nearest texts by comparing
all, those among the first ten of what FAISS found, ranked by their vectors; rss_gib: of a fresh process that
has only opened the index; rss_searched_gib: after all its searches, with the pages of mapped files that they
touched, which the system takes back when it needs them; search_cpu_ms: processor time of one search.

`milvus` holds the same through milvus-lite's server, at the size that --milvus says (0: not at all).

    python -m bench.search [--json] [--sizes N ...] [--milvus N] [--folder KEEP_INDEXES_HERE]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench import show
from bench.searching.corpus import DATA, read_corpus, real, varied, write_corpus
from bench.searching.measure import recalled, resident_gib
from bench.searching.milvus import can_run, through_milvus
from bot import logs
from bot.config.settings import EmbedderSettings
from index.search.dense import Dense
from index.search.embed import open_embedder
from index.search.storage import Manifest, make, write

SIZES = (10_000, 100_000, 1_000_000)
TOP = ("dense_ratio", "rss_gib", "recall_at_10", "search_p50_ms", "load_seconds")


def make_version(count: int, folder: Path, place: Path) -> dict[str, Any]:
    """Makes the index of `count` chunks at `place`; `folder` keeps the embeddings of the real ones."""
    embedder = open_embedder(EmbedderSettings(engine="embedded"))
    own = real(folder, embedder)
    (place / "making").mkdir(parents=True)
    np.save(place / "questions.npy", own.question_vectors)
    (place / "questions.json").write_text(json.dumps(own.questions), "utf-8")
    write_corpus(own, count, place)
    before, started = resident_gib(), time.perf_counter()
    texts, strings, rows = read_corpus(place)
    dense = Dense.build(texts, strings, rows, place / "making")
    vectors_done = time.perf_counter()
    manifest = Manifest(f"made-{count}", time.time(), embedder.name, 0, count, {}, {})
    version = write(make(place / "making", manifest, (one for one, _, _ in varied(own, count)), dense), place)
    ended = time.perf_counter()
    return {
        "build_vectors_seconds": round(vectors_done - started, 1),
        "build_words_seconds": round(ended - vectors_done, 1),
        "build_rss_gib": resident_gib("VmHWM"),
        "build_rss_before_gib": before,
        "disk_gib": round(sum(file.stat().st_size for file in version.iterdir()) / 2**30, 2),
    }


def of_size(count: int, folder: Path) -> dict[str, Any]:
    """Figures of one size, each step in a process of its own."""
    place = folder / f"made-{count}"
    version = place / f"made-{count}"
    facts = folder / f"made-{count}.json"
    if not version.is_dir() or not facts.is_file():
        shutil.rmtree(place, ignore_errors=True)
        facts.write_text(_in_process(__spec__.name, "--make", str(count), "--folder", str(folder)), "utf-8")
    built: dict[str, Any] = json.loads(facts.read_text("utf-8"))
    figures = json.loads(_in_process("bench.searching.measure", str(version), str(place)))
    return {**figures, **recalled(version, read_corpus(place)[0], np.load(place / "questions.npy")), **built}


def _in_process(module: str, *arguments: str) -> str:
    """The last line that a module prints in a fresh process."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip().splitlines()[-1]


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--milvus", type=int, default=100_000)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logs.configure("bench")
    if not DATA.is_dir():
        raise SystemExit(f"needs {DATA}, which is not part of the project")
    if arguments.make:
        place = arguments.folder / f"made-{arguments.make}"
        print(json.dumps(make_version(arguments.make, arguments.folder, place)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        sizes = [of_size(count, folder) for count in sorted(arguments.sizes)]
        figures = {**{name: sizes[-1][name] for name in TOP}, "sizes": sizes}
        if arguments.milvus in arguments.sizes and can_run():
            place = folder / f"made-{arguments.milvus}"
            questions = json.loads((place / "questions.json").read_text("utf-8"))
            own = np.load(place / "questions.npy"), read_corpus(place)[0]
            figures["milvus"] = through_milvus(place / place.name, questions, *own)
    show(figures, as_json=arguments.json)


if __name__ == "__main__":
    main()
