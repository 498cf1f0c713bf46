"""What the rest of the worker knows about language models: a protocol, its few types, and who serves it.

Steps talk to `LLM` and never ask which engine is behind it. Three are: `extractive` (no model, quotes
the best passages), `openai` (any OpenAI-compatible server) and `turbomind` (LMDeploy's api_server, started
and watched by this worker). `open_llm` chooses and says in one line which it took and why.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

import structlog

from bot.config.settings import LLMSettings, Settings
from bot.errors import ConfigError
from worker.engines.turbomind.gpu import graphics_cards

log = structlog.get_logger(__name__)


class ChatMessage(TypedDict):
    """One turn of a conversation; `role` is 'system', 'user' or 'assistant'."""

    role: str
    content: str


Messages = Sequence[ChatMessage]
Cancelled = Callable[[], bool]
"""Asked about five times a second while an engine works: True stops it. Must return at once."""


def never() -> bool:
    """The `Cancelled` of a caller that cannot be cancelled."""
    return False


@dataclass(frozen=True)
class Usage:
    """What calls cost, in tokens; `cached_tokens` of the prompt came from the prefix cache."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
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
    `finish_reason` is 'stop', 'length' or 'deadline' (ended with what it had), set at the end.
    """

    def __init__(self, pieces: Iterator[str], *, engine: str, degraded: str = "") -> None:
        self.pieces = pieces
        self.engine = engine
        self.degraded = degraded
        self.usage = Usage()
        self.finish_reason = ""

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
        cancelled: Cancelled = never,
        group: str = "",
    ) -> Score:
        """Asks for one number from 0 to 10 and reads it from the first token's probabilities."""

    def stream(
        self,
        messages: Messages,
        *,
        max_tokens: int | None = None,
        deadline: float | None = None,
        cancelled: Cancelled = never,
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


@dataclass(frozen=True)
class Choice:
    """Which engine serves, and the one line that says why."""

    engine: str
    why: str


def choose_engine(settings: LLMSettings, *, cards: int, has_lmdeploy: bool) -> Choice:
    """Picks the engine. `cards` is the number of GPUs seen; raises ConfigError when the wish cannot be met.

    A `base_url` always means that server: nothing is started beside it.
    """
    if settings.engine == "extractive":
        return Choice("extractive", "llm.engine says so")
    if settings.base_url:
        return Choice("openai", "llm.base_url names a running server")
    if settings.engine == "openai":
        raise ConfigError(
            "llm.base_url: llm.engine is openai, so name the server, such as http://host:23333/v1"
        )
    missing = "" if cards else "no GPU is visible"
    if not has_lmdeploy:
        missing = f"{missing} and lmdeploy is not installed" if missing else "lmdeploy is not installed"
    if settings.engine == "turbomind":
        if missing:
            raise ConfigError(
                f"llm.engine: turbomind needs a GPU and lmdeploy, but {missing}; install requirements.txt "
                "on a GPU machine, or set llm.base_url, or llm.engine: extractive"
            )
        return Choice("turbomind", "llm.engine says so")
    if missing:
        return Choice("extractive", f"{missing} and llm.base_url is empty")
    return Choice("turbomind", f"{cards} GPU(s) and lmdeploy are here")


def open_llm(settings: Settings) -> LLM:
    """Opens the engine the settings ask for; returns at once, a model server may still be loading."""
    has_lmdeploy = importlib.util.find_spec("lmdeploy") is not None
    choice = choose_engine(settings.llm, cards=len(graphics_cards()), has_lmdeploy=has_lmdeploy)
    log.info("llm_engine", engine=choice.engine, why=choice.why)
    from worker.engines.extractive.engine import Extractive

    extractive: LLM = Extractive()
    if choice.engine == "extractive":
        return extractive
    from worker.engines.fallback import WithFallback

    if choice.engine == "turbomind":
        from worker.engines.turbomind.engine import open_turbomind

        return WithFallback(open_turbomind(settings), extractive)
    from worker.engines.openai.engine import open_openai

    return WithFallback(open_openai(settings), extractive)
