"""The embedded model embeds a text once in each process of the tests, and in all that such a process forks.

Many stories build the same few pages and ask the same questions of them, and each build looks up the words of
the gate's own questions. Nothing but the text decides its vector.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.search.embed import Vectors

LONGEST, MOST = 2_000, 30_000
"""Characters of a text that is remembered, and texts: 2 KB each."""
_known: dict[str, Vectors] = {}


def remember() -> None:
    """From now on this process remembers what the embedded model embeds."""
    import numpy as np

    from index.search.embed import EmbeddedEmbedder

    embed = EmbeddedEmbedder.embed

    def remembered(self: EmbeddedEmbedder, texts: list[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in _known]
        if len(new) == len(texts):
            rows = embed(self, texts)
        else:
            found = dict(zip(new, embed(self, new), strict=True))
            rows = np.array([found[text] if text in found else _known[text] for text in texts], np.float32)
        if len(_known) < MOST:
            kept = zip(texts, rows, strict=True)
            _known.update((text, row.copy()) for text, row in kept if len(text) <= LONGEST)
        return rows

    EmbeddedEmbedder.embed = remembered  # type: ignore[method-assign]


@cache
def load_models() -> None:
    """What a worker or a build reads or embeds once in its life, whatever its index is."""
    from index.gate.reference import _vectors, foreign_questions
    from index.search.embed import EmbeddedEmbedder
    from index.text.general_words import open_general_words
    from index.text.terms import spellings

    embedder = EmbeddedEmbedder()
    _vectors(embedder)
    embedder.embed(sorted({word for text in foreign_questions() for _, word in spellings(text)}))
    open_general_words()
