"""The audit log: who did what as an admin, one line each, in Redis and in the log.

The newest MOST lines are kept; `python -m bot audit` prints them. A line is small JSON without message
text: what was acted on is kept only where it is an id or a short name.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.errors import QueueUnavailable
from bot.redis_keys import AUDIT, FOR_COMMANDS, connect
from bot.stored import number_of, read_object

log = structlog.get_logger(__name__)

MOST = 20_000
"""Lines that are kept: an action is one line, and how it ended another."""
_SUBJECT = re.compile(r"[\w./:-]{1,100}", re.ASCII)


def record(redis: Redis, action: str, *, by: str, chat_id: str, subject: str = "") -> str:
    """Writes one line, before it is done: `by` is an open_id, `subject` what is acted on.

    Returns the id by which `ended` says how it ended. Raises redis.RedisError.
    """
    subject = subject if _SUBJECT.fullmatch(subject) else ""
    entry_id = secrets.token_hex(6)
    entry = {
        "id": entry_id,
        "at": time.time(),
        "action": action,
        "by": by,
        "chat_id": chat_id,
        "subject": subject,
    }
    with redis.pipeline() as pipeline:
        pipeline.lpush(AUDIT.name, json.dumps(entry))
        pipeline.ltrim(AUDIT.name, 0, MOST - 1)
        pipeline.execute()
    metrics.ADMIN_ACTIONS.labels(action).inc()
    log.info("audit", action=action, by=by, chat_id=chat_id, subject=subject)
    return entry_id


def ended(redis: Redis, entry_id: str, how: str) -> None:
    """Writes how an action ended: 'done', or what it failed of. Raises redis.RedisError."""
    redis.lpush(AUDIT.name, json.dumps({"end_of": entry_id, "how": how}))
    log.info("audit_ended", entry=entry_id, how=how)


@contextmanager
def recorded(redis: Redis, action: str, *, by: str, chat_id: str, subject: str = "") -> Iterator[None]:
    """`record` before and `ended` after what is done inside. Raises redis.RedisError."""
    entry_id = record(redis, action, by=by, chat_id=chat_id, subject=subject)
    try:
        yield
    except Exception as error:
        ended(redis, entry_id, type(error).__name__)
        raise
    ended(redis, entry_id, "done")


def newest(redis: Redis, count: int) -> list[dict[str, Any]]:
    """The newest entries with how they `ended`, newest first. Raises redis.RedisError."""
    ends: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    for line in redis.lrange(AUDIT.name, 0, 2 * count + MOST // 100):
        entry = read_object(line)
        if "end_of" in entry:
            ends[str(entry["end_of"])] = str(entry.get("how", ""))
        elif entry and len(found) < count:
            whole = {name: str(entry.get(name, "")) for name in ("id", "action", "by", "chat_id", "subject")}
            found.append({**whole, "at": number_of(entry.get("at")), "ended": ends.get(whole["id"], "")})
    return found


def show(redis_url: str, count: int, *, as_json: bool) -> str:
    """What `python -m bot audit` prints: newest first. Raises QueueUnavailable."""
    try:
        with connect(redis_url, FOR_COMMANDS) as redis:
            entries = newest(redis, count)
    except RedisError as error:
        raise QueueUnavailable(
            f"no answer at redis.url ({type(error).__name__}): is Redis running?"
        ) from error
    if as_json:
        return json.dumps(entries, ensure_ascii=False, indent=2)
    return "\n".join(
        f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(entry['at']))}  {entry['action']:10}"
        f"{entry['by']} {entry['chat_id']} {entry['subject']}  {entry['ended'] or 'unfinished'}"
        for entry in entries
    )
