"""`python -m worker`: answers questions.  `python -m worker --queue index`: builds the index.

Loads everything once, then runs jobs until SIGTERM or SIGINT.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from bot import logs
from bot.clock import SYSTEM, Clock
from bot.config.command_line import Config, Version, run
from bot.config.settings import Settings, load_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    queue: Annotated[str, typer.Option(help="answer; index for the indexer.")] = "answer",
    config: Config = None,
    version: Version = False,
) -> None:
    """Runs one worker process."""
    from bot.queue.queue import ANSWER_QUEUE, INDEX_QUEUE

    if queue not in (ANSWER_QUEUE, INDEX_QUEUE):
        raise typer.BadParameter(
            f"{queue!r} is neither {ANSWER_QUEUE} nor {INDEX_QUEUE}", param_hint="--queue"
        )
    indexes = queue == INDEX_QUEUE
    if not indexes:  # of many questions at once, each with threads for its linear algebra, all wait for all
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logs.configure("indexer" if indexes else "worker")
    for name in ("rq", "rq.worker", "rq.job"):  # RQ sets the level of its loggers when it is imported
        logging.getLogger(name).setLevel(logging.WARNING)
    serve(load_settings(config), indexes=indexes)
    sys.stdout.flush()
    sys.stderr.flush()
    # A job that was handed back may still hang in a call that nothing can interrupt; its thread must not
    # keep the process.
    os._exit(0)


def serve(settings: Settings, *, indexes: bool = False, clock: Clock = SYSTEM) -> None:
    """Runs jobs until SIGTERM or SIGINT; `indexes` those of the indexer. Imports what answers: 3 s."""
    from bot import metrics
    from bot.queue.queue import ANSWER_QUEUE, INDEX_QUEUE, QUICK_QUEUE
    from worker.jobs.running import runner_of
    from worker.jobs.timetable import Timetables
    from worker.process.process import open_process, use
    from worker.runner.lanes import beside

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


def whole() -> Any:
    """The program with its options, for shell completion."""
    return typer.main.get_command(app)


if __name__ == "__main__":
    run(app)
