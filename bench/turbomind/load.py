"""The same questions through Fennel's client and through the openai package, which LMDeploy's guide uses.

Both ask the same server at the same concurrency, in turns, with material that neither has sent before, so
that what the prefix cache gives is the same for both.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bot.config.settings import LLMSettings, Settings, WorkerSettings
from worker.engines.openai.engine import OpenAIEngine, open_engine
from worker.llm import ChatMessage

GROUPS = 8
SENTENCE = "FooServe number {group} of round {turn} listens on port 9090 and takes {count} requests at once. "


@dataclass(frozen=True)
class Load:
    """How much is asked: questions in all, at once, tokens of material and of each answer."""

    questions: int = 256
    concurrency: int = 64
    material_sentences: int = 70
    answer_tokens: int = 128


@dataclass(frozen=True)
class Figures:
    """What one pass over the questions took. Times in seconds."""

    answers_per_second: float
    tokens_per_second: float
    first_token_median: float
    first_token_p95: float
    cached_share: float
    """Share of prompt tokens that came from the prefix cache."""

    def as_json(self) -> dict[str, float]:
        """Rounded for reading."""
        return {name: round(value, 4) for name, value in vars(self).items()}


def prompts(load: Load, turn: str) -> list[list[ChatMessage]]:
    """Questions of GROUPS groups; those of one group share their material, no two turns share any."""
    found: list[list[ChatMessage]] = []
    for number in range(load.questions):
        group = number % GROUPS
        material = "".join(
            SENTENCE.format(group=group, turn=turn, count=count) for count in range(load.material_sentences)
        )
        system: ChatMessage = {
            "role": "system",
            "content": f"Turn {turn}. Answer from the material. {material}",
        }
        user: ChatMessage = {"role": "user", "content": f"Question {number}: which port does it use?"}
        found.append([system, user])
    return found


def through_fennel(url: str, model: str, load: Load, turn: str) -> Figures:
    """Fennel's engine, one thread a question as in the worker."""
    settings = Settings(
        llm=LLMSettings(model=model, max_connections=load.concurrency + 8),
        worker=WorkerSettings(answer_timeout=600),
    )
    engine = open_engine(settings, (url,))
    try:
        engine.prepare()
        # Random weights never end a reply, so the probe cannot tell whether the model thinks: InternLM2 does
        # not. Without this every reply that its limit cuts is asked for again with room for thoughts.
        engine.client.known.note(url, thinks="no")
        return _fennel_pass(engine, load, prompts(load, turn))
    finally:
        engine.close()


def _fennel_pass(engine: OpenAIEngine, load: Load, questions: list[list[ChatMessage]]) -> Figures:
    first: list[float] = []
    lock = threading.Lock()

    def ask(messages: list[ChatMessage]) -> tuple[int, int, int]:
        began = time.monotonic()
        reply = engine.stream(messages, max_tokens=load.answer_tokens)
        next(reply)
        with lock:
            first.append(time.monotonic() - began)
        for _ in reply:
            pass
        usage = reply.usage
        return usage.completion_tokens, usage.prompt_tokens, usage.cached_tokens

    began = time.monotonic()
    with ThreadPoolExecutor(load.concurrency) as pool:
        counts = list(pool.map(ask, questions))
    return _figures(time.monotonic() - began, first, counts)


def through_openai(url: str, model: str, load: Load, turn: str) -> Figures:
    """The openai package's asynchronous client."""
    return asyncio.run(_openai_pass(url, model, load, prompts(load, turn)))


async def _openai_pass(url: str, model: str, load: Load, questions: list[list[ChatMessage]]) -> Figures:
    from openai import AsyncOpenAI

    room = asyncio.Semaphore(load.concurrency)
    first: list[float] = []

    async def ask(client: Any, messages: list[ChatMessage]) -> tuple[int, int, int]:
        async with room:
            began = time.monotonic()
            stream = await client.chat.completions.create(
                model=model,
                messages=messages,
                max_tokens=load.answer_tokens,
                temperature=0,
                stream=True,
                stream_options={"include_usage": True},
                extra_body={"top_k": 1},
            )
            usage: Any = None
            seen = False
            async for chunk in stream:
                if not seen and chunk.choices and chunk.choices[0].delta.content:
                    seen = True
                    first.append(time.monotonic() - began)
                usage = chunk.usage or usage
            details = usage.prompt_tokens_details
            return usage.completion_tokens, usage.prompt_tokens, details.cached_tokens if details else 0

    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=600) as client:
        began = time.monotonic()
        counts = await asyncio.gather(*(ask(client, messages) for messages in questions))
        return _figures(time.monotonic() - began, first, list(counts))


def _figures(seconds: float, first: list[float], counts: list[tuple[int, int, int]]) -> Figures:
    written, prompted, cached = (sum(column) for column in zip(*counts, strict=True))
    ranked = sorted(first)
    return Figures(
        answers_per_second=len(counts) / seconds,
        tokens_per_second=written / seconds,
        first_token_median=statistics.median(ranked),
        first_token_p95=ranked[int(0.95 * (len(ranked) - 1))],
        cached_share=cached / max(prompted, 1),
    )


def compare(url: str, model: str, load: Load, rounds: int, label: str) -> dict[str, Any]:
    """Ours and theirs in turns, `rounds` times each, medians; `ratio` is our answers/s over theirs."""
    ours, theirs = [], []
    through_openai(url, model, Load(load.concurrency, load.concurrency, 4, 8), f"{label} warm-up")
    for number in range(rounds):
        ours.append(through_fennel(url, model, load, f"{label} ours {number}"))
        theirs.append(through_openai(url, model, load, f"{label} theirs {number}"))
    ratio = _median(ours, "answers_per_second") / _median(theirs, "answers_per_second")
    return {
        "ours": dict(_medians(ours)),
        "theirs": dict(_medians(theirs)),
        "ratio": round(ratio, 4),
        "rounds": rounds,
    }


def _medians(passes: list[Figures]) -> Iterator[tuple[str, float]]:
    for name in vars(passes[0]):
        yield name, round(_median(passes, name), 4)


def _median(passes: list[Figures], name: str) -> float:
    return statistics.median(float(getattr(one, name)) for one in passes)
