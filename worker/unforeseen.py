"""Errors that nobody foresaw: a bug of ours, of a library, of a server's that got past every check.

They end nowhere in silence. A part that has something lesser in its place (another engine, the gate's own
opinion, no web pages) goes on with that; else the asker is told in one card. Here they are logged with their
traceback and counted, so that the operator hears of each (docs/alerts.yaml: FennelUnforeseenError).
"""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from bot import metrics
from bot.errors import FennelError

log = structlog.get_logger(__name__)

_ON_PURPOSE = (FennelError, RedisError, JobTimeoutException)


def unforeseen(where: str, error: Exception) -> bool:
    """Whether nobody foresaw it; it is noted then, as of the part `where`.

    What is raised on purpose below a job is ours, Redis's, or the end of a job's time.
    """
    if isinstance(error, _ON_PURPOSE):
        return False
    note(where, error)
    return True


def note(where: str, error: Exception) -> None:
    """Logs and counts it; `where` names the part."""
    log.error("unforeseen", where=where, error=type(error).__name__, exc_info=error)
    metrics.UNFORESEEN.labels(where).inc()
