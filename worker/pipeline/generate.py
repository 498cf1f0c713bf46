"""Generate: the cited answer, streamed as it is written.

Text reaches the card only after the sanitiser has seen it, and only once it is clear that the model is
not saying "not found". A server that dies while writing is asked once more for the whole reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.errors import AnswerTimeout, Cancelled, EngineSilent, EngineUnavailable
from worker.llm import LLM, IsCancelled, Reply
from worker.pipeline import not_found
from worker.pipeline.sanitise import Sanitiser
from worker.pipeline.trace import Trace
from worker.prompts import Prompt

Draft = Callable[[], str]
"""Gives the whole text so far as it may be shown; made when it is asked for, as few drafts are shown."""
OnText = Callable[[Draft], None]
"""Gets a draft with each piece that comes, each time of more text."""


@dataclass(frozen=True)
class Written:
    """What the engine wrote: empty text when it says that the material does not answer."""

    text: str
    engine: str
    degraded: str
    """Name of a sentence of bot.messages; empty when the configured engine wrote it."""
    finish_reason: str


@dataclass(frozen=True)
class WritingLimits:
    """How long and how much: `deadline` on time.monotonic(), `max_tokens` of the answer."""

    deadline: float
    max_tokens: int
    group: str
    keep_reasoning: bool = False
    """Whether the Trace keeps what the model thought (llm.trace_reasoning)."""
    characters_per_token: int = 16
    """The longest that a token is on average: a reply beyond `characters` is no reply any more."""

    @property
    def characters(self) -> int:
        """The longest reply that is read; without a number of tokens, a book's chapter."""
        return self.max_tokens * self.characters_per_token or 100_000


def generate(
    prompt: Prompt,
    llm: LLM,
    sanitiser: Sanitiser,
    limits: WritingLimits,
    on_text: OnText,
    cancelled: IsCancelled,
    trace: Trace,
) -> Written:
    """Writes the answer. Raises what LLM.stream raises; EngineUnavailable only when the second try fails."""
    try:
        return _write(prompt, llm, sanitiser, limits, on_text, cancelled, trace)
    except EngineUnavailable:
        trace.event("engine_died_while_writing")
        return _write(prompt, llm, sanitiser, limits, on_text, cancelled, trace)


def _write(
    prompt: Prompt,
    llm: LLM,
    sanitiser: Sanitiser,
    limits: WritingLimits,
    on_text: OnText,
    cancelled: IsCancelled,
    trace: Trace,
) -> Written:
    reply = llm.stream(
        prompt,
        max_tokens=limits.max_tokens,
        deadline=limits.deadline,
        cancelled=cancelled,
        group=limits.group,
    )
    text = ""
    for piece in reply:
        if reply.anew:  # what came before turned out to be reasoning
            text, reply.anew = "", False
        text += piece
        if not not_found.may_become(text):
            on_text(partial(sanitiser.clean, text[: limits.characters]))
        if reason := _must_end(text, limits, cancelled):
            _end(reply, reason)
            text = text[: limits.characters]
            break
    _account(reply, trace, keep_reasoning=limits.keep_reasoning)
    if not text.strip():
        raise EngineSilent("the model ended its reply without a word")
    found = not not_found.says_so(text)
    return Written(
        text=sanitiser.clean(not_found.without_word(text), finished=True).strip("\n").rstrip()
        if found
        else "",
        engine=reply.engine,
        degraded=reply.degraded,
        finish_reason=reply.finish_reason,
    )


def _must_end(text: str, limits: WritingLimits, cancelled: IsCancelled) -> str:
    """Why a reply is read no further, by the clock and not by what its server says; empty while it is.

    Raises Cancelled, and AnswerTimeout where there is nothing to show yet.
    """
    if cancelled():
        raise Cancelled("the question was taken back")
    if len(text) > limits.characters:
        return "length"
    if time.monotonic() < limits.deadline:
        return ""
    if not text.strip():
        raise AnswerTimeout("the model did not answer within the time of one answer")
    return "deadline"


def _end(reply: Reply, reason: str) -> None:
    close = getattr(reply.pieces, "close", None)
    if close is not None:
        close()
    reply.finish_reason = reason


def _account(reply: Reply, trace: Trace, *, keep_reasoning: bool) -> None:
    trace.add_usage(reply.usage)
    trace.note(finish_reason=reply.finish_reason)
    for note in reply.notes:
        trace.event("engine", note=note)
    if reply.reasoning and keep_reasoning:
        trace.note(reasoning=reply.reasoning)
