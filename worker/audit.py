"""The audit log: who did what as an admin, one line each, in Redis and in the log.

The newest MOST entries are kept; each is small JSON without message text.
"""

from __future__ import annotations

import json
import time

import structlog
from redis import Redis

from bot import metrics

log = structlog.get_logger(__name__)

KEY = "fennel:audit"
MOST = 10_000


def record(redis: Redis, action: str, *, by: str, chat_id: str, subject: str = "") -> None:
    """Writes one line: `by` is an open_id, `subject` what was acted on. Raises redis.RedisError."""
    entry = {"at": time.time(), "action": action, "by": by, "chat_id": chat_id, "subject": subject}
    with redis.pipeline() as pipeline:
        pipeline.lpush(KEY, json.dumps(entry))
        pipeline.ltrim(KEY, 0, MOST - 1)
        pipeline.execute()
    metrics.ADMIN_ACTIONS.labels(action).inc()
    log.info("audit", action=action, by=by, chat_id=chat_id, subject=subject)


def newest(redis: Redis, count: int = 50) -> list[dict[str, object]]:
    """The newest entries, newest first."""
    return [json.loads(line) for line in redis.lrange(KEY, 0, count - 1)]
