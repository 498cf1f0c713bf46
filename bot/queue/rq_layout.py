"""All that this bot knows of how RQ keeps things in Redis: its key names, its hash fields, its statuses.

RQ's own calls cannot do what is needed here: one script that takes a message in, a worker of many threads,
and a takeover within seconds (submit.lua, worker/runner). They write what RQ would have written. None of
it is promised by RQ; another release may change it and jobs would be lost in silence. It stands here
alone and is compared with the RQ that is installed when this module is imported.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import rq
from redis import Redis

from bot.errors import ConfigError

try:
    from rq.executions import Execution, ExecutionRegistry
    from rq.job import Job, JobStatus, Retry
    from rq.queue import Queue
    from rq.rate_limit import ACQUIRE_AND_ENQUEUE_SCRIPT, RateLimitRegistry
    from rq.registry import FailedJobRegistry, StartedJobRegistry
    from rq.utils import utcformat
    from rq.worker_registration import WORKERS_BY_QUEUE_KEY
except ImportError as error:
    raise ConfigError(f"rq {rq.__version__} is not the one this bot was written for: {error}") from error

SERIALIZER = "json"
JOB_PREFIX, QUEUE_PREFIX, QUEUES = "rq:job:", "rq:queue:", "rq:queues"
LIMIT_PREFIX, LIMITS = "rq:rl:", "rq:rl-keys"
OF_RQ = "rq:"
"""What all of its keys begin with."""
OF_WORK = ("rq:job:", "rq:queue", "rq:rl", "rq:failed:")
"""What the keys of waiting and failed jobs begin with, and of who may run next."""
UNFINISHED = frozenset({b"queued", b"rate_limited", b"scheduled", b"started"})
STARTED = b"started"
STATUS, WORKER = "status", "worker_name"
"""Fields: of a job's hash, of an execution's."""
SCRIPT_DIGEST = "dbe58042aeda4e02"
"""Of RQ's script that hands out rate-limit slots: submit.lua runs it with keys and arguments of its own."""
ACQUIRE_SCRIPT = ACQUIRE_AND_ENQUEUE_SCRIPT


def job_key(job_id: str) -> str:
    """Hash of a job."""
    return JOB_PREFIX + job_id


def results_key(job_id: str) -> str:
    """Stream of what became of a job."""
    return f"rq:results:{job_id}"


def failed_key(queue: str) -> str:
    """Sorted set of the jobs of a queue that were given up on."""
    return f"rq:failed:{queue}"


def started_key(queue: str) -> str:
    """Sorted set of a queue's running executions, as `member_of` names them."""
    return f"rq:wip:{queue}"


def workers_key(queue: str) -> str:
    """Set of the keys of a queue's workers; each of those keys expires when its worker stops."""
    return f"rq:workers:{queue}"


def popped_key(queue: str) -> str:
    """List of the jobs that a worker has popped and not yet started."""
    return f"{QUEUE_PREFIX}{queue}:intermediate"


def execution_key(job_id: str, execution: str) -> str:
    """Hash of one run of a job."""
    return f"rq:execution:{job_id}:{execution}"


def executions_key(job_id: str) -> str:
    """Sorted set of a job's runs."""
    return f"rq:executions:{job_id}"


def worker_executions_key(worker: str) -> str:
    """Set of what a worker runs, as `member_of` names it."""
    return f"rq:worker:{worker}:executions"


def member_of(job_id: str, execution: str) -> str:
    """How a running execution is called in sets of them."""
    return f"{job_id}:{execution}"


def call_of(data: bytes | str | None) -> Any:
    """What a job's `data` holds: [function, instance, arguments, named ones]. RQ compresses what it saves.

    Raises ValueError.
    """
    raw = data.encode() if isinstance(data, str) else data or b""
    with suppress(zlib.error):
        raw = zlib.decompress(raw)
    return json.loads(raw)


def now() -> str:
    """The time as it stands in job hashes."""
    return _written(datetime.now(UTC))


def _written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def common_fields(
    queue: str,
    *,
    timeout: int,
    result_seconds: int,
    failure_seconds: int,
    retries: int,
    meta: dict[str, Any] | None = None,
) -> dict[str, str]:
    """The part of a job hash that is the same for every job of a queue, as RQ itself writes it."""
    job = Job.create(
        "worker.jobs",
        connection=Redis(),  # writes nothing
        serializer=SERIALIZER,
        description=queue,
        origin=queue,
        timeout=timeout,
        result_ttl=result_seconds,
        failure_ttl=failure_seconds,
        retry=Retry(retries),
        meta=meta,
    )
    own = ("created_at", "data", STATUS)
    written = {name: value for name, value in job.to_dict().items() if name not in own}
    return {
        name: value.decode() if isinstance(value, bytes) else str(value) for name, value in written.items()
    }


def differences() -> list[str]:
    """Where the RQ that is installed keeps things otherwise than this module says; empty when all is well."""
    try:
        return [
            f"{what}: {found!r} instead of {known!r}" for what, known, found in _compared() if known != found
        ]
    except (AttributeError, TypeError, KeyError) as error:
        return [f"{type(error).__name__}: {error}"]


def _compared() -> list[tuple[str, Any, Any]]:
    """(what, what is known here, what RQ says)."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    run = Execution("E", "J", connection=Redis(), worker_name="W")
    limit = RateLimitRegistry.__new__(RateLimitRegistry)  # its __init__ registers scripts
    limit.key = "K"
    queue = Queue("Q", connection=Redis())
    job = Job.create("f", connection=Redis(), serializer=SERIALIZER, args=["a"], origin="Q")
    job.rate_limit_key, job.rate_limit_concurrency, job.enqueue_at_front = "K", 1, True
    job.enqueued_at = moment
    of_submit = {"created_at", "data", STATUS, "enqueued_at", "origin"}
    of_submit |= {"rate_limit_key", "rate_limit_concurrency", "enqueue_at_front"}
    return [
        ("job", job_key("J"), Job.key_for("J")),
        ("job prefix", JOB_PREFIX, Job.redis_job_namespace_prefix),
        ("queue", f"{QUEUE_PREFIX}Q", queue.key),
        ("queues", QUEUES, Queue.redis_queues_keys),
        ("popped jobs", popped_key("Q"), queue.intermediate_queue_key),
        ("failed jobs", failed_key("Q"), FailedJobRegistry.key_template.format("Q")),
        ("running jobs", started_key("Q"), StartedJobRegistry.key_template.format("Q")),
        ("workers", workers_key("Q"), WORKERS_BY_QUEUE_KEY % "Q"),
        ("run", execution_key("J", "E"), run.key),
        ("run in a set", member_of("J", "E"), run.composite_key),
        ("runs of a worker", worker_executions_key("W"), run.worker_executions_key),
        ("runs of a job", executions_key("J"), ExecutionRegistry.key_template.format("J")),
        ("worker of a run", "W", run.serialize().get(WORKER)),
        ("rate limits", LIMITS, RateLimitRegistry.rl_keys_key),
        ("rate limit", f"{LIMIT_PREFIX}K", limit.config_key),
        ("jobs let through", f"{LIMIT_PREFIX}K:allowed", limit.allowed_key),
        ("jobs held back", f"{LIMIT_PREFIX}K:rate_limited", limit.rate_limited_key),
        ("statuses", set(), {status.decode() for status in UNFINISHED} - {one.value for one in JobStatus}),
        ("fields of a job", set(), of_submit - set(job.to_dict())),
        ("a job's call", '["f", null, ["a"], {}]', _text(job.data)),
        ("time", _written(moment), utcformat(moment)),
        ("script", SCRIPT_DIGEST, hashlib.sha256(ACQUIRE_SCRIPT.encode()).hexdigest()[: len(SCRIPT_DIGEST)]),
    ]


def _text(data: bytes | str) -> str:
    return json.dumps(json.loads(data))


def check() -> None:
    """Raises ConfigError, with RQ's version, where the installed RQ keeps things otherwise."""
    if found := differences():
        raise ConfigError(
            f"rq {rq.__version__} keeps its jobs otherwise than this bot expects ({'; '.join(found)}); "
            "install the version that requirements.txt pins"
        )


check()
