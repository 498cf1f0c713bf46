"""The web process: Feishu's pushes in. It answers no question itself.

Its port is open to the world, so it serves the webhook, /healthz and the bare yes or no of /readyz, to
everybody alike. What tells more is served on another port (bot/web/operator_pages.py).

It must start within a second and reload without missing a push, so it imports neither a model library nor
lark_oapi; jobs are named by their dotted path. Error bodies are one word: they tell a prober nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, request
from redis import Redis
from werkzeug.exceptions import RequestEntityTooLarge

from bot import logs, metrics, web
from bot.errors import MalformedEvent, QueueUnavailable, UnprovenEvent
from bot.events.reader import read_event
from bot.queue.intake import Intake
from bot.queue.queue import Queue
from bot.redis_keys import connect
from bot.web.readiness import check_readiness
from bot.web.responses import as_json, refuse_alike
from bot.web.signature import prove

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from bot.config.settings import Settings

EVENT_PATH = "/feishu/event"
_REFUSAL_LOG_SECONDS = 10.0
"""Refused pushes are all counted, but logged at most this often: a flood must not fill the disk."""
log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None, connection: Redis | None = None) -> Flask:
    """The WSGI application. Raises ConfigError when nothing could prove a push."""
    if settings is None:
        from bot.config.settings import load_settings

        settings = load_settings()
    settings.feishu.check_secrets()
    queue = Queue(connection or connect(settings.redis.url), settings)
    app = Flask("fennel", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.web.max_body_bytes
    app.add_url_rule(EVENT_PATH, view_func=_Webhook(Intake(queue, settings)).push, methods=["POST"])
    _add_probes(app, queue)
    refuse_alike(app)
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
        return as_json(answer)

    def _refuse(self, reason: str, status: int, error: Exception) -> Response:
        metrics.REFUSED.labels(reason).inc()
        now = time.monotonic()
        if now >= self._log_again.get(reason, 0.0):
            self._log_again[reason] = now + _REFUSAL_LOG_SECONDS
            log.warning("push_refused", reason=reason, why=str(error))
        return as_json({"error": reason}, status)


def _add_probes(app: Flask, queue: Queue) -> None:
    """What a load balancer asks, and nobody can learn anything from."""

    def healthz() -> Response:
        return as_json({"ok": True})

    def readyz() -> Response:
        ready = check_readiness(queue.connection).ready
        return as_json({"ready": ready}, 200 if ready else 503)

    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


def start() -> WSGIApplication:
    """What gunicorn serves: the webhook, and on a port of their own the pages for operators."""
    from bot.config.settings import load_settings
    from bot.web.operator_pages import by_port, create_operator_app

    logs.configure("web")
    settings = web.SETTINGS or load_settings()
    app = create_app(settings)
    if not settings.web.operator_port:
        return app
    return by_port(settings.web.operator_port, create_operator_app(settings), app)
