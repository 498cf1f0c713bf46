"""Questions put together by what they mean, in whatever language and words, by the index's own embedder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bot.config.settings import Settings
from bot.errors import FennelError
from bot.report import Grouping, Unanswered, alike
from index.search.embed import Embedder, open_embedder

CLOSE = 0.55
"""Cosine with the middle of a group from which on a question belongs to it.

With the embedder in the package, unlike questions of a group chat lie below 0.4, the same in other words
above 0.8, and in the other language around 0.6.
"""
_MOST = 2000
"""Questions that are compared; what comes after is left out."""


def grouping(settings: Settings) -> Grouping:
    """By meaning where the embedder of the settings can be had, else by words."""
    try:
        embedder = open_embedder(settings.index.embedder)
    except FennelError:
        return alike
    return lambda questions: by_meaning(questions, embedder)


def by_meaning(questions: Sequence[str], embedder: Embedder) -> list[Unanswered]:
    """The groups, the largest first, each with the question nearest to its middle as its example."""
    asked = [" ".join(question.split()) for question in questions if question.strip()][:_MOST]
    if not asked:
        return []
    counts = Counter(asked)
    distinct = list(counts)
    vectors = embedder.embed(distinct)
    members: list[list[int]] = []
    middles = np.zeros((0, vectors.shape[1]), dtype=np.float32)
    for row, vector in enumerate(vectors):
        likely = middles @ vector if len(members) else np.zeros(0)
        nearest = int(likely.argmax()) if len(likely) else -1
        if nearest < 0 or likely[nearest] < CLOSE:
            members.append([row])
            middles = np.vstack([middles, vector[None]])
            continue
        members[nearest].append(row)
        middle = vectors[members[nearest]].mean(axis=0)
        middles[nearest] = middle / max(float(np.linalg.norm(middle)), 1e-9)
    groups = []
    for rows, middle in zip(members, middles, strict=True):
        example = max(rows, key=lambda row: float(vectors[row] @ middle))
        groups.append(Unanswered(distinct[example], sum(counts[distinct[row]] for row in rows)))
    return sorted(groups, key=lambda group: -group.count)
