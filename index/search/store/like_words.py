"""Words of the documents that mean what a stranger's words mean.

Told by the embedder: a build embeds the words of the documents, and those nearest to a word of the question
stand for it where a page is read, in either language (kids: children; 摘掉: 摘除). There is no list to keep.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from index.search.embed import Embedder, Vectors
from index.text.split import Chunk
from index.text.terms import spellings

Scores = npt.NDArray[np.float32]
VOCABULARY = 12_000
"""Words of the documents that are embedded, those of the most chunks."""
SAMPLE = 40_000
"""Chunks that are looked at for them, evenly over the documents: more know no other words."""
REMEMBERED = 4096
"""Words of questions whose like words are remembered: a group asks with the same ones."""
NEAREST = 12
"""Words that may stand for one of a question."""
FROM, TO, SURE = 0.4, 1.1, 0.7
"""From the first nearness on a word stands for another, as much as it lies towards the second, at most SURE.

Nearness is how far the cosine lies above the mean of all words, as a share of what lies above it: so it means
the same with every embedder."""


class LikeWords:
    """The words of the documents with their vectors."""

    def __init__(self, terms: Sequence[str], vectors: Vectors) -> None:
        """`vectors` (terms, d) of length 1."""
        self.terms = tuple(terms)
        self.vectors = np.asarray(vectors, dtype=np.float16)
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, str], dict[str, float]] = OrderedDict()

    def near(self, question: str, embedder: Embedder) -> dict[str, dict[str, float]]:
        """For each word of a question the terms that stand for it, each with how much, 0 to SURE."""
        own = dict(spellings(question))
        if not own or len(self.terms) < 2:
            return {}
        with self._lock:
            known = {
                term: self._found[term, word] for term, word in own.items() if (term, word) in self._found
            }
            for term in known:
                self._found.move_to_end((term, own[term]))
        new = {term: word for term, word in own.items() if term not in known}
        known |= self._look(new, embedder) if new else {}
        with self._lock:
            self._found.update(((term, word), known[term]) for term, word in new.items())
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        return {term: known[term] for term in own}

    def _look(self, own: dict[str, str], embedder: Embedder) -> dict[str, dict[str, float]]:
        cosines = embedder.embed(list(own.values())) @ self.vectors.astype(np.float32).T
        mean = cosines.mean(1, keepdims=True)
        nearness = (cosines - mean) / np.maximum(1 - mean, 1e-3)
        worth = np.clip((nearness - FROM) / (TO - FROM), 0, SURE)
        return {term: self._best(term, row) for term, row in zip(own, worth, strict=True)}

    def _best(self, term: str, worth: Scores) -> dict[str, float]:
        best = np.argsort(-worth, kind="stable")[:NEAREST]
        return {
            self.terms[row]: float(worth[row]) for row in best if worth[row] > 0 and self.terms[row] != term
        }

    def save(self, folder: Path) -> None:
        """Writes two files into a folder that exists."""
        np.save(folder / "like.npy", self.vectors)
        (folder / "like.txt").write_text("\n".join(self.terms), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote; none for a version of an older release."""
        if not (folder / "like.npy").is_file():
            return cls((), np.empty((0, 1), dtype=np.float32))
        names = (folder / "like.txt").read_text("utf-8").split("\n")
        return cls(names, np.load(folder / "like.npy"))


NO_WORDS = LikeWords((), np.empty((0, 1), dtype=np.float32))


def vocabulary(chunks: Sequence[Chunk]) -> dict[str, str]:
    """Term -> how it is mostly written, of the words that are in the most chunks."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in range(0, len(chunks), max(1, -(-len(chunks) // SAMPLE))):
        chunk = chunks[row]
        pairs.update(set(spellings(f"{' '.join(chunk.heading_path)} {chunk.text}")))
    count: Counter[str] = Counter()
    written: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (term, word), often in pairs.items():
        count[term] += often
        written[term].append((often, word))
    best = sorted(count, key=lambda term: (-count[term], term))[:VOCABULARY]
    return {term: max(written[term])[1] for term in best}
