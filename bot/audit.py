"""The audit log: who did what as an admin, one line each, in Redis and in the log.

The newest MOST entries are kept; `python -m bot audit` prints them. An entry is small JSON without message
text: what was acted on is kept only where it is an id or a short name.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.errors import QueueUnavailable
from bot.redis_keys import AUDIT, FOR_COMMANDS, connect

log = structlog.get_logger(__name__)

MOST = 10_000
_SUBJECT = re.compile(r"[\w./:-]{1,100}", re.ASCII)


def record(redis: Redis, action: str, *, by: str, chat_id: str, subject: str = "") -> None:
    """Writes one line: `by` is an open_id, `subject` what was acted on. Raises redis.RedisError."""
    subject = subject if _SUBJECT.fullmatch(subject) else ""
    entry = {"at": time.time(), "action": action, "by": by, "chat_id": chat_id, "subject": subject}
    with redis.pipeline() as pipeline:
        pipeline.lpush(AUDIT.name, json.dumps(entry))
        pipeline.ltrim(AUDIT.name, 0, MOST - 1)
        pipeline.execute()
    metrics.ADMIN_ACTIONS.labels(action).inc()
    log.info("audit", action=action, by=by, chat_id=chat_id, subject=subject)


def newest(redis: Redis, count: int) -> list[dict[str, Any]]:
    """The newest entries, newest first. Raises redis.RedisError."""
    return [json.loads(line) for line in redis.lrange(AUDIT.name, 0, count - 1)]


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
        f"{entry['by']} {entry['chat_id']} {entry['subject']}".rstrip()
        for entry in entries
    )
