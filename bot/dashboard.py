"""RQ's dashboard at /rq, for operators, behind a token.

It shows job arguments (what people asked) and can delete and requeue jobs, so it exists only where
`web.dashboard_token` is set. Browsers ask for a name and a password: any name, the token as password.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Flask, Response, request

if TYPE_CHECKING:
    from bot.config import Settings


PREFIX = "/rq"


def add_dashboard(app: Flask, settings: Settings) -> None:
    """Mounts the dashboard. Imported only when it is wanted: it brings a dozen packages along."""
    import rq_dashboard
    from rq.serializers import JSONSerializer
    from rq_dashboard import web

    web.config.serializer = JSONSerializer  # its default would unpickle whatever is in Redis
    app.config["RQ_DASHBOARD_REDIS_URL"] = settings.redis.url
    web.setup_rq_connection(app)
    token = settings.web.dashboard_token.get_secret_value()

    def guard() -> Response | None:
        if not _is_allowed(token):
            return Response(
                '{"error": "unauthorized"}',
                401,
                {"WWW-Authenticate": 'Basic realm="fennel"', "Content-Type": "application/json"},
            )
        if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return Response('{"error": "forbidden"}', 403, content_type="application/json")
        return None

    rq_dashboard.blueprint.before_request(guard)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix=PREFIX)


def _is_allowed(token: str) -> bool:
    given = request.authorization
    password = (given.password if given.type == "basic" else given.token) if given else None
    return hmac.compare_digest((password or "").encode(), token.encode())
