"""The runners of one process: which jobs of it are run where, and with how many threads."""

from __future__ import annotations

from bot.queue.queue import ANSWER_QUEUE, QUICK_QUEUE
from worker.jobs import entry as jobs
from worker.process.process import Process
from worker.runner.lanes import QUICK_THREADS
from worker.runner.liveness import Liveness, new_name
from worker.runner.runner import Runner


def runner_of(process: Process, queue: str) -> Runner:
    """What runs the jobs of a queue over this process."""
    threads = {ANSWER_QUEUE: process.settings.worker.concurrency, QUICK_QUEUE: QUICK_THREADS}
    answers = queue == ANSWER_QUEUE
    return Runner(
        queue,
        process.redis,
        process.liveness if answers else Liveness(process.redis, new_name()),
        concurrency=threads.get(queue, 1),
        stop_timeout=process.settings.worker.stop_timeout,
        parked=jobs.park,
        handing_back=process.handing_back,
        admission=process.admission if answers else None,
        outages=process.feishu.outages,
        keep_trying=process.settings.feishu.keep_trying,
        clock=process.clock,
        each_beat=process.each_beat if answers else lambda: None,
        leaving=process.leave if answers else lambda: None,
    )
