"""A model with a lesser engine behind it: whoever asks gets an answer, and is told when it is the lesser one.

The lesser engine takes over while the model's server loads, restarts or cannot be reached, and when it
refuses a request before the first word, or fails in a way that nobody foresaw. Once words have been shown it
does not: a reply is of one engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import structlog

from bot.errors import EngineRefused, EngineSilent, EngineUnavailable, PromptTooLong
from worker.llm import LLM, IsCancelled, Messages, Reply, Score, Usage, never
from worker.unforeseen import unforeseen

log = structlog.get_logger(__name__)


class WithFallback:
    """Satisfies `worker.llm.LLM`: `primary` where it works, else `lesser`, which must always work."""

    def __init__(self, primary: LLM, lesser: LLM) -> None:
        self.primary = primary
        self.lesser = lesser

    @property
    def name(self) -> str:
        """The name of the engine that would answer now."""
        return self.lesser.name if self.degraded else self.primary.name

    @property
    def context_tokens(self) -> int:
        """The model's own, so that prompts do not change shape while it restarts."""
        return self.primary.context_tokens

    @property
    def degraded(self) -> str:
        """Why the lesser engine would answer now; a sentence's name."""
        return self.primary.degraded

    @property
    def usage(self) -> Usage:
        """The model's total."""
        return self.primary.usage

    def score(
        self,
        messages: Messages,
        *,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Score:
        """See `LLM.score`."""
        if not self.degraded:
            try:
                return self.primary.score(messages, deadline=deadline, cancelled=cancelled, group=group)
            except Exception as error:
                if not _is_the_engines(error):
                    raise
                _warn(error)
        return self.lesser.score(messages, deadline=deadline, cancelled=cancelled, group=group)

    def stream(
        self,
        messages: Messages,
        *,
        max_tokens: int | None = None,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Reply:
        """See `LLM.stream`. `engine` and `degraded` of the reply are settled with its first piece."""

        def ask(engine: LLM) -> Reply:
            return engine.stream(
                messages, max_tokens=max_tokens, deadline=deadline, cancelled=cancelled, group=group
            )

        if why := self.degraded:
            reply = ask(self.lesser)
            reply.degraded = why
            return reply
        try:
            first = ask(self.primary)
        except Exception as error:
            if not _is_the_engines(error):
                raise
            _warn(error)
            reply = ask(self.lesser)
            reply.degraded = _why(error)
            return reply
        reply = Reply(iter(()), engine=first.engine)
        reply.pieces = self._pieces(reply, first, ask)
        return reply

    def count_tokens(self, text: str) -> int:
        """By the model's tokenizer, whoever answers; by the lesser engine's where that breaks."""
        try:
            return self.primary.count_tokens(text)
        except Exception as error:
            if not unforeseen("tokens", error):
                raise
            return self.lesser.count_tokens(text)

    def close(self) -> None:
        """Closes both."""
        self.primary.close()
        self.lesser.close()

    def _pieces(self, reply: Reply, first: Reply, ask: Callable[[LLM], Reply]) -> Iterator[str]:
        shown, used = False, first
        try:
            for piece in first:
                shown = shown or bool(piece)
                reply.anew, first.anew = reply.anew or first.anew, False
                yield piece
        except Exception as error:
            if not _is_the_engines(error):
                raise
            if shown:
                raise EngineUnavailable(f"it broke while writing: {type(error).__name__}") from error
            _warn(error)
            used = ask(self.lesser)
            reply.engine = used.engine
            reply.degraded = _why(error)
            first.notes.append(f"{type(error).__name__}: {error}"[:500])
            yield from used
        finally:
            _close(first)
            reply.notes, reply.reasoning = first.notes, first.reasoning
        reply.finish_reason = used.finish_reason
        reply.usage = first.usage if used is first else first.usage + used.usage


def _close(reply: Reply) -> None:
    """Ends a reply's request when its reader stops early."""
    close = getattr(reply.pieces, "close", None)
    if close is not None:
        close()


def _is_the_engines(error: Exception) -> bool:
    """Whether the lesser engine takes over for this error; one that nobody foresaw is noted."""
    return unforeseen("engine", error) or isinstance(error, EngineUnavailable | EngineRefused)


def _why(error: Exception) -> str:
    """The name of the sentence that tells why the lesser engine answers."""
    if isinstance(error, EngineSilent):
        return error.why
    if isinstance(error, PromptTooLong):
        return "engine_too_long"
    return "engine_refused" if isinstance(error, EngineRefused) else "engine_down"


def _warn(error: Exception) -> None:
    log.warning("llm_degraded", error=f"{type(error).__name__}: {error}"[:300])
