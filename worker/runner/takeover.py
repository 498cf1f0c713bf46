"""Takeover: jobs that nobody runs any more go back to the front of their queue within seconds.

Those of dead workers, and those that Redis ascribes to this worker though it does not run them: their end
could not be written, or Redis was killed before it had written it down (`appendfsync everysec` may lag two
seconds behind), or their start failed halfway.

RQ's own cleanup waits for a heartbeat to expire (a minute and more), by the clocks of two machines, of which
one may be minutes wrong, and then spends one of the job's retries. This scan asks worker.runner.liveness
instead and moves the job in one Lua script, which also decides which of several scanning workers does it. The
job keeps its place: at the front, and with the rate-limit slot that keeps later messages of its thread
waiting.
"""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from typing import cast

import structlog
from redis import Redis
from rq.queue import Queue
from rq.utils import parse_composite_key

from bot.queue import rq_layout
from bot.stored import decoded
from worker.runner.liveness import Liveness
from worker.runner.waiting import Aside

log = structlog.get_logger(__name__)

STUCK = 5.0
"""Seconds a popped job may take to be started before it counts as lost between the two."""
KEPT = 60.0
"""Seconds until RQ's own tools, which clean what they count, may take a running job for left behind."""
CLEANING_LOCK = 20
"""Seconds one worker's cleanup may take before another may clean too."""

# KEYS: started registry, execution, executions of job, job, queue, intermediate queue, worker's executions,
#       waiting jobs (where it is to wait)
# ARGV: "job id:execution id", execution id, job id, score among the waiting
_HAND_BACK = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[2])
redis.call('SREM', KEYS[7], ARGV[1])
local pending = redis.call('LREM', KEYS[6], 0, ARGV[3])
local status = redis.call('HGET', KEYS[4], 'status')
if status ~= 'started' and not (status == 'queued' and pending > 0) then return 0 end
redis.call('HSET', KEYS[4], 'status', 'queued')
if KEYS[8] then
  redis.call('ZADD', KEYS[8], ARGV[4], ARGV[3])
else
  redis.call('LPUSH', KEYS[5], ARGV[3])
end
return 1
"""

# KEYS: intermediate queue, queue, job.  ARGV: job id
_UNSTICK = """
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
if redis.call('HGET', KEYS[3], 'status') ~= 'queued' then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[1])
return 1
"""


class CleanedQueue(Queue):
    """A queue whose cleanup goes on when a worker dies while it cleans: RQ's own lock lasts 15 minutes."""

    def acquire_maintenance_lock(self) -> bool:
        """Whether this worker may clean now."""
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=CLEANING_LOCK))


class Takeover:
    """Scans one queue for jobs that nobody runs. `running` holds the executions of this worker."""

    def __init__(self, redis: Redis, queue: Queue, liveness: Liveness, running: Container[str]) -> None:
        self.redis = redis
        self.queue = queue
        self.liveness = liveness
        self.running = running
        self._hand_back = redis.register_script(_HAND_BACK)
        self._unstick = redis.register_script(_UNSTICK)
        self._seen: dict[str, float] = {}

    def scan(self) -> int:
        """Requeues what nobody runs; returns how many. Raises redis.RedisError.

        Jobs are started on the thread that calls this, so none is between Redis and `running` meanwhile.
        """
        taken, now = 0, time.time()
        trusted = self.liveness.trusted()
        dead: dict[str, bool] = {}
        started = self.redis.zrange(rq_layout.started_key(self.queue.name), 0, -1, withscores=True)
        members = cast("list[tuple[bytes, float]]", started)
        executions = [parse_composite_key(decoded(member)) for member, _ in members]
        workers = self._workers_of(executions)
        for (job_id, execution), (_, expires), worker in zip(executions, members, workers, strict=True):
            if worker not in dead:
                dead[worker] = self.liveness.is_dead(worker, trusted=trusted) if worker else False
            if worker == self.liveness.name:
                left = execution not in self.running
            else:
                left = dead[worker] if worker else expires < now
            if left and self.hand_back(job_id, execution, worker):
                taken += 1
                log.info("job_taken_over", job_id=job_id, left_by=worker)
            elif expires < now and not left:  # as RQ's own tools would have it, by a clock that is ahead
                self._keep(rq_layout.member_of(job_id, execution), now)
        return taken + self._unstick_popped()

    def _keep(self, member: str, now: float) -> None:
        """What a living worker runs, or one that may live, is not for RQ's own tools to clean."""
        until = now + KEPT
        self.redis.zadd(rq_layout.started_key(self.queue.name), {member: until}, xx=True)

    def hand_back(self, job_id: str, execution: str, worker: str, aside: Aside | None = None) -> bool:
        """Puts a started job back to the front of its queue, or `aside`; False when it does not run there."""
        keys = [
            rq_layout.started_key(self.queue.name),
            rq_layout.execution_key(job_id, execution),
            rq_layout.executions_key(job_id),
            rq_layout.job_key(job_id),
            self.queue.key,
            rq_layout.popped_key(self.queue.name),
            rq_layout.worker_executions_key(worker),
        ]
        arguments: list[str | float] = [rq_layout.member_of(job_id, execution), execution, job_id]
        if aside is not None:
            keys.append(aside.key)
            arguments.append(aside.score)
        return bool(self._hand_back(keys=keys, args=arguments))

    def _workers_of(self, executions: Sequence[tuple[str, str]]) -> list[str]:
        """Names of the workers that run them; empty where it is not known."""
        with self.redis.pipeline(transaction=False) as pipeline:
            for job_id, execution in executions:
                pipeline.hget(rq_layout.execution_key(job_id, execution), rq_layout.WORKER)
            return [decoded(name) if name else "" for name in pipeline.execute()]

    def _unstick_popped(self) -> int:
        """Jobs that were popped and never started: their worker died in between."""
        waiting = {
            decoded(job_id) for job_id in self.redis.lrange(rq_layout.popped_key(self.queue.name), 0, -1)
        }
        now = time.monotonic()
        self._seen = {job_id: self._seen.get(job_id, now) for job_id in waiting}
        moved = 0
        for job_id, since in list(self._seen.items()):
            if now - since < STUCK:
                continue
            keys = [rq_layout.popped_key(self.queue.name), self.queue.key, rq_layout.job_key(job_id)]
            if self._unstick(keys=keys, args=[job_id]):
                moved += 1
                log.info("popped_job_requeued", job_id=job_id)
        return moved
