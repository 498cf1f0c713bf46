"""What the documents know of each word: the counts that the gate's features read.

Counted once per index version and kept in a file beside the fitted gates: documents change, a fitted gate
stays, and it sees the change through these counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import structlog

from bot.config.aside import aside
from bot.errors import IndexDamaged
from index.search.lexical import headings_of
from index.search.storage import damage
from index.text.general_words import open_general_words
from index.text.split import Chunk
from index.text.terms import terms

log = structlog.get_logger(__name__)

Counts = npt.NDArray[np.int64]
_PIECE_CHARACTERS = 2000
"""Characters of a chunk that are counted in pieces; a chunk is rarely longer."""


_CHINESE_SHARE = 0.05


@dataclass(frozen=True)
class WordFacts:
    """One term in these documents."""

    occurrences: int
    chunks: int
    documents: int
    headings: int
    """Chunks that have it in their title, headings or path."""


UNKNOWN = WordFacts(0, 0, 0, 0)


@dataclass(frozen=True)
class Reference:
    """What messages that belong nowhere look like to this index and its embedder; nothing until measured."""

    means: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((4, 1)))
    """(4, numbers of the gate): what foreign questions score here, in Chinese and in English, read as they
    are and read in the other language of the documents."""
    talk: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    asked: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """Vectors of small talk and of foreign questions, (n, d)."""


@dataclass(frozen=True)
class Evidence:
    """Counts over all chunks of one index version."""

    vocabulary: tuple[str, ...]
    counts: Counts
    """(terms, 4): occurrences, chunks, documents, headings."""
    pieces: Counts
    """(pieces of the background,): how often each occurs."""
    chunk_count: int
    document_count: int
    reference: Reference = field(default_factory=lambda: Reference())
    """`index.gate.reference` measures it."""

    @classmethod
    def build(cls, chunks: Iterable[Chunk]) -> Self:
        """Counts the terms and pieces of the chunks, those of a document beside each other."""
        background = open_general_words()
        occurrences: Counter[str] = Counter()
        in_chunks: Counter[str] = Counter()
        in_headings: Counter[str] = Counter()
        in_documents: Counter[str] = Counter()
        pieces = np.zeros(background.size, dtype=np.int64)
        chunk_count = document_count = 0
        for _, own in groupby(chunks, key=lambda chunk: (chunk.source, chunk.path)):
            held: set[str] = set()
            for chunk in own:
                headings = terms(f"{headings_of(chunk)} {chunk.path.replace('/', ' ')}")
                found = terms(chunk.text) + headings
                occurrences.update(found)
                in_chunks.update(set(found))
                in_headings.update(set(headings))
                held.update(found)
                text = f"{headings_of(chunk)}\n{chunk.text}"[:_PIECE_CHARACTERS]
                np.add.at(pieces, background.pieces(text), 1)
                chunk_count += 1
            in_documents.update(held)
            document_count += 1
        vocabulary = tuple(sorted(occurrences))
        columns = (occurrences, in_chunks, in_documents, in_headings)
        rows = [[column[term] for column in columns] for term in vocabulary]
        counts = np.array(rows, dtype=np.int64).reshape(len(vocabulary), len(columns))
        return cls(vocabulary, counts, pieces, chunk_count, document_count)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {term: row for row, term in enumerate(self.vocabulary)}

    @cached_property
    def total(self) -> int:
        """Occurrences of all terms."""
        return int(self.counts[:, 0].sum()) if len(self.counts) else 0

    @cached_property
    def total_pieces(self) -> int:
        """Occurrences of all pieces."""
        return int(self.pieces.sum())

    @cached_property
    def knows_chinese(self) -> bool:
        """Whether Chinese is one of the documents' languages: at least one term in twenty."""
        chinese = [not term.isascii() for term in self.vocabulary]
        return int(self.counts[chinese, 0].sum()) >= _CHINESE_SHARE * self.total if self.total else True

    def word(self, term: str) -> WordFacts:
        """What the documents know of a term; all zero for one they do not."""
        row = self._rows.get(term)
        return UNKNOWN if row is None else WordFacts(*(int(count) for count in self.counts[row]))

    def save(self, file: Path) -> None:
        """Writes one file, aside first; not packed, which would take a twentieth of a small build."""
        words = np.frombuffer("\n".join(self.vocabulary).encode(), dtype=np.uint8)
        sizes = np.array([self.chunk_count, self.document_count])
        with aside(file) as place, place.open("wb") as out:
            np.savez(
                out,
                words=words,
                counts=self.counts,
                pieces=self.pieces,
                sizes=sizes,
                means=self.reference.means,
                talk=self.reference.talk,
                asked=self.reference.asked,
            )

    @classmethod
    def load(cls, file: Path) -> Self:
        """Reads what `save` wrote."""
        with np.load(file, allow_pickle=False) as kept:
            text = kept["words"].tobytes().decode()
            chunk_count, document_count = (int(size) for size in kept["sizes"])
            vocabulary = tuple(text.split("\n")) if text else ()
            counted = (vocabulary, kept["counts"], kept["pieces"], chunk_count, document_count)
            return cls(*counted, reference=Reference(kept["means"], kept["talk"], kept["asked"]))


def kept_evidence(file: Path) -> Evidence | None:
    """The counts in a file; None where there is none, or it is damaged, for they can be counted anew."""
    if not file.is_file():
        return None
    try:
        with damage(file, "it is counted anew"):
            return Evidence.load(file)
    except IndexDamaged as error:
        log.warning("evidence_damaged", error=str(error))
        return None
