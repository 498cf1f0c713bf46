"""How full one worker process keeps the engine: many questions at once over one index and one pool.

The engine is a stand-in as strict as LMDeploy's api_server that takes 2 s for an answer and has room for 32
at once, so 16 answers a second are the ideal. Everything else is real: Redis, the worker process, search,
gate, verification, and the cards streamed into a local Feishu. Beside it, on fewer questions, the same jobs
under RQ's stock worker (one job at a time).

The worker has a quarter more slots than the engine has room, so that some questions are searched and some
cards are finished while the engine is full. `answers_per_second` counts full loads of the engine: 192 of 200
questions, from the first job's start to the end of the 192nd answer (the last 8 cannot fill the engine).
`overhead_ms_median` is the median over the questions of the job's duration in RQ's record less the time that
its requests spent in the engine, from arrival to the last byte, as the engine wrote it down; it is also taken
with half as many questions a second as the engine could answer. Engine, local Feishu and Redis share the
machine's cores with the worker.

    python -m bench.concurrency [--questions 200] [--json]
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from rq.job import Job

from bench import show
from bot.config.settings import LimitSettings, Settings
from bot.events.events import Message
from bot.events.reader import read_event
from bot.queue.queue import ANSWER_QUEUE, Queue
from bot.supervisor.redis_server import RedisServer, free_port
from simulator import LocalFeishu

LATENCY = 2.0
CAPACITY = 32
SLOTS = 40
"""Jobs at once of the worker."""
IDEAL = CAPACITY / LATENCY
GROUPS = 50
QUESTIONS = (
    "How do I reindex the documents from chat?",
    "怎么通过 ngrok 本地测试？",
    "How much GPU memory does InternLM2 need?",
    "机器人需要开通哪些权限？",
    "How do I test locally through ngrok?",
    "怎么让机器人重新索引文档？",
)
TIMEOUT = 300.0
REGISTRIES = (f"rq:finished:{ANSWER_QUEUE}", f"rq:failed:{ANSWER_QUEUE}")
"""Where RQ keeps the ids of jobs that have ended."""


class Bench:
    """Redis, local Feishu and engine, and the settings that join a worker to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.redis_server = RedisServer(folder / "redis")
        self.feishu = LocalFeishu()
        self.engine_port = free_port()
        self.environment: dict[str, str] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self._asked = 0

    def __enter__(self) -> Bench:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def _start(self) -> None:
        self.redis_server.start()
        self.feishu.start()
        self.environment = {
            **os.environ,
            "FENNEL_FEISHU__APP_ID": self.feishu.app.app_id,
            "FENNEL_FEISHU__APP_SECRET": self.feishu.app.app_secret,
            "FENNEL_FEISHU__DOMAIN": self.feishu.url,
            "FENNEL_REDIS__URL": self.redis_server.url,
            "FENNEL_INDEX__DIR": str(self.folder / "index"),
            "FENNEL_LLM__ENGINE": "openai",
            "FENNEL_LLM__BASE_URL": f"http://127.0.0.1:{self.engine_port}/v1",
            "FENNEL_LLM__MODEL": "internlm2-chat-7b",
            "FENNEL_LIMITS__QUEUE_TOTAL": "10000",
            "FENNEL_LIMITS__QUEUE_PER_GROUP": "10000",
            "FENNEL_LIMITS__QUESTIONS_PER_USER_PER_MINUTE": "100000",
            "FENNEL_LIMITS__QUESTIONS_PER_GROUP_PER_MINUTE": "100000",
            "FENNEL_WORKER__CONCURRENCY": str(SLOTS),
        }
        self.run("-m", "index", "build")
        engine = ["--port", str(self.engine_port), "--latency", str(LATENCY), "--capacity", str(CAPACITY)]
        self.spawn("engine", "-m", "tests.openai_server", *engine)
        for number in range(GROUPS):
            self.feishu.tenant.chat(f"oc_{number}", f"group {number}")

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.feishu.stop()
        self.redis_server.stop()

    def run(self, *arguments: str) -> None:
        """Runs a Python command to its end."""
        subprocess.run([sys.executable, *arguments], env=self.environment, check=True, capture_output=True)

    def spawn(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Starts a Python process; its output goes to NAME.log."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    @contextmanager
    def worker(self, *arguments: str) -> Iterator[None]:
        """A worker process that is ready, stopped at the end."""
        process = self.spawn("worker", *arguments)
        with Redis.from_url(self.redis_server.url) as redis:
            deadline = time.monotonic() + TIMEOUT
            while not redis.smembers("rq:workers"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "worker.log").read_text()[-3000:])
                time.sleep(0.1)
            yield
            process.terminate()
            process.wait()
            redis.delete("rq:workers")

    def ask(self, count: int, per_second: float = 0.0) -> list[str]:
        """Puts questions into the queue, all at once or so many a second; their job ids."""
        limits = LimitSettings(
            queue_total=10000,
            queue_per_group=10000,
            questions_per_user_per_minute=100000,
            questions_per_group_per_minute=100000,
        )
        settings = Settings(limits=limits)
        with Redis.from_url(self.redis_server.url) as redis:
            queue = Queue(redis, settings)
            started, job_ids = time.monotonic(), []
            for number in range(count):
                if per_second:
                    time.sleep(max(0.0, started + number / per_second - time.monotonic()))
                job_ids.append(queue.submit(self._message(number)).job_id)
            return job_ids

    def _message(self, number: int) -> Message:
        """The push of a question that no other equals: the engine's record must tell them apart."""
        self._asked += 1
        said = self.feishu.say(
            user=f"ou_user{number % 20}",
            text=f"{QUESTIONS[number % len(QUESTIONS)]} ({self._asked})",
            mention_bot=True,
            chat=f"oc_{number % GROUPS}",
        )
        payload = next(push for push in reversed(self.feishu.pushes.all) if push.message_id == said).payload
        message = read_event(payload)
        assert isinstance(message, Message)
        return message

    def wait(self, job_ids: list[str]) -> list[Job]:
        """The jobs once all have ended."""
        with Redis.from_url(self.redis_server.url) as redis:
            deadline, left = time.monotonic() + TIMEOUT, {job_id.encode() for job_id in job_ids}
            while left := left.difference(*(redis.zrange(name, 0, -1) for name in REGISTRIES)):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{len(left)} of {len(job_ids)} jobs did not end")
                time.sleep(0.5)
            return [job for job in Job.fetch_many(job_ids, connection=redis, serializer="json") if job]

    def engine_seconds(self) -> dict[str, float]:
        """How long each question was in the engine."""
        address = f"http://127.0.0.1:{self.engine_port}/test/state"
        with urllib.request.urlopen(address, timeout=10) as answer:  # a loopback address of our own
            return dict(json.load(answer)["seconds"])

    def trace(self, job: Job) -> dict[str, Any]:
        """The Trace of a job's question."""
        with Redis.from_url(self.redis_server.url) as redis:
            return dict(json.loads(redis.get(f"fennel:trace:{job.args[0]['message_id']}") or b"{}"))


def measure(bench: Bench, jobs: list[Job]) -> dict[str, Any]:
    """Rates and overheads of jobs that have ended."""
    started = min(job.started_at for job in jobs if job.started_at)
    ends = sorted((job.ended_at - started).total_seconds() for job in jobs if job.ended_at)
    full = len(jobs) // CAPACITY * CAPACITY or len(jobs)
    durations = [
        (job.ended_at - job.started_at).total_seconds() for job in jobs if job.ended_at and job.started_at
    ]
    traces, seconds = [bench.trace(job) for job in jobs], bench.engine_seconds()
    engine = [seconds[trace["question"]] for trace in traces]
    steps = [trace["seconds"] for trace in traces]
    return {
        "questions": len(jobs),
        "answered": sum(job.return_value() in ("answered", "partly") for job in jobs),
        "answers_per_second": round(full / ends[full - 1], 2),
        "all_answered_seconds": round(ends[-1], 2),
        "overhead_ms_median": _median_ms(map(operator.sub, durations, engine)),
        "engine_seconds_median": round(statistics.median(engine), 3),
        **{
            f"{name}_ms": _median_ms(step.get(name, 0.0) for step in steps)
            for name in ("retrieve", "gate", "score", "verify")
        },
        "before_trace_and_card_ms": _median_ms(
            duration - step["total"] for duration, step in zip(durations, steps, strict=True)
        ),
    }


def _median_ms(seconds: Iterable[float]) -> float:
    return round(1000 * statistics.median(seconds), 1)


def stock_worker() -> None:
    """RQ's own SimpleWorker over the same jobs: one at a time."""
    from rq import SimpleWorker

    from bot.config.settings import load_settings
    from worker.process.process import open_process, use

    process = open_process(load_settings())
    use(process)
    process.feishu.bot_open_id()
    SimpleWorker([ANSWER_QUEUE], connection=process.redis, serializer="json").work(logging_level="WARNING")


def main() -> None:
    """Measures both and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--stock-questions", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stock-worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stock_worker:
        stock_worker()
        return
    with tempfile.TemporaryDirectory(prefix="fennel-concurrency-") as folder, Bench(Path(folder)) as bench:
        with bench.worker("-m", "worker"):
            bench.wait(bench.ask(4))
            ours = measure(bench, bench.wait(bench.ask(options.questions)))
            half = measure(bench, bench.wait(bench.ask(options.questions // 2, IDEAL / 2)))
        with bench.worker("-m", "bench.concurrency", "--stock-worker"):
            stock = measure(bench, bench.wait(bench.ask(options.stock_questions)))
    figures = {
        "ratio_to_ideal": round(ours["answers_per_second"] / IDEAL, 3),
        "ideal_answers_per_second": IDEAL,
        **ours,
        "overhead_ms_median_at_half_load": half["overhead_ms_median"],
        **{
            f"stock_{name}": stock[name] for name in ("questions", "answers_per_second", "overhead_ms_median")
        },
    }
    show(figures, as_json=options.json)


if __name__ == "__main__":
    main()
