"""The pages for operators: metrics, the details of /readyz, RQ's dashboard.

They have an address and port of their own (web.operator_host, web.operator_port): whoever the webhook's port
is open to does not reach them, whatever headers a proxy adds or leaves out. Where that address is not this
machine's own, a token must be given too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response
from redis import Redis
from redis.exceptions import RedisError

from bot import metrics
from bot.config.extras import is_here, what_to_install
from bot.queue.queue import Queue
from bot.redis_keys import connect
from bot.web.readiness import check_readiness
from bot.web.responses import as_json, given_token, refuse_alike

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bot.config.settings import Settings

log = structlog.get_logger(__name__)
ASK_FOR_IT = {"WWW-Authenticate": 'Basic realm="fennel"'}


def create_operator_app(settings: Settings, connection: Redis | None = None) -> Flask:
    """The pages as a WSGI application of their own."""
    queue = Queue(connection or connect(settings.redis.url), settings)
    app = Flask("fennel-operator", static_folder=None)
    token = settings.web.operator_token.get_secret_value()

    def guard() -> Response | None:
        return (
            None if not token or given_token(token) else as_json({"error": "unauthorized"}, 401, ASK_FOR_IT)
        )

    def readyz() -> Response:
        readiness = check_readiness(queue.connection)
        return as_json(readiness.to_json(), 200 if readiness.ready else 503)

    def show_metrics() -> Response:
        return Response(metrics.exposition(lambda: _gauges(queue)), content_type="text/plain; version=0.0.4")

    app.before_request(guard)
    app.add_url_rule("/readyz", view_func=readyz)
    app.add_url_rule("/metrics", "metrics", view_func=show_metrics)
    refuse_alike(app)
    if not settings.web.dashboard_token.get_secret_value():
        return app
    if is_here("rq_dashboard"):
        from bot.web.dashboard import add_dashboard

        add_dashboard(app, settings, queue.connection)
    else:  # a page that is not there must not keep the webhook from starting
        log.warning("no_dashboard", fix=what_to_install("rq_dashboard"))
    return app


def by_port(port: int, there: WSGIApplication, elsewhere: WSGIApplication) -> WSGIApplication:
    """One application for a server of two ports: by the port a connection came to, not by headers."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = there if str(environ.get("SERVER_PORT")) == str(port) else elsewhere
        return chosen(environ, start_response)

    return serve


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
