"""Takes the next job out of its queue, and counts how often it was begun; what cannot be read is put away."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DequeueTimeout, NoSuchJobError
from rq.job import Job
from rq.queue import Queue

from bot.queue.rq_layout import SERIALIZER, failed_key, job_key
from bot.redis_keys import ATTEMPTS
from bot.stored import decoded

log = structlog.get_logger(__name__)

UNREADABLE_KEPT = 30 * 86_400
"""Seconds that a job whose record cannot be read stays among the failed ones."""

Parked = Callable[[Job, BaseException], None]
"""Is told of a job that is given up on."""


def next_job(connection: Redis, queue: Queue, timeout: float, parked: Parked) -> Job | None:
    """The next job, read whole; None when none came within `timeout` seconds. Raises RedisError."""
    try:
        _, job_id = Queue.lmove(connection, queue.key, timeout)  # type: ignore[arg-type]  # Redis takes parts of seconds
    except DequeueTimeout:
        return None
    try:
        job = Job.fetch(decoded(job_id), connection=connection, serializer=SERIALIZER)
        _ = job.func_name, job.args, job.get_status(refresh=False)  # read when they are first asked for
        return job
    except NoSuchJobError:
        queue.intermediate_queue.remove(decoded(job_id))
        return None
    except RedisError:
        raise
    except Exception as error:  # whatever RQ's reading raises: one job must not end the worker
        _put_away(connection, queue, decoded(job_id), error)
        parked(Job(decoded(job_id), connection=connection, serializer=SERIALIZER), error)
        return None


def _put_away(connection: Redis, queue: Queue, job_id: str, error: Exception) -> None:
    """Takes a job out of the queue whose very record cannot be read; it is listed by its id alone."""
    log.error("job_unreadable", job_id=job_id, error=type(error).__name__, exc_info=error)
    queue.intermediate_queue.remove(job_id)
    with connection.pipeline() as pipeline:
        pipeline.hset(job_key(job_id), "status", "failed")
        pipeline.zadd(failed_key(queue.name), {job_id: time.time() + UNREADABLE_KEPT})
        pipeline.execute()


def count_attempt(connection: Redis, job: Job, amount: int = 1) -> int:
    """How often the job was begun, this time included; -1 takes one back."""
    key = ATTEMPTS.of(job.id)
    with connection.pipeline() as pipeline:
        pipeline.incrby(key, amount)
        pipeline.expire(key, ATTEMPTS.seconds)
        return int(pipeline.execute()[0])
