"""A Redis that is away, or takes connections and says nothing: its tries tell how long one waits.

Everybody who asks gives up on one try after `Patience.answer` seconds, so that the number of tries is a
measure of the time that does not depend on the machine.
"""

from __future__ import annotations

import socket

from bot.redis_keys import FOR_PUSHES

MOST_TRIES = int(1.0 / FOR_PUSHES.answer)
"""So many tries end within a second."""


class SilentRedis:
    """`with SilentRedis(hanging=True) as redis`: `url` is its address, `tries` counts and forgets."""

    def __init__(self, *, hanging: bool) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.hanging = hanging
        if hanging:
            self._socket.listen()
        self.url = f"redis://127.0.0.1:{self._socket.getsockname()[1]}/0"

    def tries(self) -> int:
        """Connections made since the last look; 0 for one that is away: nobody sees them."""
        count = 0
        while self.hanging:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                break
            count += 1
        return count

    def __enter__(self) -> SilentRedis:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
