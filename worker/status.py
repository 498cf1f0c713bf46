"""What /status shows: how things stand, a line each."""

from __future__ import annotations

import time

from bot.errors import IndexMissing
from bot.messages import say
from worker.process import Process


def facts_of(process: Process, language: str) -> dict[str, str]:
    """Names and values in the order to show. Raises redis.RedisError."""
    depth = process.queue.depth()
    facts = {
        say("status_engine", language): process.llm.name,
        say("status_waiting", language): str(depth.waiting),
        say("status_running", language): str(depth.running),
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
    age = max(0.0, time.time() - manifest.built_at) / 3600
    facts[say("status_index", language)] = say(
        "status_index_value",
        language,
        version=searcher.version,
        documents=manifest.documents,
        chunks=manifest.chunks,
        hours=f"{age:.1f}",
    )
    return facts
