"""The web process: Feishu's pushes in, a few pages for operators. It answers no question itself.

It must start within a second and reload without missing a push, so it imports neither a model library nor
lark_oapi; jobs are named by their dotted path. Error bodies are one word: they tell a prober nothing.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, request
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot import logs, metrics
from bot.errors import MalformedEvent, QueueUnavailable, UnprovenEvent
from bot.events.reader import read_event
from bot.queue.intake import Intake
from bot.queue.queue import Queue
from bot.redis_keys import connect
from bot.web.readiness import check_readiness
from bot.web.signature import check_secrets, prove

if TYPE_CHECKING:
    from bot.config.settings import Settings

EVENT_PATH = "/feishu/event"
_REFUSAL_LOG_SECONDS = 10.0
"""Refused pushes are all counted, but logged at most this often: a flood must not fill the disk."""
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
"""What ngrok, Caddy and others add to a request they hand on."""
log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None, connection: Redis | None = None) -> Flask:
    """The WSGI application. Raises ConfigError when nothing could prove a push."""
    if settings is None:
        from bot.config.settings import load_settings

        settings = load_settings()
    check_secrets(settings.feishu)
    queue = Queue(connection or connect(settings.redis.url), settings)
    app = Flask("fennel", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.web.max_body_bytes
    app.add_url_rule(EVENT_PATH, view_func=_Webhook(Intake(queue, settings)).push, methods=["POST"])
    _add_operator_pages(app, queue, settings)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _refuse_unexpected)
    if settings.web.dashboard_token.get_secret_value():
        from bot.web.dashboard import add_dashboard

        add_dashboard(app, settings, queue.connection)
    return app


class _Webhook:
    """POST /feishu/event."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._log_again: dict[str, float] = {}

    def push(self) -> Response:
        """Answers one push: 200, or 4xx for what is not proven or not understood, or 503 to have it again."""
        started = time.perf_counter()
        try:
            body = request.get_data(cache=False)
            payload = prove(request.headers, body, self._intake.settings.feishu, time.time())
            answer = self._intake.take(read_event(payload))
        except UnprovenEvent as error:
            return self._refuse("unproven", 401, error)
        except MalformedEvent as error:
            return self._refuse("malformed", 400, error)
        except QueueUnavailable as error:
            return self._refuse("unavailable", 503, error)
        except RequestEntityTooLarge as error:
            return self._refuse("too_large", 413, error)
        metrics.WEBHOOK_SECONDS.observe(time.perf_counter() - started)
        return _json(answer)

    def _refuse(self, reason: str, status: int, error: Exception) -> Response:
        metrics.REFUSED.labels(reason).inc()
        now = time.monotonic()
        if now >= self._log_again.get(reason, 0.0):
            self._log_again[reason] = now + _REFUSAL_LOG_SECONDS
            log.warning("push_refused", reason=reason, why=str(error))
        return _json({"error": reason}, status)


def _add_operator_pages(app: Flask, queue: Queue, settings: Settings) -> None:
    def healthz() -> Response:
        return _json({"ok": True})

    def readyz() -> Response:
        readiness = check_readiness(queue.connection)
        body = {"ready": readiness.ready} if _is_forwarded() else readiness.to_json()
        return _json(body, 200 if readiness.ready else 503)

    def show_metrics() -> Response:
        if _is_forwarded():
            return _json({"error": "not found"}, 404)
        return Response(metrics.exposition(lambda: _gauges(queue)), content_type="text/plain; version=0.0.4")

    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", "metrics", view_func=show_metrics)


def _is_forwarded() -> bool:
    """Whether the request came through a tunnel or proxy: what it hands on is open to the world."""
    return any(name in request.headers for name in _FORWARDED)


def _gauges(queue: Queue) -> metrics.Gauges:
    try:
        depth = queue.depth()
    except RedisError as error:
        log.warning("depth_unknown", error=type(error).__name__)
        return {"fennel_redis_up": 0}
    readiness = check_readiness(queue.connection)
    return {
        "fennel_redis_up": 1,
        "fennel_ready": int(readiness.ready),
        "fennel_degraded": int(bool(readiness.degraded)),
        "fennel_feishu_away": int(bool(readiness.away)),
        "fennel_queue_waiting": depth.waiting,
        "fennel_queue_running": depth.running,
        "fennel_queue_oldest_seconds": depth.oldest_seconds,
        "fennel_queue_parked": depth.parked,
        "fennel_workers": depth.workers,
    }


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    return _json({"error": error.name.lower()}, status)


def _refuse_unexpected(error: Exception) -> Response:
    metrics.REFUSED.labels("unexpected").inc()
    log.error("request_failed", error=type(error).__name__, exc_info=error)
    return _json({"error": "internal"}, 500)


def start() -> Flask:
    """What gunicorn serves: the application with this process' logs set up."""
    logs.configure("web")
    return create_app()
