"""The Trace: what happened to one message, as JSON that a person can read.

It answers "why did it answer, why not, and what did that cost": the gate's decision with its reasons and
threshold, the passages (by path and heading, never their text), prompt sizes, times, engine, index version,
what verification dropped, what was sent. It lives in Redis for 30 days; `python -m bot explain ID`,
the admin's /why and the card's "why" button print it. The only message text in it is this question.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from redis import Redis

from bot.config.settings import Settings
from bot.errors import FennelError
from worker.llm import Usage

if TYPE_CHECKING:
    from index.gate.gate import Decision
    from index.search.searcher import Passage

LIFETIME = 30 * 24 * 3600
"""Seconds a Trace is kept."""
SHOWN_REASONS = 8


class TraceMissing(FennelError):
    """There is no Trace of that message."""


def key(message_id: str) -> str:
    """Redis key of a message's Trace."""
    return f"fennel:trace:{message_id}"


class Trace:
    """Collects facts while a question is answered. Not shared between threads."""

    def __init__(self, message_id: str, question: str) -> None:
        self.facts: dict[str, Any] = {
            "message_id": message_id,
            "question": question,
            "started_at": time.time(),
            "decision": "",
            "outcome": "",
            "seconds": {},
            "usage": asdict(Usage()),
            "events": [],
        }
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
            spent = self.facts["seconds"].get(name, 0.0) + time.monotonic() - start
            self.facts["seconds"][name] = round(spent, 4)

    def finish(self, outcome: str) -> None:
        """Closes the record with its outcome and the total time."""
        self.facts["outcome"] = outcome
        self.facts["seconds"]["total"] = round(time.monotonic() - self._start, 4)

    def store(self, redis: Redis) -> None:
        """Writes it to Redis. Raises redis.RedisError."""
        redis.set(key(self.facts["message_id"]), self.text(), ex=LIFETIME)

    def text(self) -> str:
        """What is written to Redis."""
        return json.dumps(self.facts, ensure_ascii=False)


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


def read(redis: Redis, message_id: str) -> dict[str, Any] | None:
    """The facts of a message's Trace, None when there is none (any more)."""
    raw = redis.get(key(message_id))
    return None if raw is None else dict(json.loads(raw))


def load(settings: Settings, message_id: str) -> dict[str, Any]:
    """The same for the command line. Raises TraceMissing that says what to look at."""
    redis = Redis.from_url(settings.redis.url)
    try:
        facts = read(redis, message_id)
    finally:
        redis.close()
    if facts is None:
        raise TraceMissing(
            f"no trace of {message_id}: it was ignored, never arrived, or is older than 30 days"
        )
    return facts


def explain(facts: dict[str, Any]) -> str:
    """The Trace as lines a person reads."""
    gate = facts.get("gate") or {}
    usage = facts["usage"]
    lines = [
        f"{facts['message_id']}: {facts['decision'] or 'no decision'} -> {facts['outcome'] or 'unfinished'}",
        f"engine {facts.get('engine', '?')}, index {facts.get('index_version', '?')}, "
        f"{facts['seconds'].get('total', 0):.2f} s",
    ]
    if gate:
        lines.append(
            f"gate: {gate['verdict']}, probability {gate['probability']:.2f}, "
            f"threshold {gate['threshold']:.2f}"
        )
        lines += [
            f"  {reason['feature']} = {reason['value']:g} ({reason['weight']:+.2f})"
            for reason in gate["reasons"][:SHOWN_REASONS]
        ]
    if facts.get("score"):
        lines.append(f"score: {facts['score']['value']} of 10 (mass {facts['score']['mass']})")
    lines += [
        f"passage {passage['score']:.3f}  {passage['path']}  {' > '.join(passage['heading'])}"
        for passage in facts.get("passages", [])
    ]
    if facts.get("verify"):
        verify = facts["verify"]
        lines.append(f"verify: {verify['checked']} sentences checked, {verify['dropped']} dropped")
    lines.append(f"engine calls {usage['calls']}, prompt tokens {usage['prompt_tokens']}")
    lines.append("seconds: " + ", ".join(f"{step} {spent:.3f}" for step, spent in facts["seconds"].items()))
    lines += [f"+{event['at']:.2f} s {event['event']}" for event in facts["events"]]
    return "\n".join(lines)
