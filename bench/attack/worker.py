"""`python -m worker` by a clock that is turned: see bench/attack/clock.py."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from bench.attack.clock import VARIABLE, SharedClock
from bot import logs
from bot.config.settings import load_settings
from worker.__main__ import serve


def main() -> None:
    """Answers questions until it is stopped."""
    logs.configure("worker")
    for name in ("rq", "rq.worker", "rq.job"):
        logging.getLogger(name).setLevel(logging.WARNING)
    serve(load_settings(), clock=SharedClock(Path(os.environ[VARIABLE])))
    os._exit(0)


if __name__ == "__main__":
    main()
