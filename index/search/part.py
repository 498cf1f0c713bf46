"""A part of a version of the index: the chunks of some sources, as a searcher of its own.

A group that is answered from some of the documents must neither find nor be judged by the others, so counts,
averages and neighbours are those of the part alone: it is indexed anew from the chunks and their vectors,
which takes no embedding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from bot.errors import IndexMissing
from index.search.lexical import Lexical
from index.search.searcher import Searcher
from index.search.storage import Snapshot


def part_of(searcher: Searcher, sources: Collection[str]) -> Searcher:
    """A searcher over the chunks of these sources. Raises IndexMissing when there are none."""
    rows = [number for number, chunk in enumerate(searcher.chunks) if chunk.source in sources]
    if not rows:
        raise IndexMissing(
            f"the index holds no document of {', '.join(sorted(sources)) or 'this collection'}"
        )
    chunks = [searcher.chunks[row] for row in rows]
    pages = {(chunk.source, chunk.path, chunk.language) for chunk in chunks}
    manifest = replace(
        searcher.statistics,
        documents=len({page[:2] for page in pages}),
        chunks=len(chunks),
        sources=dict(Counter(source for source, _ in {page[:2] for page in pages})),
        languages=dict(Counter(language for _, _, language in pages)),
    )
    dense = searcher.dense.part(np.array(rows, dtype=np.int64))
    snapshot = Snapshot(manifest, chunks, dense, Lexical.build(chunks))
    return Searcher(snapshot, searcher.embedder, searcher.reranker, searcher.weights)
