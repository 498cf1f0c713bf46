"""One index opened in a fresh process and searched: how long it takes, how much memory it is."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from index.search.dense import STRINGS, TEXTS
from index.search.embed import Vectors
from index.search.searcher import Searcher
from index.search.storage import read
from index.search.store.vectors import exact_nearest

SEARCHES, AT_ONCE = 200, 8
EQUAL = 1e-5
"""Texts whose cosines differ by less are equally near: the same text stands on several pages."""
K = 8
"""Passages a search gives."""


class NoEmbedder:
    """Vectors are given with the questions."""

    name = "given"

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions

    def embed(self, texts: list[str]) -> Vectors:
        raise AssertionError("every question has its vector")


def resident_gib(field: str = "VmRSS") -> float:
    """Memory of this process that is in memory, GiB; VmHWM: the most it was."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
    return round(kilobytes / 2**20, 3)


def measured(version: Path, questions: list[str], vectors: Vectors) -> dict[str, Any]:
    """All figures of one version."""
    started = time.perf_counter()
    searcher = Searcher(read(version), NoEmbedder(vectors.shape[1]))
    loaded = time.perf_counter() - started
    asked = [(questions[place], vectors[place]) for place in range(len(questions))][:SEARCHES]
    search = searching(searcher)
    figures: dict[str, Any] = {
        "chunks": len(searcher.chunks),
        "strings": len(searcher.dense.strings),
        "load_seconds": round(loaded, 3),
        "rss_gib": resident_gib(),
        "faiss": searcher.dense.facts,
    }
    for one in asked:  # what a question touches is read from the disk once
        search(one)
    before = time.process_time()
    for one in asked:
        search(one)
    figures["search_cpu_ms"] = round(1000 * (time.process_time() - before) / len(asked), 2)
    figures |= percentiles("search", timed(search, asked))
    figures |= percentiles("search_8", timed(search, asked, AT_ONCE))
    figures |= _dense(searcher, [vector for _, vector in asked])
    figures["candidates"] = float(np.mean([len(searcher.look_up(*one).rows) for one in asked[:50]]))
    figures["rss_searched_gib"] = resident_gib()
    return figures


def searching(searcher: Searcher) -> Callable[[tuple[str, Vectors]], None]:
    """One whole search for a question and its vector."""

    def search(question: tuple[str, Vectors]) -> None:
        searcher.search(question[0], K, searcher.look_up(*question))

    return search


def timed(act: Callable[[Any], object], items: list[Any], threads: int = 1) -> list[float]:
    """Seconds of each call, from `threads` threads at once."""
    seconds: list[float] = []

    def run(own: list[Any]) -> None:
        for item in own:
            started = time.perf_counter()
            act(item)
            seconds.append(time.perf_counter() - started)

    running = [threading.Thread(target=run, args=(items[number::threads],)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return seconds


def percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    """The median and the 99th percentile, ms."""
    return {
        f"{name}_p50_ms": round(1000 * float(np.percentile(seconds, 50)), 2),
        f"{name}_p99_ms": round(1000 * float(np.percentile(seconds, 99)), 2),
    }


def _dense(searcher: Searcher, vectors: list[Vectors]) -> dict[str, float]:
    """The dense half (candidates and their cosines) beside FAISS's own search of the same vectors."""
    dense = searcher.dense

    def half(vector: Vectors) -> None:
        dense.scores(vector, dense.best(vector))

    def raw(vector: Vectors) -> None:
        dense.texts.nearest(vector, TEXTS)
        dense.strings.nearest(vector, STRINGS)

    seconds = {"dense": [], "raw_faiss": []}  # type: dict[str, list[float]]
    for _ in range(3):  # in turns: the machine is shared
        seconds["dense"] += timed(half, vectors)
        seconds["raw_faiss"] += timed(raw, vectors)
    p50 = {name: float(np.percentile(own, 50)) for name, own in seconds.items()}
    return {
        "dense_ms": round(1000 * p50["dense"], 2),
        "raw_faiss_ms": round(1000 * p50["raw_faiss"], 2),
        "dense_ratio": round(p50["dense"] / p50["raw_faiss"], 3),
    }


def recalled(version: Path, exact: Any, vectors: Vectors) -> dict[str, float]:
    """recall@10 of FAISS against comparing all of `exact`: of what it ranks first, and of what is found."""
    searcher = Searcher(read(version), NoEmbedder(vectors.shape[1]))
    texts, asked = searcher.dense.texts, vectors[:SEARCHES]
    right = exact_nearest(exact, asked, 10)
    ranked, alone = [], []
    for vector, nearest in zip(asked, right, strict=True):
        least = float((exact[nearest] @ vector).min()) - EQUAL
        found = texts.nearest(vector, TEXTS)
        first = found[np.argsort(-texts.scores(vector, found), kind="stable")[:10]]
        ranked.append(float(np.mean(exact[first] @ vector >= least)))
        alone.append(float(np.mean(exact[texts.nearest(vector, 10)] @ vector >= least)))
    return {
        "recall_at_10": round(float(np.mean(ranked)), 4),
        "recall_at_10_of_faiss_alone": round(float(np.mean(alone)), 4),
    }


def main() -> None:
    """Measures the version in the first argument with the questions beside it, in this process alone."""
    version, questions = Path(sys.argv[1]), Path(sys.argv[2])
    asked = json.loads((questions / "questions.json").read_text("utf-8"))
    print(json.dumps(measured(version, asked, np.load(questions / "questions.npy"))))


if __name__ == "__main__":
    main()
