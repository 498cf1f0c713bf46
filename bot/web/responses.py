"""How the web process answers: small JSON, and errors of one word, which tell a prober nothing."""

from __future__ import annotations

import hmac
import json
from typing import Any

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from bot import metrics

log = structlog.get_logger(__name__)


def as_json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(json.dumps(body), status, headers, content_type="application/json")


def refuse_alike(app: Flask) -> None:
    """Whatever goes wrong in a request is answered with one word."""
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _refuse_unexpected)


def _refuse_http(error: HTTPException) -> Response:
    return as_json({"error": error.name.lower()}, error.code or 500)


def _refuse_unexpected(error: Exception) -> Response:
    metrics.REFUSED.labels("unexpected").inc()
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    return as_json({"error": "internal"}, 500)


def given_token(token: str) -> bool:
    """Whether the request carries the token: as Bearer, or as the password of any name."""
    given: Any = request.authorization
    password = (given.password if given.type == "basic" else given.token) if given else None
    return hmac.compare_digest((password or "").encode(), token.encode())
