"""Two lanes in one worker process: answers, and what nobody should wait for behind them.

Commands, recalls and notices have a queue and a few threads of their own: while the first lane is full to the
last thread, an admin's /status is answered and a question that is taken back is stopped.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from worker.runner.runner import Runner

QUICK_THREADS = 4
END_SECONDS = 10.0
"""Seconds that the quick lane's jobs have to end once the answers have."""


@contextmanager
def beside(quick: Runner) -> Iterator[None]:
    """Runs the quick lane in a thread while the context lasts: to the very end of the other lane."""
    thread = threading.Thread(target=quick.run, name="quick-lane")
    thread.start()
    try:
        yield
    finally:
        quick.request_stop(signal.SIGTERM, None)
        thread.join(quick.stop_timeout + END_SECONDS)
