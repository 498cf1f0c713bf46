"""Feishu's long connection: events over a WebSocket that the bot opens (`python -m bot longconn`).

POST /callback/ws/endpoint gives an address; each event goes to one random connection and is answered with
the same frame holding {"code": 200 or 500, "data": base64}; 3 s, then it counts as failed and is retried.
Facts: lark_oapi 1.7.5, ws/client.py and ws/const.py.
"""

from __future__ import annotations

import base64
import hmac
import json
import random
import secrets
import threading
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlparse

from flask import Blueprint, Response, request
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from simulator.api.auth import Tokens
from simulator.api.replies import as_json
from simulator.pushes.frames import CONTROL, DATA, Frame, decode
from simulator.pushes.pushes import Attempt
from simulator.types import Json

AUTH_FAILED = 514
NO_CREDENTIAL = 1000040344
EXCEEDED = 1000040350
MAX_CONNECTIONS = 50
CLIENT_CONFIG = {"ReconnectCount": -1, "ReconnectInterval": 2, "ReconnectNonce": 1, "PingInterval": 120}
"""Feishu says 120 s and 30 s for reconnects; a test should not wait that long."""


class LongConnections:
    """The WebSocket server, started when somebody first asks for an address."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.lock = threading.Lock()
        self.server: Server | None = None
        self.tickets: set[str] = set()
        self.connected: list[ServerConnection] = []
        self.answers: dict[str, tuple[threading.Event, list[Json]]] = {}

    def address(self) -> str:
        """A fresh address for one connection."""
        with self.lock:
            if self.server is None:
                self.server = serve(self._serve, "127.0.0.1", 0)
                threading.Thread(
                    target=self.server.serve_forever, name="long-connection", daemon=True
                ).start()
            ticket = secrets.token_hex(16)
            self.tickets.add(ticket)
            port = self.server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/ws/v2?device_id={secrets.token_hex(8)}&service_id=1&ticket={ticket}"

    def deliver(self, payload: Json, timeout: float) -> Attempt | None:
        """Sends an event to one connection and waits for its answer; None while nobody is connected."""
        with self.lock:
            connection = random.choice(self.connected) if self.connected else None  # noqa: S311  # nosec B311
        if connection is None:
            return None
        message_id, started, clock_time = uuid.uuid4().hex, time.monotonic(), time.time()
        answered, answer = threading.Event(), list[Json]()
        self.answers[message_id] = (answered, answer)
        headers = {"type": "event", "message_id": message_id, "trace_id": message_id, "sum": "1", "seq": "0"}
        try:
            connection.send(Frame(DATA, headers, json.dumps(payload, ensure_ascii=False).encode()).encode())
            answered.wait(timeout)
        except ConnectionClosed as error:
            return Attempt(clock_time, 0, time.monotonic() - started, "", type(error).__name__)
        finally:
            self.answers.pop(message_id, None)
        seconds = time.monotonic() - started
        if not answer:
            return Attempt(clock_time, 0, seconds, "", "ReadTimeout")
        data = answer[0].get("data")
        body = base64.b64decode(data).decode() if isinstance(data, str) else ""
        return Attempt(clock_time, int(answer[0].get("code", 0)), seconds, body)

    def _serve(self, connection: ServerConnection) -> None:
        request_path = connection.request.path if connection.request else ""
        ticket = parse_qs(urlparse(request_path).query).get("ticket", [""])[0]
        with self.lock:
            known = ticket in self.tickets
            self.tickets.discard(ticket)
            if known:
                self.connected.append(connection)
        try:
            while known:
                self._receive(connection, connection.recv())
        except ConnectionClosed:
            known = False
        finally:
            with self.lock:
                if connection in self.connected:
                    self.connected.remove(connection)

    def _receive(self, connection: ServerConnection, data: Any) -> None:
        frame = decode(data if isinstance(data, bytes) else data.encode())
        if frame.method == CONTROL:
            if frame.headers.get("type") == "ping":
                pong = Frame(CONTROL, {"type": "pong"}, json.dumps(CLIENT_CONFIG).encode())
                connection.send(pong.encode())
            return
        waiting = self.answers.get(frame.headers.get("message_id", ""))
        if waiting is not None:
            waiting[1].append(json.loads(frame.payload))
            waiting[0].set()

    def stop(self) -> None:
        """Closes all connections."""
        with self.lock:
            server, self.server = self.server, None
        if server is not None:
            server.shutdown()


def long_connection_blueprint(connections: LongConnections) -> Blueprint:
    """The route that gives addresses."""
    routes = Blueprint("long_connection", __name__)

    @routes.post("/callback/ws/endpoint")
    def endpoint() -> Response:
        body = request.get_json(force=True, silent=True) or {}
        tokens = connections.tokens
        app_id, secret = str(body.get("AppID", "")), str(body.get("AppSecret", ""))
        if not app_id or not secret:
            return as_json({"code": NO_CREDENTIAL, "msg": "app_id or app_secret is null", "data": None})
        if app_id != tokens.app_id or not hmac.compare_digest(secret, tokens.app_secret):
            return as_json({"code": AUTH_FAILED, "msg": "app_id or app_secret is invalid", "data": None})
        if len(connections.connected) >= MAX_CONNECTIONS:
            return as_json({"code": EXCEEDED, "msg": "the number of connections exceeded the limit"})
        data = {"URL": connections.address(), "ClientConfig": CLIENT_CONFIG}
        return as_json({"code": 0, "msg": "", "data": data})

    return routes
