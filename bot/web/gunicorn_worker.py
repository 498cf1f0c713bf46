"""gunicorn's thread worker, with a deadline for the reading of a request.

gunicorn reads a request in one of its few threads and waits there for as long as the client likes, so a
handful of connections that send half a request and then nothing would occupy the webhook for good. Here a
connection that has sent nothing takes no thread, and one that has not sent its whole request in time is read
no further. What has arrived by then is still answered.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers import gthread  # type: ignore[import-untyped, unused-ignore]

REQUEST_SECONDS = 3.0
"""Seconds a client may take to send a request: Feishu waits no longer for the whole answer."""
_FIRST_BYTE_SECONDS = 0.02


class DeadlineWorker(gthread.ThreadWorker):  # type: ignore[misc]
    """`worker_class` of gunicorn.conf.py."""

    def __init__(self, *arguments: Any, **how: Any) -> None:
        super().__init__(*arguments, **how)
        self._deadlines: dict[Any, float] = {}
        """Connections that wait for a thread or are read by one, and until when."""

    def enqueue_req(self, conn: Any) -> None:
        """Hands a connection to a thread; called on the main thread."""
        self._deadlines[conn] = time.monotonic() + REQUEST_SECONDS
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Reads and answers one request; called on a thread."""
        try:
            if not conn.initialized and not conn.wait_for_data(_FIRST_BYTE_SECONDS):
                return gthread._DEFER
            return super().handle(conn)
        finally:
            self._deadlines.pop(conn, None)

    def murder_pending(self) -> None:
        """Ends what takes too long; called on the main thread about once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in list(self._deadlines.items()):
            if now > deadline:
                with suppress(OSError):  # It ended by itself in the same moment.
                    conn.sock.shutdown(socket.SHUT_RD)
