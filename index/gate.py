"""Is this message a question, and can these documents answer it? The decision, with its reasons in words.

No model is asked: a decision costs the search that happens anyway and some arithmetic. Where a model server
is configured, the narrow band around the threshold is `unsure` and the caller may ask it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.config import OperatingPoint, Settings
from index.evidence import Evidence
from index.features import FEATURES, features
from index.gate_model import GateModel, GateStore
from index.gate_words import GROUP_OF, describe
from index.logistic import Numbers, logit_of, sigmoid
from index.search import Lookup, Passage, Searcher

MENTION_SHIFT = 1.2
"""Logits by which a mention lowers the threshold: it was meant for the bot, yet it may still be chit-chat."""
UNSURE_BAND = 0.7
"""Logits on either side of the threshold that a model server is asked about."""


@dataclass(frozen=True)
class Reason:
    """One group of numbers, or one number, and which way it moved the decision."""

    feature: str
    value: float
    weight: float
    """What it adds to the logit; positive speaks for answering."""
    text: str
    """A sentence for operators, in the language of the message."""


@dataclass(frozen=True)
class Decision:
    """What the gate says to one message."""

    verdict: Literal["answer", "decline", "unsure"]
    probability: float
    """That the message is worth answering from these documents, 0..1."""
    threshold: float
    """Least probability that is answered here, with the mention taken into account."""
    reasons: tuple[Reason, ...]
    """What weighed most comes first."""


class Gate:
    """A fitted model looking at one version of the documents. Never changes; safe from many threads."""

    def __init__(
        self,
        model: GateModel,
        searcher: Searcher,
        evidence: Evidence | None = None,
        *,
        point: OperatingPoint = "balanced",
        ask_model: bool = False,
    ) -> None:
        """`evidence` None: counted now. `ask_model`: say `unsure` near the threshold."""
        self.model = model
        self.searcher = searcher
        self.evidence = evidence or Evidence.build(searcher.chunks)
        self.point = point
        self._ask_model = ask_model

    def decide(
        self,
        query: str,
        passages: Sequence[Passage],
        mentioned: bool,
        point: OperatingPoint | None = None,
        lookup: Lookup | None = None,
    ) -> Decision:
        """Whether to answer `query`; `lookup` spares searching again. Nothing found is never answered."""
        if not query.strip() or not self.searcher.chunks:
            return Decision("decline", 0.0, 1.0, (Reason("empty", 0.0, 0.0, describe("empty", query)),))
        lookup = lookup or self.searcher.look_up(query)
        numbers = features(query, lookup, self.evidence)
        probability = float(self.model.probability(numbers))
        threshold = self.threshold(mentioned, point)
        reasons = self._reasons(query, numbers, passages)
        return Decision(self._verdict(probability, threshold), probability, threshold, reasons)

    def threshold(self, mentioned: bool, point: OperatingPoint | None = None) -> float:
        """Least probability answered at an operating point; a mention lowers it and never removes it."""
        threshold = self.model.points[point or self.point]
        return float(sigmoid(logit_of(threshold) - (MENTION_SHIFT if mentioned else 0.0)))

    def _verdict(self, probability: float, threshold: float) -> Literal["answer", "decline", "unsure"]:
        distance = float(logit_of(probability) - logit_of(threshold))
        if self._ask_model and abs(distance) < UNSURE_BAND:
            return "unsure"
        return "answer" if probability >= threshold else "decline"

    def _reasons(self, query: str, numbers: Numbers, passages: Sequence[Passage]) -> tuple[Reason, ...]:
        """The groups of numbers by what they add to the logit, greatest first."""
        added = self.model.evidence.contributions(numbers)
        totals: dict[str, float] = {}
        for name, contribution in zip(FEATURES, added, strict=True):
            totals[GROUP_OF[name]] = totals.get(GROUP_OF[name], 0.0) + float(contribution)
        values = dict(zip(FEATURES, numbers, strict=True))
        best = passages[0].chunk.path if passages else ""
        reasons = [
            Reason(
                group,
                *_value(group, values),
                weight,
                describe(group, query, weight, self._words(query), best),
            )
            for group, weight in totals.items()
        ]
        return tuple(sorted(reasons, key=lambda reason: -abs(reason.weight)))

    def _words(self, query: str) -> tuple[str, ...]:
        """The message's words that are most typical of the documents."""
        from index.features import typicality
        from index.terms import terms

        own = tuple(dict.fromkeys(terms(query)))
        ratios = typicality(own, [self.evidence.word(term) for term in own], self.evidence)
        return tuple(own[row] for row in np.argsort(-ratios, kind="stable")[:4] if ratios[row] > 0.5)


def _value(group: str, values: dict[str, float]) -> tuple[float]:
    shown = {
        "surface": "length", "words": "latin_known_share", "typical": "typical_sum",
        "search": "matched_share", "meaning": "dense_text_best",
    }  # fmt: skip
    return (float(values[shown[group]]),)


def open_gate(settings: Settings, searcher: Searcher) -> Gate:
    """The gate in use over this version of the documents. Raises IndexMismatch."""
    evidence = open_evidence(settings, searcher)
    return Gate(
        GateStore(settings.index.dir).current(),
        searcher,
        evidence,
        point=settings.index.gate.point,
        ask_model=settings.llm.engine != "extractive",
    )


def open_evidence(settings: Settings, searcher: Searcher) -> Evidence:
    """The counts of this version, from their file where it was written before."""
    folder = settings.index.dir / "gate" / "evidence"
    file = folder / f"{searcher.version}.npz"
    if file.is_file():
        return Evidence.load(file)
    evidence = Evidence.build(searcher.chunks)
    evidence.save(file)
    for old in sorted(folder.glob("[!.]*.npz"))[: -max(settings.index.keep_versions, 1)]:
        old.unlink(missing_ok=True)
    return evidence
