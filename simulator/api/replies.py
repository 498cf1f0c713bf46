"""Responses in Feishu's shape.

Success is {"code":0,"msg":"success","data":{...}}; a refusal carries HTTP 400 (unless the API page says
otherwise), the code, and an `error` object with the log id that Feishu's support asks for
(im-v1/message/reply.md, "230099 子错误码", has a full example).
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Response, g

TROUBLESHOOTER = (
    "排查建议查看（Troubleshooting suggestions）： "
    "https://open.feishu.cn/search?from=openapi&log_id={log_id}&code={code}&method_id=0"
)


class ApiError(Exception):
    """A call that Feishu refuses: `code` and `message` as its documents give them."""

    def __init__(
        self, code: int, message: str, *, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers or {}


def new_log_id() -> str:
    """A log id as Feishu writes them: the time, then hexadecimal digits."""
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(9).upper()


def current_log_id() -> str:
    """The log id of the request being answered."""
    if "log_id" not in g:
        g.log_id = new_log_id()
    return str(g.log_id)


def as_json(
    body: dict[str, Any],
    status: int = 200,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json; charset=utf-8",
) -> Response:
    """A JSON response with Feishu's headers; `Content-Type` is written canonically, as lark-oapi needs."""
    response = Response(json.dumps(body, ensure_ascii=False), status=status, content_type=content_type)
    response.headers["X-Tt-Logid"] = current_log_id()
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def success(data: dict[str, Any] | None = None) -> Response:
    """The ordinary successful answer."""
    return as_json({"code": 0, "msg": "success", "data": data or {}})


def failure(error: ApiError) -> Response:
    """The answer to a refused call."""
    log_id = current_log_id()
    details = {
        "log_id": log_id,
        "troubleshooter": TROUBLESHOOTER.format(log_id=log_id, code=error.code),
    }
    body = {"code": error.code, "msg": error.message, "error": details}
    return as_json(body, error.status, error.headers)
