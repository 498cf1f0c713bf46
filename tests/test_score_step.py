"""The score step: whom the engine is asked about, and what its answer decides."""

from __future__ import annotations

import time
from typing import Any, Literal

import pytest

from bot.errors import AnswerTimeout, EngineUnavailable
from index.gate.gate import Decision
from worker.engines.extractive.engine import Extractive
from worker.llm import Score, Usage, never
from worker.pipeline.score import Asked, decide
from worker.pipeline.trace import Trace
from worker.prompts import Prompts

PROMPTS = Prompts("怎么安装？", [], "zh")


class Scorer(Extractive):
    """Gives one score, or fails, and counts how often it was asked."""

    def __init__(self, score: Score | Exception) -> None:
        self.answer = score
        self.asked = 0

    def score(self, messages: object, **_: Any) -> Score:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def decision(verdict: Literal["answer", "decline", "unsure"], probability: float = 0.5) -> Decision:
    return Decision(verdict, probability, 0.5, ())


def accepted(scorer: Scorer, judged: Decision, *, mentioned: bool = False) -> bool:
    asked = Asked(mentioned, "oc_a", time.monotonic() + 600)
    return decide(judged, PROMPTS, scorer, asked, never, Trace("om_1", "?"))


@pytest.mark.parametrize("verdict", ["answer", "decline"])
def test_clear_cases_ask_no_model(verdict: Literal["answer", "decline"]) -> None:
    scorer = Scorer(Score(0.0 if verdict == "answer" else 10.0, 1.0))
    assert accepted(scorer, decision(verdict)) is (verdict == "answer")
    assert scorer.asked == 0


@pytest.mark.parametrize(
    ("value", "mentioned", "answered"),
    [(5.0, False, True), (4.9, False, False), (4.9, True, True), (3.9, True, False)],
)
def test_the_score_decides_what_the_gate_does_not(value: float, mentioned: bool, answered: bool) -> None:
    scorer = Scorer(Score(value, 0.9, usage=Usage(1, 900, 1, 0)))
    assert accepted(scorer, decision("unsure"), mentioned=mentioned) is answered
    assert scorer.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        Score(None, reason="no number"),
        Score(9.0, 0.3),
        EngineUnavailable("gone"),
        AnswerTimeout("late"),
    ],
)
@pytest.mark.parametrize("probability", [0.4, 0.6])
def test_without_a_score_the_gate_decides(answer: Score | Exception, probability: float) -> None:
    assert accepted(Scorer(answer), decision("unsure", probability)) is (probability > 0.5)
