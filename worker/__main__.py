"""`python -m worker`: answers questions.  `python -m worker --queue index`: builds the index.

Loads everything once, then runs jobs until SIGTERM or SIGINT.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import logs, metrics
from bot.command_line import run
from bot.config.settings import load_settings
from bot.queue.queue import ANSWER_QUEUE, INDEX_QUEUE
from worker.jobs import entry as jobs
from worker.process.process import open_process, use
from worker.runner.runner import Runner

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    queue: Annotated[str, typer.Option(help="answer; index for the indexer.")] = ANSWER_QUEUE,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file.")] = None,
) -> None:
    """Runs one worker process."""
    if queue not in (ANSWER_QUEUE, INDEX_QUEUE):
        raise typer.BadParameter(
            f"{queue!r} is neither {ANSWER_QUEUE} nor {INDEX_QUEUE}", param_hint="--queue"
        )
    indexes = queue == INDEX_QUEUE
    logs.configure("indexer" if indexes else "worker")
    for name in ("rq", "rq.worker", "rq.job"):  # RQ sets the level of its loggers when it is imported
        logging.getLogger(name).setLevel(logging.WARNING)
    settings = load_settings(config)
    process = open_process(settings, answers=not indexes)
    use(process)
    runner = Runner(
        queue,
        process.redis,
        process.liveness,
        concurrency=1 if indexes else settings.worker.concurrency,
        stop_timeout=settings.worker.stop_timeout,
        parked=jobs.park,
        handing_back=process.handing_back,
        admission=process.admission,
        each_beat=process.each_beat,
    )
    if settings.worker.metrics_port:
        metrics.serve(settings.worker.metrics_port)
    process.watch_feishu()
    runner.run()
    process.close()
    sys.stdout.flush()
    sys.stderr.flush()
    # A job that was handed back may still hang in a call that nothing can interrupt; its thread must not
    # keep the process.
    os._exit(0)


if __name__ == "__main__":
    run(app)
