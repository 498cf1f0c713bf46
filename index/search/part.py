"""A part of a version of the index: the chunks of some sources, as a searcher of its own.

A group that is answered from some of the documents must neither find nor be judged by the others, so counts,
averages and neighbours are those of the part alone. It is taken out of the version's lists and vectors, which
takes neither embedding nor splitting words. Only which words mean the same is known of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot.errors import IndexMissing
from index.search.searcher import Searcher
from index.search.storage import make


def part_of(searcher: Searcher, sources: Collection[str]) -> Searcher:
    """A searcher over the chunks of these sources. Raises IndexMissing when there are none."""
    rows = np.array(
        [row for row, chunk in enumerate(searcher.chunks) if chunk.source in sources], dtype=np.int64
    )
    if not len(rows):
        raise IndexMissing(
            f"the index holds no document of {', '.join(sorted(sources)) or 'this collection'}"
        )
    pages = {(chunk.source, chunk.path, chunk.language) for chunk in map(searcher.chunks.__getitem__, rows)}
    manifest = replace(
        searcher.statistics,
        documents=len({page[:2] for page in pages}),
        chunks=len(rows),
        sources=dict(Counter(source for source, _ in {page[:2] for page in pages})),
        languages=dict(Counter(language for _, _, language in pages)),
    )
    with TemporaryDirectory() as place:  # what is mapped stays readable when its name is gone
        folder = Path(place)
        dense, lexical = searcher.dense.part(rows, folder), searcher.lexical.part(rows, folder)
        chunks = (searcher.chunks[row] for row in rows.tolist())
        snapshot = make(folder, manifest, chunks, dense, lexical=lexical, like=searcher.words)
    return Searcher(snapshot, searcher.embedder, searcher.reranker, searcher.weights)
