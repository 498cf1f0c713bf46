"""The open transports of an aiohttp connector, to be ended with the loop that they are on.

aiohttp ends a TLS connection that is not kept by telling the other side and waiting for its word, and no more
counts it among its own. A loop that ends before the word comes leaves the socket open until the garbage
collector comes by; what aiohttp recommends is to sleep for a while before ("Graceful shutdown",
https://docs.aiohttp.org/en/stable/client_advanced.html).
"""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakSet

import aiohttp


class Transports:
    """Those that the connectors it is told of have opened."""

    def __init__(self) -> None:
        self._opened: WeakSet[asyncio.Transport] = WeakSet()

    def note(self, connector: aiohttp.BaseConnector) -> None:
        """Notes what `connector` opens from now on."""
        connect = connector.connect

        async def noting(*arguments: Any, **named: Any) -> Any:
            connection = await connect(*arguments, **named)
            if connection.transport is not None:
                self._opened.add(connection.transport)
            return connection

        connector.connect = noting  # type: ignore[method-assign]

    async def aclose(self) -> None:
        """Lets go of every socket, whatever the other side still has to say."""
        for transport in list(self._opened):
            transport.abort()
        for _ in range(3):  # turns of the loop in which aborted transports close their sockets
            await asyncio.sleep(0)
