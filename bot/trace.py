"""The Trace as it is read: what happened to one message, as JSON in Redis and as lines for a person.

It answers "why did it answer, why not, and what did that cost". The worker writes it
(worker/pipeline/trace.py); `python -m bot explain ID`, the admin's /why and the card's "why" button print it.
It lives for 30 days. The only message text in it is this question.
"""

from __future__ import annotations

from typing import Any

from redis import Redis

from bot.config.settings import Settings
from bot.messages import because_ignored
from bot.redis_keys import FOR_COMMANDS, IGNORED, TRACE, connect
from bot.stored import read_object

SHOWN_REASONS = 8
UNKNOWN = "unknown"
_BLANK = {"question": "", "decision": "", "outcome": "", "seconds": {}, "usage": {}, "events": []}
"""What every reader looks for."""


def read(redis: Redis, message_id: str) -> dict[str, Any] | None:
    """The facts of a message's Trace, None when there is none (any more)."""
    raw = redis.get(TRACE.of(message_id))
    return None if raw is None else {**_BLANK, **read_object(raw), "message_id": message_id}


def reason_ignored(redis: Redis, message_id: str) -> str:
    """Why a message was not taken, in the one word of bot/events/policy.py; empty when unknown."""
    raw = redis.get(IGNORED.of(message_id))
    return str(read_object(raw).get("reason") or "")


def why_failed(facts: dict[str, Any]) -> str:
    """What a question failed of, such as "QuestionTooLong: ..."; empty for one that did not fail."""
    failures = [event for event in facts.get("events", []) if event["event"] in ("failed", "unsendable")]
    return _facts_of(failures[-1]) if failures else ""


def _facts_of(event: dict[str, Any]) -> str:
    """What an event says beside its name and its time."""
    return " ".join(str(value) for name, value in event.items() if name not in ("event", "at"))


def load(settings: Settings, message_id: str) -> dict[str, Any]:
    """The same for the command line; what is unknown has the outcome "unknown"."""
    redis = connect(settings.redis.url, FOR_COMMANDS)
    try:
        facts = read(redis, message_id)
        reason = reason_ignored(redis, message_id) if facts is None else ""
    finally:
        redis.close()
    if reason:
        return {"message_id": message_id, "decision": "", "outcome": "ignored", "reason": reason}
    return facts or {"message_id": message_id, "decision": "", "outcome": UNKNOWN}


def explain(facts: dict[str, Any]) -> str:
    """The Trace as lines a person reads; of one that is not as we write it, that it is not."""
    try:
        return _lines(facts)
    except (KeyError, TypeError, ValueError, AttributeError):
        return f"{facts.get('message_id', '?')}: its Trace is damaged, or another release's"


def _lines(facts: dict[str, Any]) -> str:
    if facts.get("reason"):
        return f"{facts['message_id']}: ignored: {because_ignored(facts['reason'], 'en')}"
    if facts.get("outcome") == UNKNOWN:
        return f"no trace of {facts['message_id']}: it never arrived, or is older than it is kept"
    gate = facts.get("gate") or {}
    if facts.get("erased_at"):
        return f"{facts['message_id']}: taken back by its asker, and erased"
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
    lines.append(f"engine calls {usage.get('calls', 0)}, prompt tokens {usage.get('prompt_tokens', 0)}")
    lines.append("seconds: " + ", ".join(f"{step} {spent:.3f}" for step, spent in facts["seconds"].items()))
    lines += [
        f"+{event['at']:.2f} s {event['event']} {_facts_of(event)}".rstrip() for event in facts["events"]
    ]
    return "\n".join(lines)
