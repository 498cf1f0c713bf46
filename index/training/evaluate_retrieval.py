"""Retrieval on labelled queries: is a right file among the first k? Recall and MRR, whole and by type.

The files are those of the ranking that answers are made of: copies of one page in two languages count as
one source there, so they take one place here.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.config.progress import counted
from bot.config.settings import Settings
from bot.errors import ConfigError
from index.search.fusion import Scores, Weights
from index.search.searcher import PASSAGES_PER_PAGE, Lookup, Searcher
from index.search.versions import open_current
from index.training.labels import json_lines, json_row

FIELDS = ("id", "query", "relevant", "type")
"""Of a row; a file may hold further ones for other tools."""
DEPTH = 20
"""Files looked at for the MRR; a right file further down counts as not found."""
Ranking = Callable[[Searcher, Lookup], list[str]]


@dataclass(frozen=True)
class Query:
    """A question and the files that answer it, relative to their source's root."""

    text: str
    relevant: frozenset[str]
    type: str


def read_queries(file: Path, types: Iterable[str] = ()) -> list[Query]:
    """Rows {"id", "query", "relevant": [path, ...], "type"?}, all or of some types. Raises ConfigError."""
    wanted = set(types)
    queries: list[Query] = []
    for place, line in json_lines(file, "query, relevant"):
        row = json_row(line, place, FIELDS)
        if not isinstance(row.get("query"), str):
            raise ConfigError(f"{place}: query: must be the question, a text")
        relevant = row.get("relevant")
        if not isinstance(relevant, list) or not all(isinstance(one, str) for one in relevant):
            raise ConfigError(f'{place}: relevant: needs a list of paths, such as ["login.md"]')
        queries.append(Query(row["query"], frozenset(relevant), str(row.get("type", "all"))))
    return [query for query in queries if not wanted or query.type in wanted]


def evaluate(searcher: Searcher, queries: list[Query], ranking: Ranking) -> dict[str, Any]:
    """{"recall@1", "recall@5", "recall@10", "mrr", "n", "by_type"}, shares of 1."""
    vectors = searcher.embedder.embed([query.text for query in queries])
    ranks: dict[str, list[int]] = defaultdict(list)
    for query, vector in counted(zip(queries, vectors, strict=True), "searching", len(queries)):
        files = ranking(searcher, searcher.look_up(query.text, vector))
        rank = next((number for number, file in enumerate(files, 1) if file in query.relevant), 0)
        ranks[query.type].append(rank)
    whole = [rank for group in ranks.values() for rank in group]
    return {**_measures(whole), "by_type": {name: _measures(group) for name, group in sorted(ranks.items())}}


def _measures(ranks: list[int]) -> dict[str, float]:
    """`ranks`: of the first right file, from 1; 0 where there is none."""
    found = np.array(ranks or [0], dtype=np.float64)
    recalls = {f"recall@{k}": round(float(np.mean((found > 0) & (found <= k))), 4) for k in (1, 5, 10)}
    reciprocal = np.divide(1.0, found, out=np.zeros_like(found), where=found > 0)
    return {**recalls, "mrr": round(float(reciprocal.mean()), 4), "n": len(ranks)}


def by_search(searcher: Searcher, lookup: Lookup) -> list[str]:
    """Files in the order `Searcher.search` gives, reranked where a reranker is configured."""
    passages = searcher.search(lookup.query, DEPTH * PASSAGES_PER_PAGE, lookup)
    return list(dict.fromkeys(passage.chunk.path for passage in passages))[:DEPTH]


def by_weights(weights: Weights) -> Ranking:
    """Files ranked by other weights, without a reranker."""

    def ranking(searcher: Searcher, lookup: Lookup) -> list[str]:
        scores: Scores = searcher.fuse(lookup, weights)
        rows = searcher.rank(lookup, scores, DEPTH * PASSAGES_PER_PAGE)
        return list(dict.fromkeys(searcher.chunks[row].path for row in rows))[:DEPTH]

    return ranking


def ablation(searcher: Searcher, queries: list[Query]) -> dict[str, dict[str, Any]]:
    """The measures of each half, of both fused and, where a reranker is configured, of its ranking."""
    weights = Weights()
    rankings = {
        "dense only": by_weights(weights.dense_only()),
        "lexical only": by_weights(weights.lexical_only()),
        "fused": by_weights(weights),
    }
    if searcher.reranks:
        rankings["fused + rerank"] = by_search
    return {name: evaluate(searcher, queries, ranking) for name, ranking in rankings.items()}


def command(
    settings: Settings,
    file: Path,
    *,
    ablate: bool = False,
    as_json: bool = False,
    types: tuple[str, ...] = (),
) -> None:
    """Prints the measures of the current index."""
    queries = read_queries(file, types)
    searcher = open_current(settings)
    started = time.perf_counter()
    result = evaluate(searcher, queries, by_search)
    result["milliseconds_per_query"] = round((time.perf_counter() - started) * 1000 / max(len(queries), 1), 2)
    result["version"] = searcher.version
    if ablate:
        result["ablation"] = ablation(searcher, queries)
    print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else table(result))  # noqa: T201


def table(result: dict[str, Any]) -> str:
    """The measures as text, a line for each type and each part of the ablation."""
    lines = [f"{'':28}  n     @1     @5     @10    mrr"]
    for name, measures in {"search": result, **result.get("ablation", {})}.items():
        whole = {"all": measures} if "n" in measures else {}
        for kind, row in {**whole, **measures["by_type"]}.items():
            figures = "  ".join(f"{row[key]:.3f}" for key in ("recall@1", "recall@5", "recall@10", "mrr"))
            lines.append(f"{name + ' ' + kind:28}  {row['n']:<4}  {figures}")
    return "\n".join(lines)
