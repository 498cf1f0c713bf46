"""`python -m worker.engines`: the model servers alone, for a machine where several workers share them.

The Procfile's `llm`. Where there is nothing to run it says why and waits, so the other processes stay up.
"""

from __future__ import annotations

import importlib.util
import signal
import threading
from types import FrameType

import structlog
import typer

from bot import logs
from bot.config.command_line import Config, Version, run
from bot.config.settings import load_settings

log = structlog.get_logger(__name__)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(config: Config = None, version: Version = False) -> None:
    """Runs LMDeploy's api_server on every GPU until SIGTERM and keeps it running."""
    from worker.engines.choose import choose_engine
    from worker.engines.turbomind.engine import open_turbomind
    from worker.engines.turbomind.gpu import graphics_cards

    logs.configure("llm")
    settings = load_settings(config)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    has_lmdeploy = importlib.util.find_spec("lmdeploy") is not None
    choice = choose_engine(settings.llm, cards=len(graphics_cards()), has_lmdeploy=has_lmdeploy)
    log.info("llm_servers", engine=choice.engine, why=choice.why)
    if choice.engine != "turbomind":
        stopped.wait()
        return
    engine = open_turbomind(settings)
    stopped.wait()
    engine.close()


if __name__ == "__main__":
    run(app)
