"""The lexical half: BM25 over three fields of every chunk, and character n-grams.

The fields are scored apart, because a word in a heading or in a path says more about a page than one in its
text: somebody who writes mmpose wants mmpose's pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np

from index.search.ngrams import CharacterNGrams, Scores
from index.text.split import Chunk
from index.text.terms import terms

FIELDS = ("text", "headings", "place")
_FIELD_SETTINGS = {"text": (1.2, 0.75), "headings": (1.2, 0.5), "place": (1.2, 0.5)}
"""k1 and b of BM25 for each field."""
_PATH_WORDS = re.compile(r"[/\\#]")


@dataclass(frozen=True)
class FieldScores:
    """BM25 of every chunk by field, each (chunks,)."""

    text: Scores
    headings: Scores
    """Title and headings."""
    place: Scores
    """Source and path."""


class Lexical:
    """BM25 of the fields and TF-IDF of the character n-grams, over the chunks in their order."""

    def __init__(
        self, fields: Mapping[str, Any], characters: CharacterNGrams, frequencies: dict[str, int]
    ) -> None:
        self._fields = dict(fields)
        self.characters = characters
        self._frequencies = frequencies
        self.count = int(self._fields["text"].scores["num_docs"])

    @classmethod
    def build(cls, chunks: list[Chunk]) -> Self:
        """Indexes the chunks. There must be at least one."""
        texts = [terms(chunk.text) for chunk in chunks]
        headings = [terms(headings_of(chunk)) for chunk in chunks]
        places = [terms(_PATH_WORDS.sub(" ", f"{chunk.source}/{chunk.path}")) for chunk in chunks]
        frequencies: dict[str, int] = {}
        for fields in zip(texts, headings, places, strict=True):
            for term in {term for field in fields for term in field}:
                frequencies[term] = frequencies.get(term, 0) + 1
        columns = {"text": texts, "headings": headings, "place": places}
        characters = CharacterNGrams.build([f"{headings_of(chunk)}\n{chunk.text}" for chunk in chunks])
        return cls({name: _bm25(name, tokens) for name, tokens in columns.items()}, characters, frequencies)

    def scores(self, words: Iterable[str]) -> FieldScores:
        """BM25 of every chunk in each field, for distinct terms as `index.text.terms.terms` gives them."""
        known = [word for word in words if word]
        text, headings, place = (self._field_scores(name, known) for name in FIELDS)
        return FieldScores(text, headings, place)

    def text_scores(self, words: Iterable[str]) -> Scores:
        """BM25 of every chunk's text alone, (chunks,)."""
        return self._field_scores("text", [word for word in words if word])

    def document_frequency(self, term: str) -> int:
        """How many chunks hold this term (as `index.text.terms.terms` gives it) in any field."""
        return self._frequencies.get(term, 0)

    def idf(self, term: str) -> float:
        """ln((chunks + 1) / (document frequency + 1)) + 1: 1 for a term of every chunk."""
        return float(np.log((self.count + 1) / (self.document_frequency(term) + 1)) + 1)

    def rarity(self, words: Iterable[str]) -> float:
        """The sum of the terms' BM25 weights, words that no chunk has included: no text scores more."""
        frequencies = np.array([self.document_frequency(word) for word in words], dtype=np.float64)
        return float(np.log1p((self.count - frequencies + 0.5) / (frequencies + 0.5)).sum())

    def _field_scores(self, name: str, words: list[str]) -> Scores:
        field = self._fields[name]
        ids = field.get_tokens_ids(words)
        if not ids:
            return np.zeros(self.count, dtype=np.float32)
        return np.asarray(field.get_scores_from_ids(ids), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Writes files into a folder that exists."""
        for name, field in self._fields.items():
            field.save(str(folder / f"bm25_{name}"), show_progress=False)
        self.characters.save(folder)
        (folder / "frequencies.json").write_text(json.dumps(self._frequencies, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads what `save` wrote."""
        fields = {name: bm25s.BM25.load(str(folder / f"bm25_{name}"), load_vocab=True) for name in FIELDS}
        frequencies = json.loads((folder / "frequencies.json").read_text("utf-8"))
        return cls(fields, CharacterNGrams.load(folder), frequencies)


def headings_of(chunk: Chunk) -> str:
    """Title and headings as one line, the title once."""
    return " > ".join([chunk.title, *(step for step in chunk.heading_path if step != chunk.title)])


def heading_of(chunk: Chunk) -> str:
    """The heading right above the chunk; the title where there is none."""
    return chunk.heading_path[-1] if chunk.heading_path else chunk.title


def _bm25(name: str, tokens: Iterable[list[str]]) -> Any:
    k1, b = _FIELD_SETTINGS[name]
    field = bm25s.BM25(method="lucene", k1=k1, b=b)
    # An index without any term cannot be built: the empty string is never a query's term.
    field.index([words or [""] for words in tokens], show_progress=False)
    return field
