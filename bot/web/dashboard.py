"""RQ's dashboard at /rq, for operators, behind a token.

It shows job arguments (what people asked) and can delete and requeue jobs, so it exists only where
`web.dashboard_token` is set. Browsers ask for a name and a password: any name, the token as password.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from redis import Redis

from bot import audit
from bot.web.responses import given_token

if TYPE_CHECKING:
    from bot.config.settings import Settings


PREFIX = "/rq"


def add_dashboard(app: Flask, settings: Settings, redis: Redis) -> None:
    """Mounts the dashboard. Imported only when it is wanted: it brings a dozen packages along.

    What changes something is written to the audit log, before it is done.
    """
    import rq_dashboard
    from rq.serializers import JSONSerializer
    from rq_dashboard import web

    web.config.serializer = JSONSerializer  # its default would unpickle whatever is in Redis
    app.config["RQ_DASHBOARD_REDIS_URL"] = settings.redis.url
    web.setup_rq_connection(app)
    token = settings.web.dashboard_token.get_secret_value()

    def guard() -> Response | None:
        if request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
            return None
        if not given_token(token):
            return _refuse("unauthorized", 401, {"WWW-Authenticate": 'Basic realm="fennel"'})
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return _refuse("forbidden", 403, {})  # another site's page: some of its GETs change things too
        if request.method not in ("GET", "HEAD") or request.path.startswith(f"{PREFIX}/requeue/"):
            audit.record(redis, "dashboard", by="dashboard", chat_id="", subject=request.path)
        return None

    def no_file(filename: str) -> Response:
        return _refuse("not found", 404, {})

    app.before_request(guard)
    # Its template asks the application for a favicon, and this application serves no files.
    app.add_url_rule(f"{PREFIX}/none/<path:filename>", "static", view_func=no_file)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix=PREFIX)


def _refuse(word: str, status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps({"error": word}), status, headers, content_type="application/json")
