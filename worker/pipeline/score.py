"""Score: does the message ask something these documents can answer?

The gate decides the clear cases without a model. Only its uncertain middle goes to the engine, for one
token: a number from 0 to 10, read from the probabilities of the first token. An engine that cannot score
leaves the decision to the gate's probability.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import AnswerTimeout, EngineRefused, EngineUnavailable
from worker.llm import LLM, IsCancelled
from worker.pipeline.trace import Trace
from worker.prompts import Prompts
from worker.unforeseen import unforeseen

if TYPE_CHECKING:
    from index.gate.gate import Decision

ACCEPT, ACCEPT_MENTIONED = 5.0, 4.0
"""From this score on (0 to 10) the message is answered; a mention lowers the bar, it does not remove it."""
SHARE, LEAST_SECONDS = 0.25, 5.0
"""A score may take this share of the time left, or this long: the rest is the answer's."""
LEAST_MASS = 0.5
"""A score is trusted when at least this share of the probability lay on numbers."""


@dataclass(frozen=True)
class Asked:
    """What scoring needs to know of the message."""

    mentioned: bool
    group: str
    deadline: float


def decide(
    decision: Decision, prompts: Prompts, llm: LLM, asked: Asked, cancelled: IsCancelled, trace: Trace
) -> bool:
    """Whether to answer. Asks the engine only when the gate is unsure."""
    if decision.verdict != "unsure":
        return decision.verdict == "answer"
    likely = decision.probability >= decision.threshold
    now = time.monotonic()
    deadline = min(asked.deadline, now + max(SHARE * (asked.deadline - now), LEAST_SECONDS))
    try:
        score = llm.score(prompts.score(), deadline=deadline, cancelled=cancelled, group=asked.group)
    except Exception as error:
        expected = isinstance(error, EngineUnavailable | EngineRefused | AnswerTimeout)
        if not expected and not unforeseen("score", error):
            raise
        trace.event("score_unavailable", error=f"{type(error).__name__}: {error}"[:300])
        return likely
    trace.add_usage(score.usage)
    trace.note(score={"value": score.value, "mass": round(score.mass, 3), "reason": score.reason})
    if score.value is None or score.mass < LEAST_MASS:
        return likely
    return score.value >= (ACCEPT_MENTIONED if asked.mentioned else ACCEPT)
