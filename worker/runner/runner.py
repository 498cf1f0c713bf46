"""Many jobs at once in one process, over one loaded index and engine.

RQ's own workers fork for each job (a loaded model and a GPU do not survive that) or run one at a time.
This one is an RQ SimpleWorker whose main thread dequeues while a slot is free and hands the job to a pool
of threads; RQ's records, registries and rate limits stay as they are, so its tools see an ordinary worker.

What differs from RQ, and why:
- the loop is its own: RQ's ends when Redis does not answer, this one waits for Redis to return;
- a signal only sets a flag: raising from the handler can lose a job between pop and start (rq/rq#2236);
- a job that fails goes back to the front of its queue, at most MAX_ATTEMPTS times, then it is parked;
- a job that Feishu or Redis refuses in a passing way waits, at most `keep_trying` seconds (.waiting);
- jobs that Redis says run, but nobody runs, are handed back within seconds (worker.runner.takeover): those of
  workers that died, and our own whose end Redis did not take, or lost when it was killed.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType, TracebackType
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker, worker_registration
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.rate_limit import RateLimitRegistry
from rq.registry import DeferredJobRegistry, FailedJobRegistry, FinishedJobRegistry, ReadyJobRegistry
from rq.timeouts import BaseDeathPenalty, TimerDeathPenalty
from rq.utils import now
from rq.worker import BaseWorker, WorkerStatus

from bot import logs
from bot.clock import SYSTEM, Clock
from bot.feishu.outage import Outages
from bot.queue.rq_layout import SERIALIZER, workers_key
from worker.runner.admission import Admission
from worker.runner.liveness import BEAT, Liveness
from worker.runner.next_job import Parked, count_attempt, next_job
from worker.runner.redis_faults import passes
from worker.runner.takeover import CleanedQueue, Takeover
from worker.runner.waiting import GiveUp, HandBack, PoisonJob, Postpone, Waiting

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
"""How often a job is begun, crashes of the process included, before it is parked."""
KEEP_TRYING = 48 * 3600.0
"""Seconds a job waits at most for what it needs, all its waits together, before it is parked."""
SCAN_INTERVAL = 2.0
"""Seconds between scans for jobs of dead workers."""
HEARTBEAT_INTERVAL = 10
"""Seconds between RQ heartbeats of running jobs; an int, RQ passes it to EXPIRE."""
MAINTENANCE_INTERVAL = 60
"""Seconds between RQ's own cleanups; they come at once after Redis was away or a worker died."""
POP_TIMEOUT = 1
"""Seconds the main thread waits in Redis for a job: how late it notices a signal."""
REDIS_PAUSE = 2.0
"""Seconds until a job comes again that Redis refused something."""
HAND_BACK_GRACE = 3.0
"""Seconds that running jobs have to notice that they are being handed back."""

CLEANED = FinishedJobRegistry, FailedJobRegistry, DeferredJobRegistry, ReadyJobRegistry
"""Registries that are cleaned as RQ cleans them; those of popped and running jobs are the takeover's."""

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class Runner(SimpleWorker):
    """One RQ worker with `concurrency` jobs at once. `parked` is told of each job given up on."""

    death_penalty_class: type[BaseDeathPenalty] = TimerDeathPenalty

    def __init__(
        self,
        queue_name: str,
        connection: Redis,
        liveness: Liveness,
        *,
        concurrency: int,
        stop_timeout: float,
        parked: Parked,
        handing_back: threading.Event | None = None,
        admission: Admission | None = None,
        outages: Outages | None = None,
        keep_trying: float = KEEP_TRYING,
        clock: Clock = SYSTEM,
        each_beat: Callable[[], None] = lambda: None,
        leaving: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            [queue_name],
            name=liveness.name,
            connection=connection,
            serializer=SERIALIZER,
            queue_class=CleanedQueue,
            maintenance_interval=MAINTENANCE_INTERVAL,
            job_monitoring_interval=HEARTBEAT_INTERVAL,
            worker_ttl=60,
            log_job_description=False,
        )
        self.queue = self.queues[0]
        self.liveness = liveness
        self.concurrency = concurrency
        self.stop_timeout = stop_timeout
        self.parked = parked
        self._running: dict[str, Execution] = {}
        self.takeover = Takeover(connection, self.queue, liveness, self._running)
        self.waiting = Waiting(connection, self.queue, outages, clock)
        self.keep_trying = keep_trying
        self.pop_timeout: float = POP_TIMEOUT
        self.handing_back = handing_back or threading.Event()
        """Set when running jobs must stop and go back to the queue."""
        self.admission = admission or Admission(concurrency)
        """Room for jobs that search."""
        self.each_beat = each_beat
        self.leaving = leaving
        self._slots = threading.BoundedSemaphore(concurrency)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="job")
        self._stopped = threading.Event()
        self._attempts: dict[str, int] = {}
        self._scanned = 0.0
        self._beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    # The loop of the main thread

    def run(self) -> None:
        """Works until SIGTERM or SIGINT, through every outage of Redis."""
        if threading.current_thread() is threading.main_thread():
            self._install_signal_handlers()  # type: ignore[no-untyped-call]
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
                signal.signal(signal.SIGHUP, self.request_stop)
        self._retrying(self._arrive)
        self._beating.start()
        try:
            while not self._stop_requested:
                self._retrying(self._turn)
        finally:
            self.teardown()

    def _arrive(self) -> None:
        self.liveness.beat()
        self.each_beat()
        self.register_birth()
        self.set_state(WorkerStatus.STARTED)
        log.info("worker_started", name=self.name, queue=self.queue.name, concurrency=self.concurrency)

    def _turn(self) -> None:
        """Housekeeping when it is due, then at most one job."""
        self._housekeeping()
        if not self._slots.acquire(timeout=self.pop_timeout):
            return
        with ExitStack() as places:
            places.callback(self._slots.release)
            if not self.admission.enter(self.pop_timeout):
                return
            places.callback(self.admission.give_up)
            job = next_job(self.connection, self.queue, self.pop_timeout, self.parked)
            if job is not None:
                self.execute_job(job, self.queue)
                places.pop_all()  # the job's thread gives them back

    def _housekeeping(self) -> None:
        self.waiting.come_back()
        if time.monotonic() - self._scanned >= SCAN_INTERVAL:
            self._scanned = time.monotonic()
            self._register_again()
            if self.takeover.scan():
                self.last_cleaned_at = None  # who died may have held more than jobs
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def _register_again(self) -> None:
        """RQ's record of this worker, where Redis has lost it: a heartbeat alone leaves half of one."""
        with self.connection.pipeline(transaction=False) as pipeline:
            pipeline.hexists(self.key, "birth")
            pipeline.sismember(workers_key(self.queue.name), self.key)
            if all(pipeline.execute()):
                return
        self.register_birth()
        log.warning("worker_registered_again", name=self.name)

    def register_birth(self) -> None:
        """Writes RQ's record of this worker in the place of whatever is there. Raises RedisError.

        RQ's own refuses (ValueError) where it finds a record under this name: the half that a heartbeat
        leaves, which may come at any moment, or a whole one whose reply was lost. No name is used twice.
        """
        with self.connection.pipeline() as pipeline:
            pipeline.delete(self.key)
            self.birth_date = self.last_heartbeat = now()
            pipeline.hset(self.key, mapping=self.serialize())
            worker_registration.register(self, pipeline)
            pipeline.expire(self.key, self.worker_ttl + 60)
            pipeline.execute()

    def _retrying(self, action: Callable[[], None]) -> None:
        """Runs `action` until Redis answers it, or a stop is requested."""
        while not self._stop_requested:
            try:
                return action()
            except RedisError as error:
                self.liveness.lost_redis()
                self.last_cleaned_at = None
                log.warning("redis_unreachable", error=type(error).__name__)
                self._stopped.wait(0.5)

    # One job

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Starts the job on a thread of the pool; the slot is free again when it has ended."""
        execution = self.prepare_execution(job)
        self._running[execution.id] = execution
        self._pool.submit(self._work, job, queue, execution)

    def _work(self, job: Job, queue: Queue, execution: Execution) -> None:
        """Runs on a thread of the pool; what it logs carries the job's id, which ends in the message's."""
        structlog.contextvars.bind_contextvars(job_id=job.id)
        try:
            with self.admission.inside(job.func_name or ""):
                self.perform_job(job, queue, execution)
        except Exception as error:  # whatever it is: the pool would swallow it
            log.warning("job_end_not_recorded", error=type(error).__name__, exc_info=error)
        finally:
            self.executions.pop(execution.id, None)
            self._running.pop(execution.id, None)
            self._attempts.pop(execution.id, None)
            structlog.contextvars.clear_contextvars()
            logs.keep_out("")
            self._slots.release()

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Runs the job, or gives up on it when it was begun too often. Raises RedisError."""
        attempt = count_attempt(self.connection, job)
        self._attempts[execution.id] = attempt
        if attempt > MAX_ATTEMPTS:
            self.prepare_job_execution(job, remove_from_intermediate_queue=True)
            error = PoisonJob(f"begun {attempt - 1} times")
            self._finalize_failure(job, queue, execution, (PoisonJob, error, None))
            return False
        return bool(super().perform_job(job, queue, execution))

    def _finalize_failure(self, job: Job, queue: Queue, execution: Execution, exc_info: ExcInfo) -> None:
        """Hands the job back, lets it wait, or parks it when there is nothing left to try."""
        error = _as_wish(exc_info[1] or PoisonJob("no exception"))
        attempt = self._attempts.get(execution.id, 1)
        if isinstance(error, HandBack):
            count_attempt(self.connection, job, -1)
            self.takeover.hand_back(job.id, execution.id, self.name)
        elif isinstance(error, Postpone) and self.waiting.since(job.id) < self.keep_trying:
            self._put_aside(job, execution, error)
        elif attempt < MAX_ATTEMPTS and not isinstance(error, Postpone | GiveUp):
            log.error(
                "job_failed", job_id=job.id, error=type(error).__name__, attempt=attempt, exc_info=error
            )
            self._stopped.wait(min(0.25 * 2**attempt, 5.0))
            self.takeover.hand_back(job.id, execution.id, self.name)
        else:
            self._park(job, queue, execution, exc_info)

    def _put_aside(self, job: Job, execution: Execution, wish: Postpone) -> None:
        log.info("job_waits", job_id=job.id, why=str(wish), interface=wish.interface)
        aside = self.waiting.place_for(job.id, wish)
        count_attempt(self.connection, job, -1)
        self.takeover.hand_back(job.id, execution.id, self.name, aside)

    def _park(self, job: Job, queue: Queue, execution: Execution, exc_info: ExcInfo) -> None:
        """Gives the job up; RQ keeps it. Whatever telling of it raises, it is not tried for ever."""
        error = exc_info[1] or PoisonJob("no exception")
        log.error("job_parked", job_id=job.id, error=type(error).__name__, exc_info=error)
        try:
            self.parked(job, error)
        except RedisError:
            raise
        except Exception as untold:  # whatever it is: the job ends here
            log.error("parked_untold", job_id=job.id, error=type(untold).__name__, exc_info=untold)
        self.waiting.forget(job.id)
        job.retries_left = 0
        job.started_at = job.started_at or execution.created_at
        super()._finalize_failure(job, queue, execution, exc_info)
        if job.failure_ttl:  # RQ takes the job off its list then, and would keep the job
            self.connection.expire(job.key, int(job.failure_ttl))

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Nothing: the failure is logged already, and RQ's own line would carry the job's arguments."""

    # Heartbeats

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds a running job counts as alive after its last heartbeat, whatever its timeout."""
        return int(BaseWorker.get_heartbeat_ttl(self, job, working_time))

    def _beat(self) -> None:
        beaten = 0.0
        while not self._stopped.wait(BEAT):
            try:
                self.liveness.beat()
                self.each_beat()
                if time.monotonic() - beaten >= HEARTBEAT_INTERVAL:
                    beaten = time.monotonic()
                    self.heartbeat()
                    for execution in list(self._running.values()):
                        self.maintain_heartbeats(execution.job, execution)
            except RedisError as error:
                self.liveness.lost_redis()
                log.warning("heartbeat_failed", error=type(error).__name__)

    def clean_registries(self) -> None:
        """RQ's own cleaning, but for popped and running jobs: who runs them the takeover knows.

        RQ counts a job as failed whose heartbeat is late by our clock, as each is where the clock of its
        worker is behind, and one that it saw popped more than a minute ago. Raises RedisError.
        """
        for queue in self.queues:
            if queue.acquire_maintenance_lock():
                for registry in CLEANED:
                    registry(queue=queue).cleanup()
                for limits in RateLimitRegistry.all(self.connection):
                    limits.cleanup()
                worker_registration.clean_worker_registry(queue)
                queue.release_maintenance_lock()  # type: ignore[no-untyped-call]
        self.last_cleaned_at = now()  # type: ignore[assignment]

    # The end

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM, SIGINT and SIGHUP: finish what runs, take nothing new."""
        self._stop_requested = True

    def teardown(self) -> None:
        """Lets running jobs finish within `stop_timeout` seconds, hands the rest back, says goodbye."""
        log.info("worker_stopping", running=len(self._running))
        self._wait(self.stop_timeout)
        self.handing_back.set()
        self._wait(HAND_BACK_GRACE)
        for execution in list(self._running.values()):
            self._leave_behind(execution)
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        try:
            self.liveness.leave()
            self.leaving()
            self.register_death()  # type: ignore[no-untyped-call]
        except RedisError as error:
            log.warning("goodbye_not_recorded", error=type(error).__name__)
        log.info("worker_stopped", left_behind=len(self._running))

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._running and time.monotonic() < until:
            time.sleep(0.05)

    def _leave_behind(self, execution: Execution) -> None:
        """Hands back a job whose thread does not notice the stop."""
        try:
            count_attempt(self.connection, execution.job, -1)
            self.takeover.hand_back(execution.job_id, execution.id, self.name)
        except RedisError as error:
            log.warning("not_handed_back", job_id=execution.job_id, error=type(error).__name__)


def _as_wish(error: BaseException) -> BaseException:
    """A fault of Redis that passes as the wish to come again: a full or read-only Redis is no job's fault."""
    if isinstance(error, RedisError) and passes(error):
        return Postpone(f"Redis: {type(error).__name__}", seconds=REDIS_PAUSE)
    return error
