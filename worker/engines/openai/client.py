"""Calls to OpenAI-compatible servers: which server, with which of its features, retried how, failing how.

What comes out is JSON or one of four errors: EngineUnavailable (may be asked again), EngineRefused (never
succeeds), AnswerTimeout, Cancelled. Keys, prompts and replies are never logged.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Any

import structlog

from bot.errors import Cancelled, EngineRefused, EngineUnavailable, FennelError
from worker.engines.openai.attempts import RETRIED, Attempts, Call, check, retry_hint
from worker.engines.openai.connection import Connection, Response
from worker.engines.openai.event_stream import EventStream
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.openai.server_features import Features, ProbeFailed, error_message, probe
from worker.engines.openai.servers import Servers

log = structlog.get_logger(__name__)

Body = dict[str, Any]
MakeBody = Callable[[str, Features], Body]
"""Builds the request for a server that calls the model so and has these features."""
PREPARE_SECONDS = 60.0


class _EndedEarly(ConnectionBroken):
    """A stream that ended, without breaking, before it was complete."""


class _PutOff(Exception):
    """A status that may be better next time."""

    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.hint = retry_hint(headers or {})


class ModelClient:
    """`urls` are base URLs that end in /v1. `model` '' takes the first model that a server lists."""

    def __init__(self, urls: tuple[str, ...], *, model: str, api_key: str, connection: Connection) -> None:
        self.servers = Servers(urls)
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._connection = connection
        self._known: dict[str, tuple[str, Features]] = {}
        self._probing = {url: threading.Lock() for url in urls}

    def complete(self, make_body: MakeBody, call: Call) -> Body:
        """One chat completion, whole."""
        attempts = Attempts(self.servers, call)
        while True:
            url = attempts.next_server()
            try:
                with self.servers.running(url):
                    answer = self._post(url, make_body(*self._known_of(url, call)), call)
                self.servers.worked(url)
                return answer
            except _PutOff as later:
                attempts.put_off(url, later.status, later.hint)
            except ConnectionBroken as error:
                attempts.broke(url, error)

    def stream(self, make_body: MakeBody, call: Call) -> Iterator[list[Body]]:
        """The chunks of a streamed chat completion, in lists of those that arrived together.

        A server that fails before its first chunk is replaced unseen by the caller.
        """
        attempts = Attempts(self.servers, call)
        while True:
            url, started = attempts.next_server(), False
            try:
                with self.servers.running(url), closing(self._open(url, make_body, call)) as events:
                    for chunks in _chunks(events):
                        started = True
                        yield chunks
                self.servers.worked(url)
                return
            except _PutOff as later:
                attempts.put_off(url, later.status, later.hint)
            except ConnectionBroken as error:
                if isinstance(error, _EndedEarly) and not started:
                    attempts.put_off(url, HTTPStatus.BAD_GATEWAY, None)
                    continue
                attempts.broke(url, error)
                if started:
                    raise EngineUnavailable(f"{url} broke off while writing") from error

    def prepare_one(self, url: str, cancelled: Callable[[], bool]) -> None:
        """Asks one server for its model and features now rather than at the first question.

        What goes wrong is logged, the first question will meet it again.
        """
        try:
            self._known_of(url, Call(time.monotonic() + PREPARE_SECONDS, cancelled))
        except Cancelled:
            log.info("llm_preparation_ended", server=url)
        except (_PutOff, ConnectionBroken, FennelError) as error:
            log.warning("llm_not_ready", server=url, error=f"{type(error).__name__}: {error}"[:300])

    def features(self, url: str, call: Call) -> Features:
        """What `url` can do, asked once."""
        return self._known_of(url, call)[1]

    def encode(self, url: str, text: str, call: Call) -> list[int]:
        """How `url` splits a text, by LMDeploy's /v1/encode; [] from servers that do not tell.

        Raises ConnectionBroken, AnswerTimeout, Cancelled.
        """
        answer = self._connection.request(
            "POST",
            f"{url}/encode",
            headers=self._headers,
            body={"input": text},
            deadline=call.deadline,
            cancelled=call.cancelled,
        )
        ids = _json(answer).get("input_ids") if answer.status == HTTPStatus.OK else None
        return [int(number) for number in ids] if isinstance(ids, list) else []

    def _known_of(self, url: str, call: Call) -> tuple[str, Features]:
        """The model's name there and the server's features; the first caller asks, the others wait."""
        while not self._probing[url].acquire(timeout=0.2):
            check(call)
        try:
            if url not in self._known:
                model = self._find_model(url, call)
                self._known[url] = model, self._probe(url, model, call)
            return self._known[url]
        finally:
            self._probing[url].release()

    def _probe(self, url: str, model: str, call: Call) -> Features:
        def ask(body: Body) -> tuple[int, Body]:
            status, answer = self._chat(url, body, call)
            return status, _last_usage(answer) if body.get("stream") else _json(answer)

        try:
            return probe(ask, model)
        except ProbeFailed as failed:
            raise _refusal(url, failed.status, failed.message) from failed

    def _find_model(self, url: str, call: Call) -> str:
        answer = self._request("GET", f"{url}/models", call)
        if answer.status in (401, 403):
            raise _refusal(url, answer.status, error_message(_json(answer)))
        listed = [item.get("id", "") for item in _json(answer).get("data") or () if isinstance(item, dict)]
        return choose_model(self._model, listed, url)

    def _open(self, url: str, make_body: MakeBody, call: Call) -> EventStream:
        body = make_body(*self._known_of(url, call))
        events = self._connection.stream(
            f"{url}/chat/completions",
            headers=self._headers,
            body=body,
            deadline=call.deadline,
            cancelled=call.cancelled,
        )
        events.open()
        if events.status in RETRIED:
            raise _PutOff(events.status, events.headers)
        if events.status != HTTPStatus.OK:
            raise _refusal(url, events.status, error_message(_loads(events.error)))
        return events

    def _post(self, url: str, body: Body, call: Call) -> Body:
        status, answer = self._chat(url, body, call)
        if status != HTTPStatus.OK:
            raise _refusal(url, status, error_message(_json(answer)))
        return _json(answer)

    def _chat(self, url: str, body: Body, call: Call) -> tuple[int, Response]:
        answer = self._request("POST", f"{url}/chat/completions", call, body)
        status = true_status(answer)
        if status in RETRIED:
            raise _PutOff(status)
        return status, answer

    def _request(self, method: str, url: str, call: Call, body: Body | None = None) -> Response:
        answer = self._connection.request(
            method, url, headers=self._headers, body=body, deadline=call.deadline, cancelled=call.cancelled
        )
        if answer.status in RETRIED:
            raise _PutOff(answer.status, answer.headers)
        return answer


def choose_model(wanted: str, listed: list[str], url: str) -> str:
    """The name to ask for: the wanted one, one that ends like it, or the only one there is.

    LMDeploy serves under the path it was started with, others under names of their own. Raises
    EngineRefused that lists what is served when none fits.
    """
    if not listed or wanted in listed:
        return wanted
    ending = wanted.rstrip("/").rsplit("/", 1)[-1].lower()
    alike = [name for name in listed if name.rstrip("/").rsplit("/", 1)[-1].lower() == ending]
    if alike or len(listed) == 1 or not wanted:
        return (alike or listed)[0]
    raise EngineRefused(f"llm.model: {url} does not serve {wanted!r}; it serves {', '.join(listed[:10])}")


def true_status(answer: Response) -> int:
    """The status that the body speaks of.

    LMDeploy's proxy answers 200 whatever happened behind it: with the server's error body, or with
    {"error_code": 10402, "text": ...} when a server cannot be reached (lmdeploy/serve/proxy/proxy.py).
    """
    if answer.status != HTTPStatus.OK or answer.content.startswith(b"data:"):
        return answer.status
    body = _json(answer)
    code = body.get("code")
    if "choices" in body:
        return HTTPStatus.OK
    return code if isinstance(code, int) and 400 <= code < 600 else HTTPStatus.BAD_GATEWAY


def _chunks(events: EventStream) -> Iterator[list[Body]]:
    """Parses the events up to [DONE]. An error inside the stream, or an end without one, raises."""
    for arrived in events:
        ended = b"[DONE]" in arrived
        data = arrived[: arrived.index(b"[DONE]")] if ended else arrived
        chunks = [_loads(item) for item in data if item]
        for chunk in chunks:
            if isinstance(chunk.get("error"), dict):
                _raise_streamed(chunk["error"])
        if chunks:
            yield chunks
        if ended:
            events.complete = True
            return
    raise _EndedEarly("the stream ended without [DONE]")


def _raise_streamed(error: Body) -> None:
    status = error.get("code")
    if isinstance(status, int) and 400 <= status < 500 and status not in RETRIED:
        raise EngineRefused(f"the model server refused the request: {error_message(error)}")
    raise ConnectionBroken("the server reported an error inside the stream")


def _refusal(url: str, status: int, message: str) -> EngineRefused:
    if status in (401, 403):
        return EngineRefused(f"llm.api_key: {url} refuses the key (HTTP {status})")
    return EngineRefused(f"{url} refuses the request (HTTP {status}): {message}")


def _json(answer: Response) -> Body:
    return _loads(answer.content)


def _loads(data: bytes) -> Body:
    """A JSON object; anything else is an empty one, which every reader treats as 'nothing there'."""
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_usage(answer: Response) -> Body:
    lines = [line[5:].strip() for line in answer.content.splitlines() if line.startswith(b"data:")]
    usages = [chunk["usage"] for chunk in map(_loads, lines) if chunk.get("usage")]
    return {"usage": usages[-1]} if usages else _json(answer)
