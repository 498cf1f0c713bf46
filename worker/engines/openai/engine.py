"""The LLM behind any OpenAI-compatible server: LMDeploy's api_server first, vLLM, llama.cpp, public APIs too.

It says what to ask and reads what comes back; `worker.engines.openai.client` gets it there. One HTTP pool
serves all threads, so that the server's continuous batching sees all questions at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TypeVar

import structlog

from bot.config.settings import Settings
from bot.errors import AnswerTimeout, Cancelled, EngineUnavailable, PromptTooLong
from worker.engines.openai.asking import Asking, Limits
from worker.engines.openai.attempts import Call
from worker.engines.openai.bodies import Body, score_body
from worker.engines.openai.calls import ServerCalls
from worker.engines.openai.client import ModelClient
from worker.engines.openai.connection import Connection
from worker.engines.openai.measuring import MeasuredCounter
from worker.engines.openai.probing import Known
from worker.engines.openai.running_call import ConnectionBroken
from worker.engines.openai.tokens import (
    Counter,
    FastCounter,
    SentencePieceCounter,
    compare_with_server,
    open_counter,
)
from worker.engines.replies.answer import AnswerReading
from worker.engines.replies.scores import read_score
from worker.llm import IsCancelled, Messages, Reply, Score, Usage, never

log = structlog.get_logger(__name__)

Engine = TypeVar("Engine", bound="OpenAIEngine")
ENCODE_SECONDS = 30.0


class OpenAIEngine:
    """Satisfies `worker.llm.LLM`."""

    def __init__(
        self,
        client: ModelClient,
        connection: Connection,
        counter: Counter,
        limits: Limits,
        *,
        name: str,
        answer_seconds: float = 120.0,
    ) -> None:
        self.name = name
        self.client = client
        self.limits = limits
        self._connection = connection
        self._counter = counter
        self._measured = MeasuredCounter(counter)
        self._answer_seconds = answer_seconds
        self._lock = threading.Lock()
        self._usage = Usage()
        self._closing = threading.Event()

    @property
    def context_tokens(self) -> int:
        """What the settings allow and every server has, less the room for a model's thoughts."""
        known = [server for url in self.client.servers.urls if (server := self.client.known.at_hand(url))]
        told = [server.features.context_tokens for server in known if server.features.context_tokens]
        context = min([self.limits.context_tokens, *told])
        thinks = any(self.limits.thinks(server.features) for server in known)
        return context - min(self.limits.reasoning_tokens, context // 4) if thinks else context

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
        """Tokens of `text` by the model's own tokenizer or an estimate, put right by what servers count."""
        return self._measured.count(text)

    def score(
        self,
        messages: Messages,
        *,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Score:
        """See `LLM.score`. One call; without probabilities, a constrained reply is parsed instead."""
        asking, call = Asking(messages, self.limits), self._call(deadline, cancelled, group)
        ten = self._counter.ten_is_one_token
        while True:
            seen: list[Known] = []

            def body(known: Known, asked: Messages = asking.messages, seen: list[Known] = seen) -> Body:
                seen.append(known)
                return score_body(known.model, known.features, asked, ten_is_one_token=ten)

            try:
                answer = self.client.complete(body, call)
                break
            except PromptTooLong as error:
                asking = asking.shorter(error, 0)
        features = seen[-1].features
        score = read_score(answer, probabilities=bool(features.top_logprobs), opened=features.opened)
        self._add(score.usage)
        self._observe(seen[-1], asking.messages, score.usage, [])
        return score

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
        asking = Asking(messages, self.limits, max_tokens or self.limits.max_tokens)
        reply.pieces = self._pieces(reply, asking, self._call(deadline, cancelled, group))
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

    def _pieces(self, reply: Reply, asking: Asking, call: Call) -> Iterator[str]:
        """The reply; what ends without a word, or is too long, is asked for again in another way."""
        while True:
            reading = AnswerReading(question=asking.question)
            try:
                yield from self._read(reply, asking, call, reading)
            except PromptTooLong as error:
                asking = asking.shorter(error, asking.limit)
                reply.notes.append(f"the prompt was too long and was cut: {error}"[:300])
                continue
            if not reading.silence:
                return
            reply.notes.append(f"a reply without an answer: {reading.silence}")
            asking = asking.again(reading)

    def _read(self, reply: Reply, asking: Asking, call: Call, reading: AnswerReading) -> Iterator[str]:
        """One stream of one reply. What `reading` has read by the end is for the caller to judge."""
        try:
            with closing(self.client.stream(asking.body, call)) as stream:
                for chunks in stream:
                    if not reading.begun:
                        reading.begin(asking.opened)
                    text = reading.feed(chunks)
                    if text or reading.anew:
                        reply.anew = reply.anew or reading.anew
                        yield text
                    if reading.stopped:
                        break
        except AnswerTimeout:
            if not reading.started:
                raise
            reading.finish = "deadline"
        rest = reading.end()
        if rest or reading.anew:
            reply.anew = reply.anew or reading.anew
            yield rest
        self._account(reply, asking, reading)

    def _account(self, reply: Reply, asking: Asking, reading: AnswerReading) -> None:
        thought = reading.reasoning
        usage = reading.counted(self._measured.count(thought) if thought else 0)
        reply.finish_reason = reading.finish
        reply.reasoning += thought
        reply.usage += usage
        self._add(usage)
        known = asking.known
        if known is None:
            return
        self._observe(known, asking.messages, usage, reply.notes)
        thinks = reading.thinks_now(known.features.thinks)
        if thinks != known.features.thinks and not asking.quiet_here:
            self.client.known.note(known.url, thinks=thinks)

    def _observe(self, known: Known, messages: Messages, usage: Usage, notes: list[str]) -> None:
        cut = self._measured.observe(known.url, messages, usage.prompt_tokens)
        context = known.features.context_tokens or self.limits.context_tokens
        if cut and cut < context:
            log.warning(
                "llm_cuts_prompts", server=known.url, tokens=cut, fix="raise the server's context length"
            )
            notes.append(f"the server cuts prompts at {cut} tokens without a word")
            self.client.known.note(known.url, context_tokens=cut)

    def _call(self, deadline: float | None, cancelled: IsCancelled, group: str) -> Call:
        return Call(deadline or time.monotonic() + self._answer_seconds, cancelled, group)

    def _add(self, usage: Usage) -> None:
        with self._lock:
            self._usage += usage


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
    calls = ServerCalls(
        connection,
        api_key=llm.api_key.get_secret_value(),
        extra_headers={name: value.get_secret_value() for name, value in llm.extra_headers.items()},
        extra_body=llm.extra_body,
    )
    return kind(
        ModelClient(urls, model=llm.model, calls=calls),
        connection,
        open_counter(llm),
        Limits(
            context_tokens=llm.context_tokens,
            max_tokens=llm.max_answer_tokens,
            reasoning_tokens=llm.reasoning_tokens,
            temperature=llm.temperature,
            thinking_off=llm.thinking == "off",
        ),
        name=llm.model.rstrip("/").rsplit("/", 1)[-1] or "model",
        answer_seconds=settings.worker.answer_timeout,
    )
