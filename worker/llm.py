"""What the rest of the worker knows about language models: a protocol and its few types.

Steps talk to `LLM` and never ask which engine is behind it. Three are: `extractive` (no model, quotes
the best passages), `openai` (any OpenAI-compatible server) and `turbomind` (LMDeploy's api_server, started
and watched by this worker). worker/engines/choose.py chooses and says in one line which it took and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict


class ChatMessage(TypedDict):
    """One turn of a conversation; `role` is 'system', 'user' or 'assistant'."""

    role: str
    content: str


Messages = Sequence[ChatMessage]
IsCancelled = Callable[[], bool]
"""Asked about five times a second while an engine works: True stops it. Must return at once."""


def never() -> bool:
    """The `IsCancelled` of a caller that cannot be cancelled."""
    return False


@dataclass(frozen=True)
class Usage:
    """What calls cost, in tokens; `cached_tokens` of the prompt came from the prefix cache.

    `reasoning_tokens` are those of the completion that the model thought with, counted or estimated.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True)
class Score:
    """How well something fits, 0..10, or why that could not be told.

    `value` is the expectation over the first token's probabilities, None when the model was not scored.
    `mass` is the share of probability (0..1) that lay on the numbers 0 to 10 at all; 1.0 for a reply
    that was parsed instead. `tokens` are the numbers seen with their probabilities, for the Trace.
    """

    value: float | None
    mass: float = 0.0
    tokens: tuple[tuple[str, float], ...] = ()
    reason: str = ""
    """Why `value` is None; empty otherwise."""
    usage: Usage = Usage()


class Reply(Iterator[str]):
    """One reply, piece by piece as the engine writes it; after the last piece, what it cost.

    `engine` and `degraded` are known from the start: `degraded` names the sentence of `bot.messages`
    that tells why a lesser engine answers, and is empty when the configured one does.
    `finish_reason` is 'stop', 'length', 'deadline' (ended with what it had), 'closed' (the stream ended
    without a word why) or 'filter', set at the end. `anew` is set with a piece that replaces all pieces
    before it: they turned out to be reasoning; the reader sets it back. `reasoning` is what it thought,
    never to be shown, `notes` what happened on the way, for the operator.
    """

    def __init__(self, pieces: Iterator[str], *, engine: str, degraded: str = "") -> None:
        self.pieces = pieces
        self.engine = engine
        self.degraded = degraded
        self.usage = Usage()
        self.finish_reason = ""
        self.anew = False
        self.reasoning = ""
        self.notes: list[str] = []

    def __iter__(self) -> Reply:
        return self

    def __next__(self) -> str:
        return next(self.pieces)


class LLM(Protocol):
    """A language model, or what stands in for one. Every method may be called from many threads at once.

    `deadline` is a moment of time.monotonic(), None for the engine's own limit. `group` is the chat the
    question comes from: with several servers, one group's prompts go to the same one, whose prefix cache
    holds that group's material. Raises EngineUnavailable (no server took the request, or it died while
    writing: the whole reply may be asked for again), EngineRefused (the request can never succeed),
    AnswerTimeout (nothing came before the deadline) and bot.errors.Cancelled.
    """

    @property
    def name(self) -> str:
        """For the card's footer: 'extractive', 'internlm2-chat-7b', ..."""

    @property
    def context_tokens(self) -> int:
        """Prompt and reply together must stay within this."""

    @property
    def degraded(self) -> str:
        """Name of the sentence that tells why a lesser engine answers just now; '' when all is well."""

    @property
    def usage(self) -> Usage:
        """The total since this process started."""

    def score(
        self,
        messages: Messages,
        *,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Score:
        """Asks for one number from 0 to 10 and reads it from the first token's probabilities."""

    def stream(
        self,
        messages: Messages,
        *,
        max_tokens: int | None = None,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Reply:
        """Starts a reply. Pieces that came while the caller was busy arrive joined.

        A deadline that passes after the first piece ends the reply (finish_reason 'deadline').
        Closing is automatic at the end; a caller that stops early calls `close()` of `Reply.pieces`.
        """

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` alone, by the model's own tokenizer where it is at hand."""

    def close(self) -> None:
        """Ends connections and any server of its own."""
