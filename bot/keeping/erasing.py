"""Taking a person's words out of Redis: those of one question, or everything of one person.

What is left of an erased question says that there was one, when, and that it was taken back. The ids of the
cards that answered it stay, so that nothing is ever said twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import ConfigError, QueueUnavailable
from bot.keeping import colleagues
from bot.markdown.dialect import is_open_id
from bot.queue import rq_layout
from bot.redis_keys import (
    ANSWER,
    ASKERS,
    AUDIT,
    CANCELLED,
    CONFIRMED,
    DEAD_LETTERS,
    EXAMPLES,
    FEEDBACK,
    FOR_COMMANDS,
    PARTS,
    PROPOSED,
    SEEN,
    TRACE,
    connect,
)
from bot.stored import decoded, read_object
from bot.talk.history import History

FORGOTTEN = "forgotten"
"""Stands in the audit log where an open_id stood."""
_BATCH = 500


@dataclass(frozen=True)
class Forgotten:
    """How much of a person was erased."""

    questions: int
    feedback: int
    audit_lines: int


def erase_question(redis: Redis, message_id: str, *, keep_seconds: int = TRACE.seconds) -> None:
    """Takes the words of a question out of everything that is kept of it. Raises redis.RedisError."""
    left = {"message_id": message_id, "outcome": "recalled", "erased_at": time.time()}
    job_id = decoded(redis.get(SEEN.of(message_id)))
    with redis.pipeline() as pipeline:
        pipeline.set(TRACE.of(message_id), json.dumps({**_blank(), **left}), ex=keep_seconds)
        pipeline.delete(ANSWER.of(message_id), FEEDBACK.of(message_id), PROPOSED.of(message_id))
        pipeline.hdel(EXAMPLES.name, message_id)
        pipeline.hdel(CONFIRMED.name, message_id)
        pipeline.execute()
    History(redis).forget(message_id)
    _erase_part(redis, message_id)
    if job_id:
        _erase_job(redis, job_id)


def _erase_part(redis: Redis, message_id: str) -> None:
    """Takes the words of a message out of what its sender said a moment ago; that it was said stays, for
    what they say next is said to the bot all the same."""
    for row in redis.scan_iter(PARTS.glob, _BATCH):
        for part in redis.lrange(row, 0, -1):
            said = read_object(part)
            if said.get("id") == message_id and said.get("text"):
                with redis.pipeline() as pipeline:
                    blank = json.dumps({**said, "text": ""})
                    pipeline.linsert(row, "AFTER", part, blank)  # type: ignore[arg-type]
                    pipeline.lrem(row, 0, part)  # type: ignore[arg-type]
                    pipeline.execute()


def forget_person(redis: Redis, open_id: str) -> Forgotten:
    """Erases everything that is kept of a person. Raises redis.RedisError.

    Questions that still wait are taken back: they end without an answer.
    """
    questions = {message_id for message_id, asker in _askers(redis) if asker == open_id}
    for message_id in questions:
        redis.set(CANCELLED.of(message_id), "1", ex=CANCELLED.seconds)
        erase_question(redis, message_id)
    feedback = sum(int(redis.hdel(key, open_id)) for key in redis.scan_iter(FEEDBACK.glob, _BATCH))
    for key in redis.scan_iter(ASKERS.glob, _BATCH):
        redis.srem(key, open_id)
    for key in redis.scan_iter(PARTS.of(f"*:{open_id}"), _BATCH):
        redis.delete(key)
    _forget_help(redis, open_id)
    colleagues.forget(redis, open_id)
    return Forgotten(len(questions), feedback, _forget_in_audit(redis, open_id))


def forget(url: str, open_id: str) -> str:
    """What `python -m bot forget` does and says. Raises ConfigError, QueueUnavailable."""
    if not is_open_id(open_id):  # no name, no pattern, nothing that is empty for those who asked nothing
        raise ConfigError(f"OPEN_ID {open_id!r}: give a person's open_id, such as ou_7d8a6e6df7621556")
    try:
        with connect(url, FOR_COMMANDS) as redis:
            done = forget_person(redis, open_id)
    except RedisError as error:
        raise QueueUnavailable(f"no answer at redis.url ({type(error).__name__}): run it again") from error
    return (
        f"erased {done.questions} questions with their answers and Traces, {done.feedback} opinions, and the "
        f"name in {done.audit_lines} audit lines. What was said in Feishu stays there: recall it in the chat."
    )


def _askers(redis: Redis) -> Iterator[tuple[str, str]]:
    """(message, open_id of who asked it) of every question of which something is kept."""
    for key in redis.scan_iter(ANSWER.glob, _BATCH):
        yield decoded(key).removeprefix(ANSWER.prefix), _asker(read_object(redis.get(key)).get("answer"))
    for key in redis.scan_iter(TRACE.glob, _BATCH):
        yield decoded(key).removeprefix(TRACE.prefix), _asker(read_object(redis.get(key)))
    for key in redis.scan_iter(f"{rq_layout.JOB_PREFIX}*", _BATCH):
        job_id = decoded(key).removeprefix(rq_layout.JOB_PREFIX)
        data = _sent_by(redis.hget(key, "data"))
        yield job_id.partition("-")[2], data


def _asker(data: Any) -> str:
    return str(data.get("asker") or "") if isinstance(data, dict) else ""


def _sent_by(data: bytes | str | None) -> str:
    """Who sent the message that a job holds: its data is [function, instance, arguments, named ones]."""
    with suppress(ValueError, TypeError, LookupError, AttributeError):
        for argument in rq_layout.call_of(data)[2]:
            if isinstance(argument, dict):
                return str(argument.get("sender_id") or "")
    return ""


def _forget_help(redis: Redis, open_id: str) -> None:
    """Takes the name off answers that this person took over for others."""
    for key in redis.scan_iter(ANSWER.glob, _BATCH):
        kept = read_object(redis.get(key))
        state = kept.get("state")
        if isinstance(state, dict) and state.get("taken_by") == open_id:
            state["taken_by"] = ""
            redis.set(key, json.dumps(kept, ensure_ascii=False), keepttl=True)


def _forget_in_audit(redis: Redis, open_id: str) -> int:
    """What was done stays, who did it does not. New lines come at the front meanwhile: count from the end."""
    changed = 0
    for place, line in enumerate(reversed(redis.lrange(AUDIT.name, 0, -1)), start=1):
        entry = read_object(line)
        if entry.get("by") == open_id:
            redis.lset(AUDIT.name, -place, json.dumps({**entry, "by": FORGOTTEN}))
            changed += 1
    return changed


def _erase_job(redis: Redis, job_id: str) -> None:
    """Deletes a job that has ended; one that has not ends by itself and is then deleted."""
    key = rq_layout.job_key(job_id)
    status = redis.hget(key, rq_layout.STATUS)
    if status in rq_layout.UNFINISHED:
        return
    queue = decoded(redis.hget(key, "origin"))
    with redis.pipeline() as pipeline:
        pipeline.delete(key, rq_layout.results_key(job_id))
        pipeline.zrem(rq_layout.failed_key(queue), job_id)
        pipeline.hdel(DEAD_LETTERS.name, job_id)
        pipeline.execute()


def _blank() -> dict[str, Any]:
    """A Trace that says nothing, with what its readers look for."""
    return {"question": "", "decision": "", "seconds": {}, "events": [], "usage": {}, "started_at": 0.0}
