"""The Trace as it is written: what happens to one message while it is answered.

The gate's decision with its reasons and threshold, the passages (by path and heading, never their text),
prompt sizes, times, engine, index version, what verification dropped, what was sent. bot/trace.py reads it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from redis import Redis

from bot.redis_keys import CANCELLED, TRACE
from bot.stored import SCHEMA
from worker.finding import support
from worker.finding.find import Found
from worker.llm import Usage

if TYPE_CHECKING:
    from index.gate.gate import Decision
    from index.search.searcher import Passage


_STORE = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


class Trace:
    """Collects facts while a question is answered. Not shared between threads."""

    def __init__(self, message_id: str, question: str) -> None:
        self.facts: dict[str, Any] = {
            "schema": SCHEMA,
            "message_id": message_id,
            "question": question,
            "started_at": time.time(),
            "decision": "",
            "outcome": "",
            "seconds": {},
            "usage": asdict(Usage()),
            "events": [],
        }
        self.steps: list[tuple[str, float, float]] = []
        """Each step with when it began and ended, Unix seconds; not part of what is stored."""
        self._start = time.monotonic()

    def note(self, **facts: Any) -> None:
        """Sets facts; values must be JSON."""
        self.facts.update(facts)

    def add_usage(self, usage: Usage) -> None:
        """Adds what one engine call cost to `usage`."""
        total = self.facts["usage"]
        for name, amount in asdict(usage).items():
            total[name] = total.get(name, 0) + amount

    def event(self, name: str, **facts: Any) -> None:
        """Appends to the timeline; `at` is seconds since the start."""
        self.facts["events"].append({"event": name, "at": round(time.monotonic() - self._start, 3), **facts})

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Adds the time spent inside to `seconds[name]`, also when it raises."""
        start = time.monotonic()
        try:
            yield
        finally:
            end = time.monotonic()
            self.facts["seconds"][name] = round(self.facts["seconds"].get(name, 0.0) + end - start, 4)
            begun = self.facts["started_at"] - self._start
            self.steps.append((name, begun + start, begun + end))

    def finish(self, outcome: str) -> None:
        """Closes the record with its outcome and the total time."""
        self.facts["outcome"] = outcome
        self.facts["seconds"]["total"] = round(time.monotonic() - self._start, 4)

    def store(self, redis: Redis, seconds: int = TRACE.seconds) -> None:
        """Writes it to Redis, where it lives for `seconds`, unless the question was taken back meanwhile.

        Raises redis.RedisError.
        """
        message_id = self.facts["message_id"]
        keys = [TRACE.of(message_id), CANCELLED.of(message_id)]
        redis.eval(_STORE, 2, *keys, self.text(), seconds)

    def text(self) -> str:
        """What is written to Redis."""
        return json.dumps(self.facts, ensure_ascii=False, default=str)


def gate_facts(decision: Decision) -> dict[str, Any]:
    """What the gate said and why."""
    return {
        "verdict": decision.verdict,
        "probability": round(decision.probability, 4),
        "threshold": round(decision.threshold, 4),
        "reasons": [
            {"feature": r.feature, "value": round(float(r.value), 4), "weight": round(float(r.weight), 4)}
            for r in decision.reasons
        ],
    }


def support_facts(found: Found) -> dict[str, Any]:
    """How likely the quotes answer, and from what on that is enough for an answer and for a hint."""
    bars = support.bars()
    return {
        "probability": round(found.support, 3),
        "answers": bars.answers,
        "helps": bars.helps,
        **({"second_look": True} if found.reading.second else {}),
        "quotes": [
            {
                "path": quote.excerpt.path,
                "heading": list(quote.excerpt.heading_path),
                "score": round(quote.score, 2),
            }
            for quote in found.quotes
        ],
    }


def passage_facts(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Where each passage stands and how it scored; never its text."""
    return [
        {
            "path": passage.chunk.path,
            "heading": list(passage.chunk.heading_path),
            "score": round(float(passage.score), 4),
        }
        for passage in passages
    ]
