"""What lark-oapi's own transport costs, and what Fennel's saves: connections, time a call, import.

The same call (reply to a message) goes to a TLS server on loopback that keeps connections alive and counts
them: by the SDK as it comes, then with `bot.feishu.transport` under it. Loopback has no round trip, so what
is saved here is the handshake's work alone; over a network each new connection costs two or three round trips
more.
"""

from __future__ import annotations

import argparse
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.certificate import self_signed

_ANSWER = b'{"code":0,"msg":"success","data":{"message_id":"om_2"}}'
_IMPORT = """
import resource, sys, time
begun = time.perf_counter()
__import__(sys.argv[1])
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(time.perf_counter() - begun, memory)
"""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    connections = 0

    def get_request(self) -> tuple[Any, Any]:
        self.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        """Takes any reply."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_ANSWER)}\r\n\r\n"
        self.wfile.write(head.encode() + _ANSWER)


def measure(calls: int, rounds: int) -> dict[str, Any]:
    """Medians over `rounds`, the two ways in turns."""
    with tempfile.TemporaryDirectory() as folder, _Server(("127.0.0.1", 0), _Handler) as server:
        certificate, key = self_signed(Path(folder), "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ["REQUESTS_CA_BUNDLE"] = certificate
        ways = _ways(f"https://localhost:{server.server_port}")
        found: dict[str, list[tuple[int, float]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                found[name].append(_round(server, way, calls))
        server.shutdown()
    figures: dict[str, Any] = {"calls": calls, "rounds": rounds}
    for name, results in found.items():
        figures[name] = {
            "connections": max(count for count, _ in results),
            "ms_per_call": round(statistics.median(seconds for _, seconds in results) * 1000, 3),
        }
    figures["import"] = {name: _import(name) for name in ("lark_oapi", "bot.feishu.sdk")}
    return figures


def _ways(domain: str) -> dict[str, Callable[[], None]]:
    """The SDK's own transport and Fennel's, each as one call of the same typed request."""
    from bot.feishu.sdk import (
        Config,
        ImV1,
        ReplyMessageRequest,
        ReplyMessageRequestBody,
        RequestOption,
        Transport,
    )
    from bot.feishu.transport import execute

    config = Config()
    config.app_id, config.domain, config.enable_set_token = "cli_1", domain, True
    message = ImV1(config).message
    own = Transport.execute

    def reply(transport: Callable[..., Any]) -> None:
        Transport.execute = staticmethod(transport)
        option = RequestOption()
        option.tenant_access_token = "t-1"
        body = ReplyMessageRequestBody.builder().msg_type("text").content("{}").build()
        message.reply(ReplyMessageRequest.builder().message_id("om_1").request_body(body).build(), option)

    return {"sdk": lambda: reply(own), "fennel": lambda: reply(execute)}


def _round(server: _Server, way: Callable[[], None], calls: int) -> tuple[int, float]:
    """Connections opened and seconds per call."""
    before, begun = server.connections, time.perf_counter()
    for _ in range(calls):
        way()
    return server.connections - before, (time.perf_counter() - begun) / calls


def _import(module: str) -> dict[str, float]:
    """Seconds and MB of importing a module in a fresh process; the better of two runs."""
    runs = [
        subprocess.run([sys.executable, "-c", _IMPORT, module], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    seconds, memory = min(tuple(float(number) for number in run.stdout.split()) for run in runs)
    return {"seconds": round(seconds, 2), "rss_mb": round(memory, 1)}


def main() -> None:
    """Prints a table, or one JSON object with --json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    figures = measure(arguments.calls, arguments.rounds)
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"{figures['calls']} replies over TLS on loopback, median of {figures['rounds']} rounds")
    for name in ("sdk", "fennel"):
        way = figures[name]
        print(f"  {name:8} {way['connections']:4} connections  {way['ms_per_call']} ms a call")
    for name, cost in figures["import"].items():
        print(f"  import {name:10} {cost['seconds']} s  {cost['rss_mb']} MB")


if __name__ == "__main__":
    main()
