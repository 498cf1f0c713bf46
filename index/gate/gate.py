"""Is this message a question, and can these documents answer it? The decision, with its reasons in words.

No model is asked: a decision costs the search that happens anyway and some arithmetic. Where a model server
is configured, the narrow band around the threshold is `unsure` and the caller may ask it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from bot.config.settings import OperatingPoint, Settings
from index.gate.evidence import Evidence, kept_evidence
from index.gate.examined_message import ExaminedMessage, examined
from index.gate.features import FEATURES, typicality
from index.gate.logistic import logit_of, sigmoid
from index.gate.model import GUARD_BELOW, GUARD_SLOPE, GateModel, GateStore, PartScores
from index.gate.reference import evidence_of
from index.search.searcher import Lookup, Passage, Searcher
from index.text.chinese import has_chinese
from index.text.terms import terms

MENTION_SHIFT = 1.7
"""Logits by which a mention lowers the threshold: it was meant for the bot, yet it may still be thanks, or
about other software. On documents that the fit did not see (`bench.gate_prior`) the shipped gate then answers
95 of 100 good questions, 19 about other software, and as many in Chinese as in English."""
UNSURE_BAND = 0.4
"""Units of score on either side of the threshold that a model server is asked about. A gate's slope makes
logits of them: the scores of a gate with a memory lie closer together. In folds that the fit did not see, 20
in 100 messages fall into it; of those above it 94 in 100 are good, of those below 4. `bench.calls` counts."""
EVIDENCE_FORMAT = 6
_TYPICAL = 0.5
_WORDS = 4
_SENTENCES: dict[str, dict[str, tuple[str, str]]] = {
    "zh": {
        "asks": ("消息像是在提问", "消息不像在提问"),
        "talk": ("消息不像闲聊", "消息像闲聊"),
        "typical": ("消息使用了文档特有的词：{words}", "消息里几乎没有文档特有的词"),
        "pieces": ("消息的用字与文档相近", "消息的用字与文档不相近"),
        "unknown": ("消息里的名称文档都知道", "消息里有文档不知道的名称"),
        "letters": ("有段落与消息写法相近：{best}", "没有段落与消息写法相近"),
        "headings": ("有标题与消息相符：{best}", "没有标题与消息相符"),
        "agreement": ("意思相近的段落也用了消息里的词：{best}", "意思相近的段落没有消息里的词"),
        "memory": ("与标注为值得回答的消息相似", "与标注为不必回答的消息相似"),
        "found": ("文档中找到的内容与值得回答的消息相近", "文档中找到的内容与不必回答的消息相近"),
        "empty": ("消息或索引是空的", "消息或索引是空的"),
    },
    "en": {
        "asks": ("it is put as a question", "it is not put as a question"),
        "talk": ("it does not sound like small talk", "it sounds like small talk"),
        "typical": ("it uses words typical of the documents: {words}", "no word is typical of the documents"),
        "pieces": ("its letters are those of the documents", "its letters are not those of the documents"),
        "unknown": ("the documents know its names", "it has names that the documents do not know"),
        "letters": ("a passage is written alike: {best}", "no passage is written alike"),
        "headings": ("a heading matches: {best}", "no heading matches"),
        "agreement": ("passages that mean the same share its words: {best}",
                      "passages that mean the same share few of its words"),
        "memory": ("it resembles messages labelled good", "it resembles messages labelled bad"),
        "found": ("the search leads where good messages lead", "the search leads where bad messages lead"),
        "empty": ("the message or the index is empty", "the message or the index is empty"),
    },
}  # fmt: skip
"""Reasons in words that an operator understands: what speaks for answering, what against."""


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
        self.evidence = evidence or evidence_of(searcher)
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
        case, parts = self._examined(query, lookup)
        probability = float(sigmoid(self.model.joint(parts)))
        threshold = self.threshold(mentioned, point)
        reasons = self._reasons(case, parts, passages)
        return Decision(self._verdict(probability, threshold), probability, threshold, reasons)

    def _examined(self, query: str, lookup: Lookup) -> tuple[ExaminedMessage, PartScores]:
        """The message as it is read, and what the parts of the gate say of it.

        Where the best page that was found is in another language than the message, the documents may know the
        message in that language alone: it is read in both, and the better counts.
        """
        case = examined(query, lookup.vector, self.searcher, self.evidence, lookup)
        parts = self.model.parts(case)
        if not self._leads_across(query, lookup):
            return case, parts
        other = examined(query, lookup.vector, self.searcher, self.evidence, crossed=True)
        there = self.model.parts(other)
        return (other, there) if self.model.joint(there) > self.model.joint(parts) else (case, parts)

    def _leads_across(self, query: str, lookup: Lookup) -> bool:
        """Whether the documents are in two languages and the best page is in the other one alone."""
        if not self.searcher.crossing.mixed or not len(lookup.rows):
            return False
        own = "zh" if has_chinese(query) else "en"
        best = self.searcher.copy_in(int(lookup.rows[np.argmax(lookup.fused)]), own, lookup)
        return self.searcher.chunks[best].language != own

    def threshold(self, mentioned: bool, point: OperatingPoint | None = None) -> float:
        """Least probability answered at an operating point; a mention lowers it and never removes it."""
        threshold = self.model.points[point or self.point]
        return float(sigmoid(logit_of(threshold) - (MENTION_SHIFT if mentioned else 0.0)))

    def _verdict(self, probability: float, threshold: float) -> Literal["answer", "decline", "unsure"]:
        distance = float(logit_of(probability) - logit_of(threshold))
        if self._ask_model and abs(distance) < UNSURE_BAND * self.model.slope:
            return "unsure"
        return "answer" if probability >= threshold else "decline"

    def _reasons(
        self, case: ExaminedMessage, parts: PartScores, passages: Sequence[Passage]
    ) -> tuple[Reason, ...]:
        """The groups of numbers, and the memory, by what they add to the logit, greatest first."""
        model = self.model
        fitted, share = (model.evidence, 1.0) if model.guard is None else (model.guard, self._guarded(parts))
        added = fitted.contributions(case.numbers)
        best = passages[0].chunk.path if passages else ""
        words = self._words(case.message)
        reasons = []
        for number, group in enumerate(FEATURES):
            value, weight = float(case.numbers[number]), float(added[number])
            text = describe(group, case.message, weight, words, best)
            reasons.append(Reason(group, value, share * weight, text))
        remembered = {"memory": parts.by_message, "found": parts.by_documents}
        for part, value in remembered.items() if model.memory is not None else ():
            weight = model.slope * value
            reasons.append(Reason(part, value, weight, describe(part, case.message, weight)))
        return tuple(sorted(reasons, key=lambda reason: -abs(reason.weight)))

    def _guarded(self, parts: PartScores) -> float:
        """What one logit of the guard adds here: nothing where the documents know the message."""
        return self.model.slope * GUARD_SLOPE if parts.guard < GUARD_BELOW else 0.0

    def _words(self, message: str) -> tuple[str, ...]:
        """The message's words that are most typical of the documents, as the message writes them."""
        own = tuple(dict.fromkeys(terms(message)))
        ratios = typicality(own, [self.evidence.word(term) for term in own], self.evidence)
        typical = [own[row] for row in np.argsort(-ratios, kind="stable") if ratios[row] > _TYPICAL]
        return tuple(dict.fromkeys(_as_written(term, message) for term in typical[:_WORDS]))


def _as_written(term: str, message: str) -> str:
    """A term without its ending is shown with it."""
    found = re.search(re.escape(term) + r"[A-Za-z]{0,4}", message, re.IGNORECASE) if term.isascii() else None
    return found.group() if found else term


def open_gate(settings: Settings, searcher: Searcher, *, whole: bool = True) -> Gate:
    """The gate in use over this version of the documents. Raises IndexMismatch.

    `whole` False: over a part of a version, whose counts are no version's and are not kept.
    """
    evidence = open_evidence(settings, searcher) if whole else evidence_of(searcher)
    return Gate(
        GateStore(settings.index.dir).current().for_embedder(searcher.embedder.name),
        searcher,
        evidence,
        point=settings.index.gate.point,
        ask_model=settings.llm.engine != "extractive",
    )


def open_evidence(
    settings: Settings, searcher: Searcher, counted: Callable[[], Evidence] | None = None
) -> Evidence:
    """The counts of this version, from their file where it was written before; `counted` gives what needs no
    search where somebody has counted it."""
    file = evidence_file(settings, searcher.version)
    if kept := kept_evidence(file):
        return kept
    evidence = evidence_of(searcher, counted)
    evidence.save(file)
    for old in sorted(file.parent.glob("[!.]*.npz"))[: -max(settings.index.keep_versions, 1)]:
        old.unlink(missing_ok=True)
    return evidence


def evidence_file(settings: Settings, version: str) -> Path:
    """Where the counts of a version are kept."""
    return settings.index.dir / "gate" / "evidence" / f"{version}-{EVIDENCE_FORMAT}.npz"


def describe(
    group: str, message: str, weight: float = 0.0, words: tuple[str, ...] = (), best: str = ""
) -> str:
    """One sentence for a group, in the message's language; positive weight speaks for answering."""
    language = "zh" if has_chinese(message) else "en"
    sentence = _SENTENCES[language][group][0 if weight > 0 else 1]
    return sentence.format(words=", ".join(words) or "-", best=best or "-")
