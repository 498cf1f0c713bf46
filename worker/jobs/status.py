"""What /status shows, and ages as it words them."""

from __future__ import annotations

import time

from bot.config.release import VERSION
from bot.errors import IndexMissing
from bot.messages import say
from bot.messages.indexing import reason_in
from index.build.source_states import SourceState, states
from worker.process.process import Process


def facts_of(process: Process, language: str) -> dict[str, str]:
    """What /status shows: names and values in the order to show. Raises redis.RedisError.

    The job that answers /status itself is not counted among the running ones.
    """
    depth = process.queue.depth()
    facts = {
        say("status_release", language): VERSION,
        say("status_engine", language): process.llm.name,
        say("status_waiting", language): str(depth.waiting),
        say("status_running", language): str(max(0, depth.running - 1)),
        say("status_oldest", language): say("age_in_seconds", language, count=round(depth.oldest_seconds)),
    }
    away = [state for state in states(process.settings.index.dir) if state.fault]
    if away:
        lines = (_away(state, language) for state in away)
        facts[say("status_source_away", language)] = ("；" if language == "zh" else "; ").join(lines)
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
        age=age_in_words(time.time() - manifest.built_at, language),
    )
    return facts


def _away(state: SourceState, language: str) -> str:
    """A source that the last build could not read: why, and how old is what stands in the index from it."""
    name, why = state.name or state.key, state.fault
    if not state.read_at:
        return say("status_source_never", language, source=name, why=reason_in(language, why))
    age = age_in_words(state.age(time.time()), language)
    return say(
        "status_source_away_value",
        language,
        source=name,
        why=reason_in(language, why),
        documents=state.documents,
        age=age,
    )


def age_in_words(seconds: float, language: str) -> str:
    """In the largest unit that is not below 1: minutes, hours or days; below a minute it says so."""
    minutes = max(0, int(seconds // 60))
    if minutes == 0:
        return say("age_below_a_minute", language)
    if minutes < 60:
        return say("age_in_minutes", language, count=minutes)
    if minutes < 48 * 60:
        return say("age_in_hours", language, count=minutes // 60)
    return say("age_in_days", language, count=minutes // (24 * 60))
