"""`python -m worker.engines`: the model servers alone, for a machine where several workers share them.

The Procfile's `llm`. Where there is nothing to run it says why and waits, so the other processes stay up.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import threading
from pathlib import Path
from types import FrameType

import structlog

from bot.config.settings import load_settings
from worker.engines.choose import choose_engine
from worker.engines.turbomind.engine import open_turbomind
from worker.engines.turbomind.gpu import graphics_cards

log = structlog.get_logger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """Runs the servers until SIGTERM; where there is nothing to run, says why and waits."""
    parser = argparse.ArgumentParser(
        description="runs LMDeploy's api_server on every GPU and keeps it running"
    )
    parser.add_argument("--config", type=Path, default=None)
    settings = load_settings(parser.parse_args(arguments).config)
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
    main()
