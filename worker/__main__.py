"""`python -m worker`: answers questions.  `python -m worker --queue index`: builds the index.

Loads everything once, then runs jobs until SIGTERM or SIGINT.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from bot import logs, metrics
from bot.clock import SYSTEM, Clock
from bot.command_line import Version, run
from bot.config.settings import Settings, load_settings
from bot.queue.queue import ANSWER_QUEUE, INDEX_QUEUE, QUICK_QUEUE
from worker.jobs.running import runner_of
from worker.jobs.timetable import Timetables
from worker.process.process import open_process, use
from worker.runner.lanes import beside

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    queue: Annotated[str, typer.Option(help="answer; index for the indexer.")] = ANSWER_QUEUE,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file.")] = None,
    version: Version = False,
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
    serve(settings, indexes=indexes)
    sys.stdout.flush()
    sys.stderr.flush()
    # A job that was handed back may still hang in a call that nothing can interrupt; its thread must not
    # keep the process.
    os._exit(0)


def serve(settings: Settings, *, indexes: bool = False, clock: Clock = SYSTEM) -> None:
    """Runs jobs until SIGTERM or SIGINT; `indexes` those of the indexer."""
    process = open_process(settings, answers=not indexes, clock=clock)
    use(process)
    if settings.worker.metrics_port and not indexes:
        metrics.serve(settings.worker.metrics_port)
    process.watch_feishu()
    timetables = Timetables(process)
    if indexes:
        timetables.start()
    with nullcontext() if indexes else beside(runner_of(process, QUICK_QUEUE)):
        runner_of(process, INDEX_QUEUE if indexes else ANSWER_QUEUE).run()
    timetables.stop()
    process.close()


if __name__ == "__main__":
    run(app)
