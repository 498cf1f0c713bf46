"""A small load generator: several keep-alive connections, one request at a time on each, raw sockets.

It runs as a process of its own and reads prepared requests from a file, so what it costs is a send, a
receive and a look at the status line. With a rate it keeps to a timetable, and latency counts from the time a
request was due, so that a server that stalls cannot hide its queue.
"""

from __future__ import annotations

import json
import pickle
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 10.0
"""Seconds after which an answer counts as missing."""


@dataclass(frozen=True)
class Result:
    """What one run of the load saw. Times in seconds and milliseconds as named."""

    requests: int
    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


def run_load(
    requests: list[bytes], port: int, *, connections: int, seconds: float, rate: float = 0.0
) -> Result:
    """Sends `requests` in a process of its own for `seconds`, at `rate` a second (0: as fast as answered)."""
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        pickle.dump(requests, file, protocol=pickle.HIGHEST_PROTOCOL)
        file.flush()
        arguments = [file.name, str(port), str(connections), str(seconds), str(rate)]
        done = subprocess.run(
            [sys.executable, "-m", "bench.webhook.load", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
    return Result(**json.loads(done.stdout))


class _Connection:
    """One client connection; opened again when the server closes it, as Flask's own server always does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.due = 0.0
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=_TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self.socket.sendall(request)

    def receive(self) -> tuple[str, bool]:
        """The status once the whole answer is here ('' before), and whether the connection is over."""
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            return "none", True
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        fields = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in fields if line.startswith(b"content-length:")), 0)
        if not found or len(body) < length:
            return "", False
        self.buffer = b""
        return head[9:12].decode(), b"connection: close" in fields


class _Load:
    def __init__(
        self, requests: list[bytes], port: int, connections: int, seconds: float, rate: float
    ) -> None:
        self.requests = iter(requests)
        self.rate, self.seconds = rate, seconds
        self.selector = selectors.DefaultSelector()
        self.idle = [_Connection(port) for _ in range(connections)]
        for connection in self.idle:
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.busy, self.sent = 0, 0

    def run(self) -> Result:
        started = time.perf_counter()
        end = started + self.seconds
        while self._start(started, end) or self.busy:
            ready = self.selector.select(self._wait(started))
            for key, _ in ready:
                self._finish(key.data)
            if not ready and time.perf_counter() > end + _TIMEOUT:
                self.statuses["none"] += self.busy
                break
        taken = time.perf_counter() - started
        ordered = sorted(self.latencies)
        return Result(
            requests=len(ordered),
            seconds=taken,
            per_second=len(ordered) / taken,
            p50_ms=1000 * ordered[len(ordered) // 2],
            p99_ms=1000 * ordered[int(len(ordered) * 0.99)],
            statuses=dict(self.statuses),
        )

    def _start(self, started: float, end: float) -> bool:
        """Sends what is due on idle connections. False when the time is over or nothing is left."""
        while self.idle:
            now = time.perf_counter()
            due = started + self.sent / self.rate if self.rate else now
            if due >= end:
                return False
            if due > now:
                return True
            request = next(self.requests, None)
            if request is None:
                return False
            self.idle.pop().send(request, due)
            self.sent += 1
            self.busy += 1
        return True

    def _wait(self, started: float) -> float:
        if not self.rate or not self.idle:
            return 1.0
        return max(0.0, min(1.0, started + self.sent / self.rate - time.perf_counter()))

    def _finish(self, connection: _Connection) -> None:
        status, over = connection.receive()
        if not status:
            return
        self.busy -= 1
        self.statuses[status] += 1
        self.latencies.append(time.perf_counter() - connection.due)
        if over:
            self.selector.unregister(connection.socket)
            connection.socket.close()
            connection.open()
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.idle.append(connection)


def main(arguments: list[str]) -> None:
    """Entry of the process: file, port, connections, seconds, rate; prints a Result as JSON."""
    file, port, connections, seconds, rate = arguments
    requests = pickle.loads(Path(file).read_bytes())
    result = _Load(requests, int(port), int(connections), float(seconds), float(rate)).run()
    print(json.dumps(result.__dict__))


if __name__ == "__main__":
    main(sys.argv[1:])
