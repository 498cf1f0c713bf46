"""Labelled examples looked up in one version of the documents: what a fit and an evaluation work on.

Labelled messages come from one group and one set of documents. A gate that learns only from them may remember
the group's words and stay sure of itself when the documents are replaced. Therefore each good example has a
twin for fitting, labelled "not answerable": the words that are typical of these documents are replaced by
words from elsewhere, and everything is looked up again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.config.progress import counted
from index.gate.evidence import Evidence
from index.gate.examined_message import ExaminedMessage, examined
from index.gate.features import FEATURES, typicality
from index.gate.logistic import Numbers
from index.search.embed import Vectors, asked_part
from index.search.searcher import Searcher
from index.text.chinese import CHARACTERS, is_chinese
from index.text.glossary import translated
from index.text.terms import terms
from index.training.labels import Example

Rows = npt.NDArray[np.int64]
TWINS = 2
"""Estranged copies of each good example."""
TYPICAL = 0.5
"""From this typicality on (ln of a frequency ratio) a word is replaced."""
_SHARE_REPLACED = 0.85
_PIECES = re.compile(rf"[A-Za-z0-9_]+(?:[-./:+][A-Za-z0-9_]+)*|[{CHARACTERS}]+|[^A-Za-z0-9_{CHARACTERS}]+")
_ELSEWHERE = (Path(__file__).parent / "words" / "elsewhere.txt").read_text(encoding="utf-8").split()
CHINESE_ELSEWHERE = tuple(word for word in _ELSEWHERE if is_chinese(word))
LATIN_ELSEWHERE = tuple(word for word in _ELSEWHERE if not is_chinese(word))
"""Words of everyday life that technical documents hardly use."""


@dataclass(frozen=True)
class ExampleTable:
    """Examples as numbers."""

    examples: tuple[Example, ...]
    vectors: Vectors
    """(n, d)."""
    found: Vectors
    """(n, d): where the search by words leads."""
    numbers: Numbers
    """(n, len(FEATURES))."""
    twins: Numbers
    """(n, TWINS, len(FEATURES)); rows of bad examples are zero and not used."""
    embedder: str

    @property
    def labels(self) -> Numbers:
        """(n,) of 0 and 1."""
        return np.array([example.label for example in self.examples], dtype=np.float64)

    @property
    def weights(self) -> Numbers:
        """(n,): what each example counts."""
        return np.array([example.weight for example in self.examples], dtype=np.float64)

    @property
    def good(self) -> int:
        """How many are worth answering."""
        return int(self.labels.sum())

    @property
    def bad(self) -> int:
        """How many are not."""
        return len(self.examples) - self.good

    def case(self, row: int) -> ExaminedMessage:
        """One example as the gate sees it."""
        return ExaminedMessage(self.examples[row].text, self.numbers[row], self.vectors[row], self.found[row])

    def part(self, rows: Rows) -> ExampleTable:
        """Some of its rows."""
        return ExampleTable(
            tuple(self.examples[row] for row in rows),
            self.vectors[rows],
            self.found[rows],
            self.numbers[rows],
            self.twins[rows],
            self.embedder,
        )


def look_up_all(messages: Sequence[str], searcher: Searcher, evidence: Evidence) -> list[ExaminedMessage]:
    """Messages as the gate sees them, embedded in one batch."""
    vectors = searcher.embedder.embed(list(map(asked_part, messages)))
    searcher.crossing.ahead(messages)
    return [
        examined(message, vector, searcher, evidence)
        for message, vector in counted(
            zip(messages, vectors, strict=True), "looking up messages", len(messages)
        )
    ]


def tabulate(
    examples: Sequence[Example],
    searcher: Searcher,
    evidence: Evidence,
    *,
    twins: bool = True,
    looked_up: Sequence[ExaminedMessage] | None = None,
) -> ExampleTable:
    """Looks every example up, and unless told otherwise the estranged twins of the good ones.

    `looked_up`: the good ones, in their order, where that was done.
    """
    if looked_up is None:
        cases = look_up_all([example.text for example in examples], searcher, evidence)
    else:
        others = look_up_all([one.text for one in examples if one.label != 1], searcher, evidence)
        each = {True: iter(looked_up), False: iter(others)}
        cases = [next(each[example.label == 1]) for example in examples]
    strange = np.zeros((len(examples), TWINS, len(FEATURES)))
    good = [row for row, example in enumerate(examples) if example.label == 1]
    for copy in range(TWINS if twins else 0):
        chooser = random.Random(copy)  # noqa: S311  # nosec B311
        texts = [estranged(examples[row].text, evidence, chooser) for row in good]
        strangers = look_up_all(texts, searcher, evidence)
        strange[good, copy] = np.array([case.numbers for case in strangers]).reshape(-1, len(FEATURES))
    width = searcher.embedder.dimensions
    return ExampleTable(
        examples=tuple(examples),
        vectors=np.array([case.vector for case in cases], dtype=np.float32).reshape(-1, width),
        found=np.array([case.found for case in cases], dtype=np.float32).reshape(-1, width),
        numbers=np.array([case.numbers for case in cases]).reshape(-1, len(FEATURES)),
        twins=strange,
        embedder=searcher.embedder.name,
    )


def estranged(message: str, evidence: Evidence, chooser: random.Random) -> str:
    """The message with most of the words that are typical of the documents replaced by others."""
    units = [unit for piece in _PIECES.findall(message) for unit in _units(piece)]
    return "".join(_replacement(unit, evidence, chooser) for unit in units)


def _units(piece: str) -> list[str]:
    if not is_chinese(piece):
        return [piece]
    import rjieba  # reads its dictionary

    return list(rjieba.cut(piece))


def _replacement(unit: str, evidence: Evidence, chooser: random.Random) -> str:
    found = [*terms(unit), *(() if evidence.knows_chinese else translated(unit))]
    ratios = typicality(found, [evidence.word(term) for term in found], evidence)
    if not len(ratios) or ratios.max() < TYPICAL or chooser.random() > _SHARE_REPLACED:
        return unit
    return chooser.choice(CHINESE_ELSEWHERE if is_chinese(unit) else LATIN_ELSEWHERE)
