"""The calls themselves: where they go, what is added to each, and what of the answer is a problem.

Keys, prompts and replies are never part of what is raised: a server that echoes them is cut short.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from json.scanner import make_scanner
from typing import Any
from urllib.parse import urlsplit

from bot.errors import AnswerTimeout
from bot.logs import unescaped
from worker.engines.openai.attempts import Call, retry_hint
from worker.engines.openai.connection import Connection, Response
from worker.engines.openai.event_stream import EventStream
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.replies.alike import AlikeChunks
from worker.engines.replies.chunks import LENGTH, STOP, Chunk, plain_chunk, read_chunk, unwrapped
from worker.engines.replies.problems import Problem, problem_in
from worker.engines.replies.sse import DONE, Event, EventReader, TooLarge
from worker.llm import Usage

Body = dict[str, Any]
Chunks = Generator[list[Chunk]]
"""Chunks in lists of those that arrived together."""
CLOSED = "closed"
"""The end of a stream that ended without saying why."""
GRACE_SECONDS = 2.0
"""What may follow the last piece (usage, [DONE]) is waited for so long."""
ECHO_CHARACTERS = 24
"""So much of a prompt in a row, and a server's words are an echo of it."""

LONGEST_END = 20
_NEXT = re.compile(r"\n|data:[ \t]*+(?=\{)")
"""Where an object may begin behind what cannot be read: one that broke off, and the next right behind it."""
_DECODER = json.JSONDecoder()
_scan = make_scanner(_DECODER)  # type: ignore[arg-type]  # as json.decoder calls it


class ServerProblem(Exception):
    """The server answered, but not with an answer. `hint`: seconds it asks to wait."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {problem.status}: {problem.words}")
        self.problem = problem
        self.hint = retry_hint(headers or {})


class ServerCalls:
    """Calls with one key, and with what `llm.extra_headers` and `llm.extra_body` add.

    Every method raises ConnectionBroken, AnswerTimeout, Cancelled; those that ask for a reply ServerProblem.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        api_key: str = "",
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        self._connection = connection
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._headers |= dict(extra_headers or {})
        self._secrets = [value for value in (api_key, *(extra_headers or {}).values()) if len(value) > 5]
        self._extra = dict(extra_body or {})

    def models(self, url: str, call: Call) -> list[Body]:
        """The entries of /models; [] where a server does not tell."""
        # On a connection of its own: uvicorn closes one on which a handler failed; the next call would break.
        answer = self._request("GET", endpoint(url, "/models"), call, once=True)
        listed = _loads(answer.content).get("data") if answer.status == HTTPStatus.OK else None
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    def encode(self, url: str, text: str, call: Call) -> list[int]:
        """How `url` splits a text, by LMDeploy's /v1/encode; [] from servers that do not tell."""
        answer = self._request("POST", endpoint(url, "/encode"), call, {"input": text})
        ids = _loads(answer.content).get("input_ids") if answer.status == HTTPStatus.OK else None
        return ids if isinstance(ids, list) and all(type(one) is int for one in ids) else []

    def whole(self, url: str, body: Body, call: Call) -> Body:
        """One chat completion, unstreamed."""
        sent = self._extended(body)
        answer = self._request("POST", endpoint(url, "/chat/completions"), call, sent)
        found = _read_whole(answer.content)
        problem = problem_in(found or _shown(answer.content), status=answer.status)
        if problem is None and not isinstance(found.get("choices"), list | dict):
            problem = Problem(
                HTTPStatus.BAD_GATEWAY, f"the answer is no completion: {_shown(answer.content)}"
            )
        if problem is not None:
            raise ServerProblem(self._silenced(problem, sent), answer.headers)
        return found

    def stream(self, url: str, body: Body, call: Call) -> Chunks:
        """The chunks of a streamed completion, in lists of those that arrived together."""
        sent = self._extended(body)
        events = self._connection.stream(
            endpoint(url, "/chat/completions"),
            headers=self._headers,
            body=sent,
            deadline=call.deadline,
            cancelled=call.cancelled,
        )
        try:
            events.open()
            if events.status != HTTPStatus.OK:
                found = _loads(events.error) or _shown(events.error)
                problem = problem_in(found, status=events.status) or Problem(events.status, "")
                raise ServerProblem(self._silenced(problem, sent), events.headers)
            yield from self._chunks(events, sent)
        finally:
            events.close()

    def _chunks(self, events: EventStream, sent: Body) -> Chunks:
        finished = said = over = False
        alike = AlikeChunks()
        try:
            for arrived in events:
                plain = alike.leading(arrived)
                if len(plain) == len(arrived) and not finished:
                    said = said or any(chunk.text for chunk in plain)
                    yield plain
                    continue
                chunks, done = self._read(arrived, sent, alike, said=said, over=over)
                over = over or _is_over(chunks, said=said)
                speaks = any(chunk.text or chunk.reasoning for chunk in chunks)
                before, finished = finished, finished or done or any(chunk.finish for chunk in chunks)
                said = said or speaks
                if finished and (speaks or not before):  # some send a finish_reason with every piece
                    events.hurry(GRACE_SECONDS)
                if chunks:
                    yield chunks
                if done:
                    break
        except (AnswerTimeout, ConnectionBroken):
            if not finished:
                raise
            return
        events.complete = True
        if not finished and not said:
            words = f"the stream ended without a word: {_shown(events.head)}"
            raise ServerProblem(self._silenced(Problem(HTTPStatus.BAD_GATEWAY, words), sent))
        if not finished:
            yield [Chunk(finish=CLOSED)]

    def _read(
        self, arrived: list[Event], sent: Body, alike: AlikeChunks, *, said: bool, over: bool
    ) -> tuple[list[Chunk], bool]:
        """The chunks of these events, and whether the end is among them. An error among them is raised.

        What came before an error is lost with it: the whole reply is asked for again. One behind the end of
        a reply (a gateway that fails to count it) takes nothing back, unless a filter did. `said`, `over`:
        whether there were words before these events, and whether the reply has ended.
        """
        chunks: list[Chunk] = []
        at = 0
        while True:
            same = alike.leading(arrived[at:])
            chunks += same
            at += len(same) + 1
            if at > len(arrived):
                return chunks, False
            data, name = arrived[at - 1]
            if len(data) < LONGEST_END and data.strip(b'" ') == DONE:
                return chunks, True
            bodies = _objects(data) or ([{"message": _shown(data)}] if name == "error" else [])
            for body in bodies:
                plain = None if name else plain_chunk(body)
                if plain is not None and len(bodies) == 1:
                    alike.learn(data, plain)
                elif plain is None and (problem := problem_in(body, name=name)) is not None:
                    if not problem.filtered and (over or _is_over(chunks, said=said)):
                        return chunks, True
                    raise ServerProblem(self._silenced(problem, sent))
                chunks.append(plain or read_chunk(body))

    def _extended(self, body: Body) -> Body:
        """The request with `llm.extra_body` over it; null takes a field away."""
        if not self._extra:
            return body
        return {name: value for name, value in _merged(body, self._extra).items() if value is not None}

    def _silenced(self, problem: Problem, sent: Body) -> Problem:
        """The problem without keys, and cut where the server's words repeat the prompt."""
        words = unescaped(problem.words)
        for secret in self._secrets:
            words = words.replace(secret, "***")
        prompt = "\n".join(str(turn.get("content", "")) for turn in sent.get("messages", ()))
        for start in range(0, max(len(words) - ECHO_CHARACTERS + 1, 0)):
            if words[start : start + ECHO_CHARACTERS] in prompt:
                words = f"{words[:start]}…"
                break
        return replace(problem, words=words)

    def _request(
        self,
        method: str,
        url: str,
        call: Call,
        body: Body | None = None,
        *,
        once: bool = False,
    ) -> Response:
        return self._connection.request(
            method,
            url,
            headers=self._headers,
            body=body,
            once=once,
            deadline=call.deadline,
            cancelled=call.cancelled,
        )


@cache
def endpoint(url: str, path: str) -> str:
    """`path` under a base URL. A query (Azure's api-version) stays at the end."""
    parts = urlsplit(url)
    base = parts.path.rstrip("/").removesuffix("/chat/completions")
    return parts._replace(path=base + path).geturl()


def collected(chunks: Iterable[list[Chunk]]) -> Body:
    """A streamed reply as if it had come whole."""
    text, thought, finish, usage = [], [], "", Usage()
    for arrived in chunks:
        for chunk in arrived:
            text.append(chunk.text)
            thought.append(chunk.reasoning)
            finish, usage = chunk.finish or finish, chunk.usage or usage
    message = {"role": "assistant", "content": "".join(text), "reasoning_content": "".join(thought)}
    counts = (
        {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens} if usage else {}
    )
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish or STOP}], "usage": counts}


def _is_over(chunks: Iterable[Chunk], *, said: bool) -> bool:
    """Whether a chunk says that a reply of some words has ended, and nothing more: some say so in each."""
    for chunk in chunks:
        if chunk.finish in (STOP, LENGTH) and said and not (chunk.text or chunk.reasoning):
            return True
        said = said or bool(chunk.text)
    return False


def _merged(body: Mapping[str, Any], extra: Mapping[str, Any]) -> Body:
    merged = dict(body)
    for name, value in extra.items():
        own = merged.get(name)
        merged[name] = _merged(own, value) if isinstance(own, dict) and isinstance(value, Mapping) else value
    return merged


def _read_whole(content: bytes) -> Body:
    """A JSON object; from servers that stream whatever is asked for, what the stream holds."""
    if not content.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"data:", b"event:", b":")):
        return unwrapped(_loads(content))
    reader = EventReader()
    try:
        events = [*reader.feed(content), *reader.end()]
    except TooLarge:
        return {}
    bodies = [body for event in events if event.data != DONE for body in _objects(event.data)]
    wrong = next((body for body in bodies if problem_in(body)), None)
    return wrong or collected([[read_chunk(body) for body in bodies]])


def _objects(data: bytes) -> list[Body]:
    """The JSON objects of one event: one, one a line, a list of them, or one after the other."""
    text, at = data.decode("utf-8", "replace").strip("\ufeff\u00a0 \n"), 0
    try:
        value, ends = _scan(text, 0)
        if ends == len(text) and type(value) is dict:
            return [value if "choices" in value else unwrapped(value)]
    except (StopIteration, ValueError, RecursionError):
        pass
    found: list[Body] = []
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            following = _NEXT.search(text, at)
            at = following.end() if following else len(text)
            continue
        if type(value) is dict:
            found.append(unwrapped(value))
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, dict)]
        while at < len(text) and text[at] in " ,\r\n\t":
            at += 1
    return found


def _loads(data: bytes) -> Body:
    """A JSON object, or the first of a list; anything else is an empty one: nothing there."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, dict) else {}


def _shown(content: bytes) -> str:
    """The beginning of a body that is neither JSON nor an event stream, such as a proxy's error page."""
    return " ".join(content[:160].decode("utf-8", "replace").split())


def deadline_within(call: Call, seconds: float) -> Call:
    """The same call with no more than `seconds` left."""
    return replace(call, deadline=min(call.deadline, time.monotonic() + seconds))
