"""One pool of connections under the SDK.

lark-oapi 1.7.5 opens a connection for every call (`requests.request`; `bench/transport.py` counts them) and
raises a bare JSON error when a gateway answers with an HTML page. `install` puts `execute` in the place of
the SDK's own `Transport.execute`, which every service calls: same request, same result, sent over one pooled
session. Answers that are no success become exceptions here, before the SDK fits them into its types, which
unexpected `data` beside a refusal would break.
"""

from __future__ import annotations

import json
from typing import Any

from bot.feishu.sdk import (
    JSON,
    BaseRequest,
    Config,
    RawResponse,
    RequestOption,
    Transport,
    build_header,
    build_url,
)
from bot.http_session import CONNECT_TIMEOUT, new_session


class UnreadableAnswer(Exception):
    """The answer's body is not the JSON object with a `code` that every Feishu call returns."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(f"HTTP {status} without a readable code")
        self.status = status
        self.headers = headers


SESSION = new_session()


class RefusedAnswer(Exception):
    """The answer carries a code other than 0."""

    def __init__(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(f"code {body['code']}")
        self.body = body
        self.headers = headers


def execute(conf: Config, request: BaseRequest, option: RequestOption | None = None) -> RawResponse:
    """Sends one request as the SDK would, over the pooled session.

    Raises RefusedAnswer for a code other than 0, UnreadableAnswer for a body that is not Feishu's JSON, and
    what requests raises when there is no answer at all.
    """
    url = build_url(conf.domain, request.uri, request.paths)
    headers = build_header(request, option or RequestOption(), conf)
    content = None if request.body is None else JSON.marshal(request.body).encode()
    answer = SESSION.request(
        request.http_method.name,
        url,
        headers=headers,
        params=request.queries,
        data=content,
        timeout=(CONNECT_TIMEOUT, conf.timeout),
        allow_redirects=False,
    )
    raw = RawResponse()
    raw.status_code = answer.status_code
    raw.headers = dict(answer.headers)
    raw.content = answer.content
    body = read_body(raw)
    if body["code"] != 0:
        raise RefusedAnswer(body, raw.headers)
    return raw


def read_body(raw: RawResponse) -> dict[str, Any]:
    """The body of an answer as the object it must be. Raises UnreadableAnswer."""
    try:
        body = json.loads(raw.content)
    except ValueError as error:
        raise UnreadableAnswer(raw.status_code, raw.headers) from error
    if not isinstance(body, dict) or not isinstance(body.get("code"), int):
        raise UnreadableAnswer(raw.status_code, raw.headers)
    return body


def install() -> None:
    """Makes the SDK send everything through `execute`, in this process and from now on."""
    Transport.execute = staticmethod(execute)
