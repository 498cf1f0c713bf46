"""Calls to OpenAI-compatible servers: which server, with which of its features, retried how, failing how.

What comes out is a reply or one of a few errors: EngineUnavailable (may be asked again), EngineRefused (never
succeeds; PromptTooLong and EngineSilent among them), AnswerTimeout, Cancelled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TypeVar

import structlog

from bot.errors import Cancelled, EngineRefused, EngineSilent, EngineUnavailable, FennelError, PromptTooLong
from worker.engines.openai.attempts import RETRIED, Attempts, Call
from worker.engines.openai.calls import Body, Chunks, ServerCalls, ServerProblem, collected
from worker.engines.openai.known_servers import KnownServers
from worker.engines.openai.probing import MOST_LESSONS, Known, MakeBody
from worker.engines.openai.refusals import names_no_model
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.openai.server_features import Features
from worker.engines.openai.servers import Servers
from worker.engines.replies.chunks import Chunk, read_chunk
from worker.engines.replies.problems import context_limit, told_tokens

log = structlog.get_logger(__name__)

T = TypeVar("T")
PREPARE_SECONDS = 60.0


class ModelClient:
    """`urls` are base URLs that end in /v1. `model` '' takes the first model that a server lists."""

    def __init__(self, urls: tuple[str, ...], *, model: str, calls: ServerCalls) -> None:
        self.servers = Servers(urls)
        self.known = KnownServers(urls, calls, model)
        self._calls = calls
        self._model = model

    def complete(self, make_body: MakeBody, call: Call) -> Body:
        """One chat completion, whole."""
        attempts = Attempts(self.servers, call)
        while True:
            url = attempts.next_server()
            try:
                with self.servers.running(url):
                    answer = self._complete(url, make_body, call)
                self.servers.worked(url)
                return answer
            except ServerProblem as error:
                self._put_off(attempts, url, error)
            except ConnectionBroken as error:
                self._broke(attempts, url, error)

    def stream(self, make_body: MakeBody, call: Call) -> Chunks:
        """The chunks of a streamed chat completion, in lists of those that arrived together.

        A server that fails before its first chunk is replaced unseen by the caller.
        """
        attempts = Attempts(self.servers, call)
        while True:
            url, started = attempts.next_server(), False
            try:
                with self.servers.running(url), closing(self._stream(url, make_body, call)) as stream:
                    for chunks in stream:
                        started = any(chunk.text or chunk.reasoning for chunk in chunks)
                        yield chunks
                        if started:
                            yield from stream
                self.servers.worked(url)
                return
            except ServerProblem as error:
                if started:
                    raise self._broken_off(url, error) from error
                self._put_off(attempts, url, error)
            except ConnectionBroken as error:
                self._broke(attempts, url, error)
                if started:
                    raise EngineUnavailable(f"{url} broke off while writing") from error

    def prepare_one(self, url: str, cancelled: Callable[[], bool]) -> None:
        """Asks one server for its model and features now rather than at the first question.

        What goes wrong is logged, the first question will meet it again.
        """
        try:
            self.known.of(url, Call(time.monotonic() + PREPARE_SECONDS, cancelled))
        except Cancelled:
            log.info("llm_preparation_ended", server=url)
        except (ServerProblem, ConnectionBroken, FennelError) as error:
            log.warning("llm_not_ready", server=url, error=f"{type(error).__name__}: {error}"[:300])

    def features(self, url: str, call: Call) -> Features:
        """What `url` can do, asked once."""
        return self.known.of(url, call).features

    def encode(self, url: str, text: str, call: Call) -> list[int]:
        """How `url` splits a text; [] from servers that do not tell.

        Raises ConnectionBroken, AnswerTimeout, Cancelled.
        """
        return self._calls.encode(url, text, call)

    def _complete(self, url: str, make_body: MakeBody, call: Call) -> Body:
        def ask(known: Known, body: Body) -> Iterator[Body]:
            if known.features.answers_whole:
                yield self._calls.whole(url, body, call)
            else:
                options = (
                    {"stream_options": {"include_usage": True}} if known.features.usage_in_stream else {}
                )
                yield collected(self._calls.stream(url, body | {"stream": True} | options, call))

        return next(self._learning(url, make_body, call, ask))

    def _stream(self, url: str, make_body: MakeBody, call: Call) -> Chunks:
        def ask(known: Known, body: Body) -> Iterator[list[Chunk]]:
            if not known.features.streams:
                yield [read_chunk(self._calls.whole(url, body, call))]
                return
            with closing(self._calls.stream(url, body, call)) as stream:
                yield from stream

        return self._learning(url, make_body, call, ask)

    def _learning(
        self, url: str, make_body: MakeBody, call: Call, ask: Callable[[Known, Body], Iterator[T]]
    ) -> Generator[T]:
        """Asks, and asks again without what was refused, until that is learned."""
        for lessons in range(MOST_LESSONS):
            known, started = self.known.of(url, call), False
            body = make_body(known)
            try:
                items = ask(known, body)
                for item in items:
                    started = True
                    yield item
                    yield from items
                return
            except ServerProblem as error:
                if started or lessons == MOST_LESSONS - 1 or not self.known.learn(known, error, body):
                    raise

    def _put_off(self, attempts: Attempts, url: str, error: ServerProblem) -> None:
        """Notes a failure that may be better next time; raises what never will be."""
        problem = error.problem
        words = problem.words
        if problem.too_long:
            limit = context_limit(words)
            if limit:
                self.known.note(url, context_tokens=limit)
            raise PromptTooLong(_refuses(url, error), limit=limit, told=told_tokens(words)) from error
        if names_no_model(problem) and problem.status in (400, 404, 422):
            raise EngineRefused(self._no_model(url, words)) from error
        if problem.filtered and problem.status < 500:
            raise EngineSilent(_refuses(url, error), why="engine_filtered") from error
        if problem.status not in RETRIED and problem.status < 500:
            raise _refusal(url, error) from error
        attempts.put_off(url, problem.status, error.hint, words)

    def _broke(self, attempts: Attempts, url: str, error: ConnectionBroken) -> None:
        attempts.broke(url, error)
        if url in self.servers.resting():
            self.known.forget(url)

    def _broken_off(self, url: str, error: ServerProblem) -> EngineRefused | EngineUnavailable:
        status = error.problem.status
        if 400 <= status < 500 and status not in RETRIED:
            return _refusal(url, error)
        return EngineUnavailable(f"{url} broke off while writing ({error})")

    def _no_model(self, url: str, words: str) -> str:
        known = self.known.at_hand(url)
        listed = ", ".join(known.listed[:10]) if known else ""
        serves = f"; it serves {listed}" if listed else ""
        return f"llm.model: {url} does not serve {self._model!r}{serves} ({words})"


def _refusal(url: str, error: ServerProblem) -> EngineRefused:
    if error.problem.status in (401, 403):
        words = f"llm.api_key: {url} refuses the key (HTTP {error.problem.status}): {error.problem.words}"
        return EngineRefused(words)
    return EngineRefused(_refuses(url, error))


def _refuses(url: str, error: ServerProblem) -> str:
    return f"{url} refuses the request (HTTP {error.problem.status}): {error.problem.words}"
