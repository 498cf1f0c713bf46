"""Words of the documents that mean what a stranger's words mean.

Told by the embedder: a build embeds the words of the documents, and those nearest to a word of the question
stand for it where a page is read, in either language (kids: children; 摘掉: 摘除). There is no list to keep.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from index.search.embed import Embedder, Vectors
from index.search.store.arrays import Rows, keep, mapped
from index.search.store.chunks import ChunkFile
from index.search.store.stayed import Marks, Stayed
from index.text.split import Chunk
from index.text.terms import spellings

Scores = npt.NDArray[np.float32]
VOCABULARY = 12_000
"""Words of the documents that are embedded, those of the most chunks."""
SAMPLE = 40_000
"""Chunks that are looked at for them, about so many of all: more know no other words."""
REMEMBERED = 4096
"""Words of questions whose like words are remembered: a group asks with the same ones."""
TOGETHER = 256
"""Words compared with all others at once: of VOCABULARY words that takes 12 MB."""
NEAREST = 12
"""Words that may stand for one of a question."""
FROM, TO, SURE = 0.4, 1.1, 0.7
"""From the first nearness on a word stands for another, as much as it lies towards the second, at most SURE.

Nearness is how far the cosine lies above the mean of all words, as a share of what lies above it: so it means
the same with every embedder."""
_PAIRS, _OFTEN = "spellings.txt", "spellings_often"


class LikeWords:
    """The words of the documents with their vectors."""

    def __init__(self, terms: Sequence[str], vectors: Vectors) -> None:
        """`vectors` (terms, d) of length 1."""
        self.terms = tuple(terms)
        self.vectors = np.asarray(vectors, dtype=np.float16).astype(np.float32)
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
        if new:
            rows = self._rows(list(new.items()), embedder)
            known |= dict(zip(new, rows, strict=True))
            self._remember(dict(zip(new.items(), rows, strict=True)))
        return {term: known[term] for term in own}

    def ahead(self, questions: Iterable[str], embedder: Embedder) -> None:
        """Looks up the words of questions that are going to be asked: together they cost a quarter."""
        words = sorted({pair for question in questions for pair in dict(spellings(question)).items()})
        with self._lock:
            words = [pair for pair in words if pair not in self._found][:REMEMBERED]
        for start in range(0, len(words) if len(self.terms) >= 2 else 0, TOGETHER):
            some = words[start : start + TOGETHER]
            self._remember(dict(zip(some, self._rows(some, embedder), strict=True)))

    def _remember(self, found: Mapping[tuple[str, str], dict[str, float]]) -> None:
        with self._lock:
            self._found.update(found)
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)

    def _rows(self, words: Sequence[tuple[str, str]], embedder: Embedder) -> list[dict[str, float]]:
        cosines = embedder.embed([word for _, word in words]) @ self.vectors.T
        mean = cosines.mean(1, keepdims=True)
        nearness = (cosines - mean) / np.maximum(1 - mean, 1e-3)
        worth = np.clip((nearness - FROM) / (TO - FROM), 0, SURE)
        return [self._best(term, row) for (term, _), row in zip(words, worth, strict=True)]

    def _best(self, term: str, worth: Scores) -> dict[str, float]:
        like = np.flatnonzero(worth > 0)
        best = like[np.argsort(-worth[like], kind="stable")[:NEAREST]]
        return {self.terms[row]: float(worth[row]) for row in best if self.terms[row] != term}

    def save(self, folder: Path) -> None:
        """Writes two files into a folder that exists."""
        np.save(folder / "like.npy", self.vectors.astype(np.float16))
        (folder / "like.txt").write_text("\n".join(self.terms), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote; none for a version of an older release."""
        if not (folder / "like.npy").is_file():
            return cls((), np.empty((0, 1), dtype=np.float32))
        names = (folder / "like.txt").read_text("utf-8").split("\n")
        return cls(names, np.load(folder / "like.npy"))


NO_WORDS = LikeWords((), np.empty((0, 1), dtype=np.float32))


class Spellings:
    """How the documents write their words: in how many chunks each term stands in each spelling.

    Counted over all chunks, or over a SAMPLE of them that their marks choose: so it stays the same one, and
    a build counts only what came and what went.
    """

    def __init__(self, chunks: Sequence[Chunk], marks: Marks, shared: Stayed | None = None) -> None:
        """`marks`: of the chunks, see `index.search.store.stayed`; `shared`: those counted already."""
        step = _step(len(chunks))
        self.counted: set[str] | None = None
        """The terms that came or went since the earlier version; None where all were counted."""
        if shared is None or _step(len(shared.marks)) != step:
            self.pairs: Counter[tuple[str, str]] = Counter()
            self._count(chunks, np.flatnonzero(marks % step == 0), 1)
        else:
            self.counted = set()
            self.pairs = _read_pairs(shared.folder)
            self._count(chunks, np.flatnonzero((shared.old < 0) & (marks % step == 0)), 1)
            gone = np.flatnonzero((shared.new < 0) & (shared.marks % step == 0))
            self._count(ChunkFile(shared.folder), gone, -1)

    def _count(self, chunks: Sequence[Chunk], rows: Rows, sign: int) -> None:
        count = self.pairs.update if sign > 0 else self.pairs.subtract
        for row in rows.tolist():
            chunk = chunks[row]
            pairs = set(spellings(f"{' '.join(chunk.heading_path)} {chunk.text}"))
            count(pairs)
            if self.counted is not None:
                self.counted.update(term for term, _ in pairs)

    def save(self, folder: Path) -> None:
        """Writes two files into a folder that exists."""
        pairs = sorted(pair for pair, often in self.pairs.items() if often > 0)
        often = np.fromiter(map(self.pairs.__getitem__, pairs), dtype=np.int64, count=len(pairs))
        keep(folder, _OFTEN, often.astype(np.int32))
        (folder / _PAIRS).write_text("\n".join(map("\t".join, pairs)), "utf-8")

    def vocabulary(self) -> dict[str, str]:
        """Term -> how it is mostly written, of the words that are in the most chunks."""
        count: Counter[str] = Counter()
        written: dict[str, tuple[int, str]] = {}
        for (term, word), often in self.pairs.items():
            count[term] += often
            written[term] = max(written.get(term, (0, "")), (often, word))
        best = sorted(+count, key=lambda term: (-count[term], term))[:VOCABULARY]
        return {term: written[term][1] for term in best}


def _step(chunks: int) -> int:
    return max(1, -(-chunks // SAMPLE))


def _read_pairs(folder: Path) -> Counter[tuple[str, str]]:
    text = (folder / _PAIRS).read_text("utf-8")
    pairs = (line.partition("\t")[::2] for line in text.split("\n")) if text else ()
    return Counter(dict(zip(pairs, mapped(folder, _OFTEN).tolist(), strict=True)))
