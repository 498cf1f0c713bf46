"""The LLM behind any OpenAI-compatible server: LMDeploy's api_server first, vLLM, llama.cpp, public APIs too.

It says what to ask and reads what comes back; `worker.engines.openai.client` gets it there. One HTTP pool
serves all threads, so that the server's continuous batching sees all questions at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

import structlog

from bot.config.settings import Settings
from bot.errors import AnswerTimeout, Cancelled, EngineUnavailable
from worker.engines.openai.attempts import Call
from worker.engines.openai.client import Body, ModelClient
from worker.engines.openai.connection import Connection
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.openai.scoring import expectation, first_token_probabilities, parse_reply
from worker.engines.openai.server_features import Features
from worker.engines.openai.stop_words import STOP_WORDS, StopFilter
from worker.engines.openai.tokens import (
    Counter,
    FastCounter,
    SentencePieceCounter,
    compare_with_server,
    open_counter,
)
from worker.llm import IsCancelled, Messages, Reply, Score, Usage, never

log = structlog.get_logger(__name__)

Engine = TypeVar("Engine", bound="OpenAIEngine")
NUMBER_TOKENS = 4
"""Room for a parsed reply: '10', a full stop, an end mark."""
ENCODE_SECONDS = 30.0


class OpenAIEngine:
    """Satisfies `worker.llm.LLM`."""

    def __init__(
        self,
        client: ModelClient,
        connection: Connection,
        counter: Counter,
        *,
        name: str,
        context_tokens: int = 8192,
        max_tokens: int = 1024,
        temperature: float = 0.0,
        answer_seconds: float = 120.0,
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self.client = client
        self._connection = connection
        self._counter = counter
        self._count = lru_cache(maxsize=1024)(counter.count)
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._answer_seconds = answer_seconds
        self._lock = threading.Lock()
        self._usage = Usage()
        self._closing = threading.Event()

    @property
    def degraded(self) -> str:
        """'engine_down' while every server rests after a failure."""
        servers = self.client.servers
        return "engine_down" if len(servers.resting()) == len(servers.urls) else ""

    @property
    def usage(self) -> Usage:
        """The total of all calls that ended well, probes apart."""
        with self._lock:
            return self._usage

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` by the model's own tokenizer, or a safe estimate where it is not at hand."""
        return self._count(text)

    def score(
        self,
        messages: Messages,
        *,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Score:
        """See `LLM.score`. One call; without probabilities, a constrained reply is parsed instead."""
        seen: list[Features] = []

        def body(model: str, features: Features) -> Body:
            seen.append(features)
            return score_body(model, messages, features, self._counter.ten_is_one_token)

        answer = self.client.complete(body, self._call(deadline, cancelled, group))
        usage = read_usage(answer)
        self._add(usage)
        return _with_usage(read_score(answer, seen[-1]), usage)

    def stream(
        self,
        messages: Messages,
        *,
        max_tokens: int | None = None,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Reply:
        """See `LLM.stream`. The request is sent when the first piece is asked for."""
        reply = Reply(iter(()), engine=self.name)

        def body(model: str, features: Features) -> Body:
            limit = max_tokens or self._max_tokens
            return stream_body(model, messages, features, limit, self._temperature)

        reply.pieces = self._pieces(reply, self.client.stream(body, self._call(deadline, cancelled, group)))
        return reply

    def prepare(self) -> None:
        """Asks every server for its model and features now rather than at the first question."""
        for url in self.client.servers.urls:
            self.prepare_one(url)

    def prepare_one(self, url: str) -> None:
        """The same for one server. Logs what its tokenizer does otherwise: budgets and scores rest on it."""
        self.client.prepare_one(url, self._closing.is_set)
        try:
            problems = self.tokenizer_problems(url)
        except (ConnectionBroken, AnswerTimeout, Cancelled, EngineUnavailable) as error:
            log.info("tokenizer_not_compared", server=url, error=type(error).__name__)
            return
        for problem in problems:
            log.error("tokenizer_differs", server=url, problem=problem)

    def tokenizer_problems(self, url: str) -> list[str]:
        """What a server does otherwise than the model's own tokenizer; [] also where neither can be known.

        Raises ConnectionBroken, AnswerTimeout, Cancelled, EngineUnavailable.
        """
        counter, call = self._counter, self._call(time.monotonic() + ENCODE_SECONDS, self._closing.is_set, "")
        if not isinstance(counter, SentencePieceCounter | FastCounter):
            return []
        if not self.client.encode(url, "10", call):
            return []
        return compare_with_server(counter, lambda text: self.client.encode(url, text, call))

    def close(self) -> None:
        """Closes the pool; requests still running end with EngineUnavailable."""
        self._closing.set()
        self._connection.close()

    def _pieces(self, reply: Reply, stream: Iterator[list[Body]]) -> Iterator[str]:
        stop, started = StopFilter(), False
        try:
            for chunks in stream:
                text = stop.feed("".join(map(_text, chunks)))
                self._note(reply, chunks)
                if text:
                    started = True
                    yield text
                if stop.stopped:
                    reply.finish_reason = "stop"
                    break
        except AnswerTimeout:
            if not started:
                raise
            reply.finish_reason = "deadline"
        if rest := stop.end():
            yield rest
        self._add(reply.usage)

    def _note(self, reply: Reply, chunks: list[Body]) -> None:
        for chunk in chunks:
            if chunk.get("usage"):
                reply.usage = read_usage(chunk)
            reason = (chunk.get("choices") or [{}])[0].get("finish_reason")
            if reason in ("error", "abort"):
                raise EngineUnavailable(f"the model server ended the reply with {reason!r}")
            reply.finish_reason = reason or reply.finish_reason

    def _call(self, deadline: float | None, cancelled: IsCancelled, group: str) -> Call:
        return Call(deadline or time.monotonic() + self._answer_seconds, cancelled, group)

    def _add(self, usage: Usage) -> None:
        with self._lock:
            self._usage += usage


def score_body(model: str, messages: Messages, features: Features, ten_is_one_token: bool) -> Body:
    """The request for one number.

    LMDeploy takes probabilities after temperature, top-k and top-p, and its server samples by default:
    temperature 1, top_p 1 and a wide top_k leave them as the model gave them; what is sampled is unused.
    """
    body: Body = {"model": model, "messages": list(messages), "temperature": 1, "top_p": 1}
    if features.top_k:
        body["top_k"] = 50
    if features.top_logprobs:
        limit = 1 if ten_is_one_token else 2
        return body | {"logprobs": True, "top_logprobs": features.top_logprobs, "max_tokens": limit}
    number_format = features.number_format()
    body |= {"temperature": 0, "max_tokens": NUMBER_TOKENS}
    return body | ({"response_format": number_format} if number_format else {})


def stream_body(model: str, messages: Messages, features: Features, limit: int, temperature: float) -> Body:
    """The request for a streamed reply of at most `limit` tokens."""
    body: Body = {
        "model": model,
        "messages": list(messages),
        "temperature": temperature,
        "top_p": 1,
        "max_tokens": limit,
        "stream": True,
    }
    if features.top_k:
        body["top_k"] = 1 if temperature == 0 else 50
    if features.stop:
        body["stop"] = list(STOP_WORDS)
    if features.usage_in_stream:
        body["stream_options"] = {"include_usage": True}
    return body


def read_score(answer: Body, features: Features) -> Score:
    """The score out of a chat completion."""
    choice = (answer.get("choices") or [{}])[0]
    text = (choice.get("message") or {}).get("content") or ""
    if not features.top_logprobs:
        return parse_reply(text.removesuffix(STOP_WORDS[0]))
    try:
        return expectation(first_token_probabilities(choice), sampled=_first_token(choice))
    except ValueError as error:
        return Score(None, reason=str(error))


def read_usage(answer: Body) -> Usage:
    """Token counts of one call; what a server leaves out counts as 0."""
    usage: dict[str, Any] = answer.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        1,
        usage.get("prompt_tokens") or 0,
        usage.get("completion_tokens") or 0,
        details.get("cached_tokens") or usage.get("prompt_cache_hit_tokens") or 0,
    )


def open_openai(settings: Settings) -> OpenAIEngine:
    """The engine for `llm.base_url`; its servers are probed in the background."""
    urls = tuple(url.strip().rstrip("/") for url in settings.llm.base_url.split(",") if url.strip())
    engine = open_engine(settings, urls)
    threading.Thread(target=engine.prepare, name="llm-prepare", daemon=True).start()
    return engine


def open_engine(settings: Settings, urls: tuple[str, ...]) -> OpenAIEngine:
    """The engine for servers at `urls`; nothing is asked of them yet."""
    return build_engine(OpenAIEngine, settings, urls)


def build_engine(kind: type[Engine], settings: Settings, urls: tuple[str, ...]) -> Engine:
    """The same, of a class derived from OpenAIEngine."""
    llm = settings.llm
    connection = Connection(max(llm.max_connections, settings.worker.concurrency))
    return kind(
        ModelClient(urls, model=llm.model, api_key=llm.api_key.get_secret_value(), connection=connection),
        connection,
        open_counter(llm),
        name=llm.model.rstrip("/").rsplit("/", 1)[-1] or "model",
        context_tokens=llm.context_tokens,
        max_tokens=llm.max_answer_tokens,
        temperature=llm.temperature,
        answer_seconds=settings.worker.answer_timeout,
    )


def _with_usage(score: Score, usage: Usage) -> Score:
    return Score(score.value, score.mass, score.tokens, score.reason, usage)


def _first_token(choice: Body) -> str:
    content = (choice.get("logprobs") or {}).get("content") or [{}]
    return str(content[0].get("token", "")).lstrip("▁Ġ ")


def _text(chunk: Body) -> str:
    choice = (chunk.get("choices") or [{}])[0]
    return (choice.get("delta") or {}).get("content") or ""
