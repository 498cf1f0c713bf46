"""What /status shows: how things stand, a line each."""

from __future__ import annotations

import time

from bot.errors import IndexMissing
from bot.messages import say
from worker.process.process import Process


def facts_of(process: Process, language: str) -> dict[str, str]:
    """Names and values in the order to show. Raises redis.RedisError.

    The job that answers /status itself is not counted among the running ones.
    """
    depth = process.queue.depth()
    facts = {
        say("status_engine", language): process.llm.name,
        say("status_waiting", language): str(depth.waiting),
        say("status_running", language): str(max(0, depth.running - 1)),
        say("status_oldest", language): f"{depth.oldest_seconds:.0f} s",
    }
    if process.llm.degraded:
        facts[say("status_degraded", language)] = say(process.llm.degraded, language)
    try:
        searcher = process.knowledge.current.searcher
    except IndexMissing:
        facts[say("status_index", language)] = say("because_index", language)
        return facts
    manifest = searcher.statistics
    facts[say("status_index", language)] = say(
        "status_index_value",
        language,
        version=searcher.version,
        documents=manifest.documents,
        chunks=manifest.chunks,
        age=_age(time.time() - manifest.built_at, language),
    )
    return facts


def _age(seconds: float, language: str) -> str:
    """In the largest unit that is not below 1: minutes, hours or days."""
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return say("age_in_minutes", language, count=minutes)
    if minutes < 48 * 60:
        return say("age_in_hours", language, count=minutes // 60)
    return say("age_in_days", language, count=minutes // (24 * 60))
