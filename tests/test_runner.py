"""The runner: many jobs at once on a real Redis, and nothing lost when things die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.exceptions import ConnectionError
from rq import Queue, RateLimit, SimpleWorker
from rq.executions import Execution
from rq.job import Job, JobStatus

from bot.redis_keys import ALIVE, FOR_WORKERS, connect
from bot.supervisor.redis_server import RedisServer
from tests.waiting import LIMIT, START_LIMIT, join, wait_for
from worker.runner import liveness as liveness_module
from worker.runner.liveness import Liveness, is_gone, new_name
from worker.runner.runner import MAX_ATTEMPTS, Runner
from worker.runner.takeover import CleanedQueue, Takeover
from worker.runner.waiting import HandBack

pytestmark = pytest.mark.slow

PARKED: list[str] = []
RUNNING = threading.Semaphore(0)
GATE = threading.Event()
HANDING_BACK = threading.Event()


def quick(number: int) -> int:
    return number


def until_told(redis_url: str, number: int) -> int:
    """Counts itself as begun and ended, so that a test sees what was run how often; ends when told."""
    redis = Redis.from_url(redis_url)
    redis.rpush("begun", number)
    while not redis.exists("told"):
        time.sleep(0.02)
    redis.rpush("ended", number)
    redis.close()
    return number


def wait_for_gate(number: int) -> int:
    with AT_ONCE.one_more():
        RUNNING.release()
        assert GATE.wait(LIMIT)
    return number


class AtOnce:
    """How many jobs run, and the most that did."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        yield
        with self.lock:
            self.now -= 1


AT_ONCE = AtOnce()


def fail_always() -> None:
    raise RuntimeError("always")


def hang_until_handed_back() -> None:
    RUNNING.release()
    assert HANDING_BACK.wait(LIMIT)
    raise HandBack("stopping")


@pytest.fixture(autouse=True)
def _clean() -> None:
    PARKED.clear()
    GATE.clear()
    HANDING_BACK.clear()
    AT_ONCE.most = 0
    while RUNNING.acquire(blocking=False):
        pass


@contextmanager
def running(url: str, **options: object) -> Iterator[Runner]:
    redis = connect(url, FOR_WORKERS)
    settings = {"concurrency": 4, "stop_timeout": 5.0, "handing_back": HANDING_BACK, **options}
    runner = Runner(
        "answer",
        redis,
        Liveness(redis, new_name()),
        parked=lambda job, error: PARKED.append(f"{job.id} {type(error).__name__}"),
        **settings,  # type: ignore[arg-type]
    )
    runner.pop_timeout = 0.1
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield runner
    finally:
        runner.request_stop(signal.SIGTERM, None)
        join(thread)
        redis.close()


def enqueue(redis: Redis, function: Callable[..., object], *arguments: object, name: str) -> Job:
    queue = Queue("answer", connection=redis, serializer="json")
    return queue.enqueue(function, *arguments, job_id=name, job_timeout=600, result_ttl=600)


def test_runs_as_many_jobs_at_once_as_there_are_slots(redis: Redis, redis_url: str) -> None:
    jobs = [enqueue(redis, wait_for_gate, number, name=f"job{number}") for number in range(6)]
    with running(redis_url, concurrency=4):
        for _ in range(4):
            assert RUNNING.acquire(timeout=LIMIT)
        GATE.set()
        wait_for(lambda: all(job.get_status() == "finished" for job in jobs))
    assert AT_ONCE.most == 4, "a fifth job began without a free slot"
    assert [job.return_value() for job in jobs] == list(range(6))


def test_a_failing_job_is_tried_again_and_then_parked(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis, fail_always, name="poison")
    with running(redis_url) as runner:
        runner._stopped.set()  # no pause between the attempts
        wait_for(lambda: PARKED)
        wait_for(lambda: job.get_status() == "failed")
    assert PARKED == ["poison RuntimeError"]
    assert redis.get("fennel:attempts:poison") == str(MAX_ATTEMPTS).encode()
    assert redis.llen("rq:queue:answer") == 0


def test_a_stop_hands_back_what_does_not_finish(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis, hang_until_handed_back, name="long")
    with running(redis_url, stop_timeout=0.2):
        assert RUNNING.acquire(timeout=LIMIT)
    assert job.get_status() == "queued"
    assert redis.lrange("rq:queue:answer", 0, -1) == [b"long"]
    assert redis.get("fennel:attempts:long") == b"0", "a hand-back does not count as an attempt"
    assert redis.zcard("rq:wip:answer") == 0


WORKER = """
import sys
sys.path.insert(0, {root!r})
from tests.test_runner import connect, FOR_WORKERS, Liveness, new_name, Runner
redis = connect({url!r}, FOR_WORKERS)
liveness = Liveness(redis, new_name())
Runner("answer", redis, liveness, concurrency=4, stop_timeout=5, parked=lambda job, error: None).run()
"""


def start_worker(url: str) -> subprocess.Popen[bytes]:
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(WORKER.format(root=root, url=url))])


def test_the_jobs_of_a_killed_worker_are_run_again_at_once(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its sign of life has expired: its process is seen to be gone."""
    monkeypatch.setattr(liveness_module, "LIFETIME", 3600)
    jobs = [enqueue(redis, until_told, redis_url, number, name=f"job{number}") for number in range(3)]
    worker = start_worker(redis_url)
    wait_for(lambda: redis.llen("begun") == 3, "a worker to begin its jobs", START_LIMIT)
    worker.kill()
    worker.wait()
    with running(redis_url):
        wait_for(lambda: redis.llen("begun") == 6)
        redis.set("told", 1)
        wait_for(lambda: all(job.get_status() == "finished" for job in jobs))
    assert sorted(redis.lrange("ended", 0, -1)) == [b"0", b"1", b"2"]


def test_what_a_living_worker_runs_stays_its_own_though_its_clock_is_minutes_behind(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By our clock its heartbeats came long ago: neither is the job taken over, nor counted as failed."""
    scanning = Takeover.scan

    def then_a_heartbeat(takeover: Takeover) -> int:
        taken = scanning(takeover)
        redis.zadd("rq:wip:answer", {member: time.time() - 600}, xx=True)
        return taken

    monkeypatch.setattr("worker.runner.runner.MAINTENANCE_INTERVAL", 1)
    job = enqueue(redis, until_told, redis_url, 1, name="behind")
    worker = start_worker(redis_url)
    try:
        wait_for(lambda: redis.llen("begun") == 1, "a worker to begin its job", START_LIMIT)
        [(member, _)] = redis.zrange("rq:wip:answer", 0, -1, withscores=True)
        monkeypatch.setattr(Takeover, "scan", then_a_heartbeat)
        with running(redis_url) as runner:
            cleaned = []
            for _ in range(3):
                cleaned.append(runner.last_cleaned_at)
                wait_for(lambda: runner.last_cleaned_at not in cleaned, "RQ to clean", START_LIMIT)
            assert redis.zscore("rq:wip:answer", member)
            monkeypatch.setattr(Takeover, "scan", scanning)
            wait_for(
                lambda: (redis.zscore("rq:wip:answer", member) or 0) > time.time(), "RQ's own tools to wait"
            )
            redis.set("told", 1)
            wait_for(lambda: job.get_status() == "finished")
    finally:
        worker.kill()
        worker.wait()
    assert (redis.lrange("begun", 0, -1), redis.zcard("rq:failed:answer")) == ([b"1"], 0)


def test_a_job_lost_between_pop_and_start_comes_back(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.runner.takeover.STUCK", 0.5)
    job = enqueue(redis, quick, 7, name="popped")
    redis.lmove("rq:queue:answer", "rq:queue:answer:intermediate")
    with running(redis_url):
        wait_for(lambda: job.get_status() == "finished")
    assert redis.llen("rq:queue:answer:intermediate") == 0


def test_a_worker_outlives_its_redis(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = RedisServer(tmp_path_factory.mktemp("outage"))
    server.start()
    redis = connect(server.url, FOR_WORKERS)
    try:
        job = enqueue(redis, wait_for_gate, 1, name="across")
        with running(server.url) as runner:
            assert RUNNING.acquire(timeout=LIMIT)
            server.kill()
            GATE.set()
            wait_for(lambda: not runner._running, "the job to end, which nobody can be told")
            server.start()
            wait_for(lambda: job.get_status() == "finished")
            after = enqueue(redis, quick, 2, name="after")
            wait_for(lambda: after.get_status() == "finished")
    finally:
        server.stop()
        redis.close()


def test_a_worker_whose_record_a_heartbeat_began_registers_again(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registering = Runner.register_birth

    def after_a_heartbeat(runner: Runner) -> None:
        runner.heartbeat()
        registering(runner)

    with running(redis_url) as runner:
        wait_for(lambda: redis.hexists(runner.key, "birth"))
        monkeypatch.setattr(Runner, "register_birth", after_a_heartbeat)
        redis.flushall()
        wait_for(lambda: redis.hexists(runner.key, "birth"))
        job = enqueue(redis, quick, 1, name="after")
        wait_for(lambda: job.get_status() == "finished")
        assert not redis.hexists(runner.key, "death")


def test_a_worker_that_was_not_told_that_it_is_registered_starts_all_the_same(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registering, first = Runner.register_birth, iter((True,))

    def reply_lost(runner: Runner) -> None:
        registering(runner)
        if next(first, False):
            raise ConnectionError("the reply was lost")

    monkeypatch.setattr(Runner, "register_birth", reply_lost)
    job = enqueue(redis, quick, 1, name="at_the_start")
    with running(redis_url):
        wait_for(lambda: job.get_status() == "finished")
    assert next(first, None) is None


def test_a_job_whose_end_redis_lost_is_ended_again(redis: Redis, redis_url: str) -> None:
    """A Redis killed before it wrote its last second down comes back with what ran then."""
    first = enqueue(redis, wait_for_gate, 1, name="first")
    with running(redis_url):
        assert RUNNING.acquire(timeout=LIMIT)
        as_it_ran = {key: redis.dump(key) for key in redis.keys("rq:*first*")}
        as_it_ran["rq:wip:answer"] = redis.dump("rq:wip:answer")
        GATE.set()
        wait_for(lambda: first.get_status() == "finished")
        for key, value in as_it_ran.items():
            redis.restore(key, 0, value or b"", replace=True)
        assert first.get_status() == "started"
        wait_for(lambda: first.get_status() == "finished")
        assert redis.zcard("rq:wip:answer") == 0
    assert redis.get("fennel:attempts:first") == b"2"


def test_a_job_whose_start_failed_halfway_is_started_again(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis, quick, 7, name="halfway")
    with running(redis_url) as runner:
        prepare = runner.prepare_execution

        def prepare_without_an_answer(job: Job) -> Execution:
            runner.prepare_execution = prepare  # type: ignore[method-assign]
            prepare(job)
            raise ConnectionError("Redis did it and died before it said so")

        runner.prepare_execution = prepare_without_an_answer  # type: ignore[method-assign]
        wait_for(lambda: job.get_status() == "finished")
        wait_for(lambda: redis.zcard("rq:wip:answer") == 0)
    assert redis.llen("rq:queue:answer:intermediate") == 0


def test_what_a_jobs_end_raises_does_not_keep_its_place(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter([ValueError("not an error of Redis"), None])

    def end(self: Runner, *arguments: object) -> None:
        if error := next(ends):
            raise error
        SimpleWorker._finalize_success(self, *arguments)  # type: ignore[arg-type]

    def fail_to_hand_back(*_: object) -> None:
        raise ValueError("nor is this")

    monkeypatch.setattr(Runner, "_finalize_success", end)
    monkeypatch.setattr(Runner, "_finalize_failure", fail_to_hand_back)
    job = enqueue(redis, quick, 7, name="unended")
    with running(redis_url):
        wait_for(lambda: job.get_status() == "finished")


def test_a_slot_that_a_dead_worker_held_is_free_again_though_it_died_while_it_cleaned(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.runner.takeover.CLEANING_LOCK", 1)
    monkeypatch.setattr("worker.runner.runner.MAINTENANCE_INTERVAL", 1)
    queue = Queue("answer", connection=redis, serializer="json")
    limit = RateLimit("thread", 1)
    first = queue.enqueue(quick, 1, job_id="first", rate_limit=limit)
    second = queue.enqueue(quick, 2, job_id="second", rate_limit=limit)
    redis.delete("rq:queue:answer")
    first.set_status(JobStatus.FINISHED)  # and its worker died before it gave the slot back
    assert CleanedQueue("answer", connection=redis).acquire_maintenance_lock()
    with running(redis_url):
        wait_for(lambda: second.get_status() == "finished")


def test_a_missing_sign_of_life_means_nothing_right_after_redis_came_back(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = Liveness(redis, new_name())
    other = "fennel-elsewhere0-1-1-abcdef"
    assert not judge.is_dead(other, trusted=judge.trusted())
    monkeypatch.setattr(liveness_module, "LIFETIME", 0.0)
    monkeypatch.setattr(liveness_module, "SETTLE", 0.0)
    assert judge.is_dead(other, trusted=judge.trusted())
    redis.set(ALIVE.of(other), "1")
    assert not judge.is_dead(other, trusted=judge.trusted())


def test_a_process_of_this_machine_that_is_gone_is_known_at_once() -> None:
    own = new_name()
    assert not is_gone(own)
    machine = own.split("-")[1]
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert is_gone(f"fennel-{machine}-{child.pid}-1-abcdef")
    assert not is_gone("fennel-elsewhere0-1-1-abcdef"), "another machine's process cannot be told"
