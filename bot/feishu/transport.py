"""One pool of connections under the SDK.

lark-oapi 1.7.5 opens a connection for every call (`requests.request`; `bench/transport.py` counts them) and
raises a bare JSON error when a gateway answers with an HTML page. `install` puts `execute` in the place of
the SDK's own `Transport.execute`, which every service calls: same request, same result, sent over one pooled
session. Answers that are no success become exceptions here, before the SDK fits them into its types, which
unexpected `data` beside a refusal would break.
"""

from __future__ import annotations

from typing import Any

import requests

from bot.config.faults import encodable_json
from bot.errors import FileTooLarge
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
from bot.http_session import CONNECT_TIMEOUT, EndlessAnswer, new_session, read_whole


class UnreadableAnswer(Exception):
    """The answer's body is not the JSON object with a `code` that every Feishu call returns."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(f"HTTP {status} without a readable code")
        self.status = status
        self.headers = headers


SESSION = new_session()
MOST_BYTES = 8_000_000
"""Bytes of an answer that are read: the longest list of messages is far below."""
MOST_SECONDS = 30.0
"""Seconds an answer may go on arriving."""


LONGEST_RESET = 300.0
"""Limits are per second or per minute: a header that says more than this is not believed."""


class RefusedAnswer(Exception):
    """The answer carries a code other than 0."""

    def __init__(self, body: dict[str, Any], headers: dict[str, str], status: int = 200) -> None:
        super().__init__(f"code {body['code']}")
        self.body = body
        self.headers = headers
        self.status = status


def execute(conf: Config, request: BaseRequest, option: RequestOption | None = None) -> RawResponse:
    """Sends one request as the SDK would, over the pooled session.

    Raises RefusedAnswer for a code other than 0, UnreadableAnswer for a body that is not Feishu's JSON, and
    what requests raises when there is no answer at all.
    """
    url = build_url(conf.domain, request.uri, request.paths)
    headers = build_header(request, option or RequestOption(), conf)
    content = None if request.body is None else JSON.marshal(request.body).encode()
    timeout, method = (CONNECT_TIMEOUT, conf.timeout), request.http_method.name
    if content is not None and not request.queries:
        answer = SESSION.straight(method, url, headers, content, timeout)
    else:
        answer = SESSION.request(
            method,
            url,
            headers=headers,
            params=request.queries,
            data=content,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        )
    raw = RawResponse()
    raw.status_code = answer.status_code
    raw.headers = dict(answer.headers)
    raw.content = read_bounded(answer)
    body = read_body(raw)
    if body["code"] != 0:
        raise RefusedAnswer(body, raw.headers, raw.status_code)
    if raw.status_code >= 500:
        raise UnreadableAnswer(raw.status_code, raw.headers)
    return raw


def download(conf: Config, request: BaseRequest, option: RequestOption) -> bytes:
    """The bytes of a file. Raises as `execute`, and FileTooLarge for one of more than MOST_BYTES."""
    answer = SESSION.request(
        request.http_method.name,
        build_url(conf.domain, request.uri, request.paths),
        headers=build_header(request, option, conf),
        params=request.queries,
        timeout=(CONNECT_TIMEOUT, conf.timeout),
        allow_redirects=False,
        stream=True,
    )
    headers = dict(answer.headers)
    if answer.status_code != 200 or header(headers, "content-type").startswith("application/json"):
        body = read_object(read_bounded(answer), answer.status_code, headers)
        raise RefusedAnswer(body, headers, answer.status_code)
    length = header(headers, "content-length")
    if length.isdecimal() and (len(length) > 15 or int(length) > MOST_BYTES):
        answer.close()
        raise FileTooLarge(f"{length[:20]} bytes, at most {MOST_BYTES} are read")
    try:
        return read_bounded(answer)
    except UnreadableAnswer as error:
        raise FileTooLarge(f"it does not end within {MOST_BYTES} bytes") from error


def read_bounded(answer: requests.Response) -> bytes:
    """The body of an answer. Raises UnreadableAnswer for one that does not end, requests.RequestException."""
    try:
        return read_whole(answer, MOST_BYTES, MOST_SECONDS)
    except EndlessAnswer as error:
        raise UnreadableAnswer(answer.status_code, dict(answer.headers)) from error


def read_body(raw: RawResponse) -> dict[str, Any]:
    """The body of an answer as the object it must be. Raises UnreadableAnswer."""
    return read_object(raw.content, raw.status_code, raw.headers)


def read_object(content: bytes, status: int, headers: dict[str, str]) -> dict[str, Any]:
    """A JSON object with a whole number as its `code`. Raises UnreadableAnswer."""
    try:
        body = encodable_json(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer(status, headers) from error
    if not isinstance(body, dict) or type(body.get("code")) is not int:
        raise UnreadableAnswer(status, headers)
    return body


def header(headers: dict[str, str], name: str) -> str:
    """A header by any spelling: the SDK hands them over in a case-sensitive dict."""
    return next((value for key, value in headers.items() if key.lower() == name), "")


def reset_of(headers: dict[str, str]) -> float:
    """Seconds until a limit is over, from the gateway's header or the standard one; at most LONGEST_RESET."""
    for name in ("x-ogw-ratelimit-reset", "retry-after"):
        value = header(headers, name)
        if value.isascii() and value.replace(".", "", 1).isdigit():
            return min(float(value), LONGEST_RESET)
    return 0.0


def install() -> None:
    """Makes the SDK send everything through `execute`, in this process and from now on."""
    Transport.execute = staticmethod(execute)
