"""The local Feishu as one WSGI application on loopback.

Every call of the Open API passes here first: log id, fault ordered for it, token, call limits; and is
written down afterwards, for tests and for the page's panel.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulator.api import scopes
from simulator.api.auth import Tokens, auth_blueprint
from simulator.api.cardkit import CardKit, cardkit_blueprint
from simulator.api.chats import chats_blueprint, reactions_blueprint
from simulator.api.elements import elements_blueprint
from simulator.api.messages import messages_blueprint
from simulator.api.replies import ApiError, current_log_id, failure
from simulator.api.sending import Sender
from simulator.tenant.faults import MESSAGES, Fault, Faults
from simulator.tenant.limits import CallLimits
from simulator.tenant.state import ApiCall, Card, Tenant

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
WEB_PAGE = "<html><body>Please log in to the network.</body></html>"
"""What a proxy puts in the place of an answer."""
MAX_KEPT = 40_000
"""Characters of a request or response kept for the panel."""


@dataclass
class Feishu:
    """The parts that the routes share."""

    tenant: Tenant
    tokens: Tokens
    limits: CallLimits
    faults: Faults


def create_app(feishu: Feishu) -> Flask:
    """The Open API; the page's routes are added by simulator.page.api."""
    app = Flask(__name__, static_folder=None)
    sender = Sender(feishu.tenant, feishu.limits)
    kit = CardKit(feishu.tenant, feishu.limits)
    app.register_blueprint(auth_blueprint(feishu.tenant, feishu.tokens))
    app.register_blueprint(messages_blueprint(feishu.tenant, sender))
    app.register_blueprint(reactions_blueprint(feishu.tenant))
    app.register_blueprint(chats_blueprint(feishu.tenant))
    app.register_blueprint(cardkit_blueprint(kit))
    app.register_blueprint(elements_blueprint(kit))
    gate = Gate(feishu)
    app.before_request(gate.before)
    app.after_request(gate.after)
    app.register_error_handler(ApiError, failure)
    app.register_error_handler(HTTPException, _no_route)
    return app


def _no_route(error: HTTPException) -> Response:
    """Feishu answers unknown addresses with a plain 404."""
    return Response(f"{error.code} page not found", status=error.code or 500, content_type="text/plain")


class Gate:
    """What happens around every call of the Open API."""

    def __init__(self, feishu: Feishu) -> None:
        self.feishu = feishu
        self.numbers = 0

    def before(self) -> Response | None:
        """Faults first, then the token, then the limits per API. Raises ApiError."""
        if not request.path.startswith("/open-apis/"):
            return None
        g.started = time.time()
        current_log_id()
        operation = request.endpoint or ""
        fault = self.feishu.faults.next(operation)
        if fault is not None:
            g.fault = fault
            if struck := self._strike(fault):
                return struck
        if operation in ("auth.token", "hook.send"):
            return None
        self.feishu.tokens.check(request.headers.get("Authorization", ""))
        scopes.check(operation, self.feishu.tenant.scopes)
        if operation != "elements.content":
            self._count(operation)
        return None

    def _count(self, operation: str) -> None:
        """The limits of each API; streamed text is exempt (cardkit-v1/card-element/content.md)."""
        limits = self.feishu.limits
        if limits.exceeded(limits.api, operation) or limits.exceeded(limits.api_minute, operation):
            raise _too_many(1)

    def _strike(self, fault: Fault) -> Response | None:
        """Does what a fault does before the call is processed; None lets the call go on."""
        if fault.delay:
            time.sleep(fault.delay)
        if fault.what == "bad_gateway":
            return Response(BAD_GATEWAY, status=502, content_type="text/html")
        if fault.what == "web_page":
            return Response(WEB_PAGE, status=200, content_type="text/html")
        if fault.what == "drop_before":
            _drop_connection()
            return Response("", status=502)
        if fault.what == "recalled":
            self._recall_card()
            return None
        if fault.code == 99991400:
            raise _too_many(fault.reset)
        if fault.code:
            self._bring_about(fault.code)
            code = 230099 if fault.code == 11310 else fault.code
            status = fault.status or 400
            raise ApiError(code, MESSAGES.get(fault.code, "Injected by the local Feishu."), status=status)
        return None

    def after(self, response: Response) -> Response:
        """Writes the call down and does what a fault does after it."""
        if not request.path.startswith("/open-apis/"):
            return response
        fault: Fault | None = g.get("fault")
        self._record(response, fault)
        if fault is not None and fault.what == "drop_after":
            _drop_connection()
        if fault is not None and fault.what == "lower_case_headers":
            response.headers = Headers([(name.lower(), value) for name, value in response.headers])
        return response

    def _bring_about(self, code: int) -> None:
        """Makes the state that a code speaks of real."""
        if code == 99991663:
            self.feishu.tokens.revoke()
        card = self._card()
        if card is None:
            return
        with self.feishu.tenant.lock:
            if code in (300309, 200850):
                card.streaming_since, card.timed_out = None, code == 200850
                card.card.setdefault("config", {})["streaming_mode"] = False
            elif code == 300317:
                body = request.get_json(force=True, silent=True) or {}
                card.sequence = max(card.sequence, int(body.get("sequence", 0)))
            self.feishu.tenant.touch()

    def _recall_card(self) -> None:
        card = self._card()
        with self.feishu.tenant.lock:
            message_id = card.message_id if card else str((request.view_args or {}).get("message_id", ""))
            message = self.feishu.tenant.messages.get(message_id)
            if message is not None:
                message.recalled, message.recalled_by = True, "ou_admin"
                self.feishu.tenant.touch()

    def _card(self) -> Card | None:
        """The card that the call works on, by card id or message id."""
        arguments = request.view_args or {}
        tenant = self.feishu.tenant
        if "card_id" in arguments:
            return tenant.cards.get(arguments["card_id"])
        message = tenant.messages.get(arguments.get("message_id", ""))
        return message.card if message else None

    def _record(self, response: Response, fault: Fault | None) -> None:
        text = response.get_data().decode("utf-8", "replace")
        secret = request.endpoint == "auth.token"
        asked = "" if secret else request.get_data(as_text=True)
        with self.feishu.tenant.lock:
            self.numbers += 1
            call = ApiCall(
                number=self.numbers,
                time=g.get("started", time.time()),
                operation=request.endpoint or "",
                method=request.method,
                path=request.full_path.removesuffix("?"),
                request=asked[:MAX_KEPT],
                status=response.status_code,
                response="" if secret else text[:MAX_KEPT],
                code=_code(text),
                fault=fault.what if fault else "",
            )
            self.feishu.tenant.calls.append(call)
            self.feishu.tenant.touch()


def _too_many(reset: int) -> ApiError:
    headers = {"x-ogw-ratelimit-limit": "100", "x-ogw-ratelimit-reset": str(reset)}
    return ApiError(99991400, MESSAGES[99991400], status=429, headers=headers)


def _code(text: str) -> int:
    try:
        body = json.loads(text)
    except ValueError:
        return -1
    return int(body.get("code", 0)) if isinstance(body, dict) else -1


def _drop_connection() -> None:
    """Cuts the TCP connection of the request being answered, so that the caller gets no response."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


class QuietHandler(WSGIRequestHandler):
    """No line per request on stderr: the panel shows them."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


class Server:
    """Serves an application on 127.0.0.1 from a thread."""

    def __init__(self, app: Flask, port: int = 0) -> None:
        self.server: BaseWSGIServer = make_server(
            "127.0.0.1", port, app, threaded=True, request_handler=QuietHandler
        )
        self.port = int(self.server.server_port)
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.05,), name="local-feishu", daemon=True
        )

    def start(self) -> None:
        """Serves until `stop`."""
        self.thread.start()

    def stop(self) -> None:
        """Stops serving, if it had begun, and closes the port."""
        if self.thread.is_alive():  # what never served would wait for its end for ever
            self.server.shutdown()
            self.thread.join(timeout=5)
        self.server.server_close()
