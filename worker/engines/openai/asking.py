"""How one reply is asked for, and how it is asked for again when nothing to show came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.errors import EngineSilent, EngineUnavailable, PromptTooLong
from worker.engines.openai.bodies import Body, Wanted, stream_body
from worker.engines.openai.probing import Known
from worker.engines.openai.server_features import Features
from worker.engines.replies.answer import AnswerReading
from worker.llm import Messages
from worker.prompts import Prompt

MORE_ROOM = 2
MOST_TRIES = 2
"""A reply without a word of answer is asked for so many times in all."""
MOST_CUTS = 3
MARGIN = 64
"""Tokens kept free for the chat template."""
CLOSE = 0.93
"""Of the room that a refusal leaves: its numbers are of the whole prompt, ours of its text."""
WHY = {"thought": "engine_only_thought", "filter": "engine_filtered"}


@dataclass(frozen=True)
class Limits:
    """The settings of one engine, in tokens. `reasoning_tokens` come on top of an answer's `max_tokens`."""

    context_tokens: int = 8192
    max_tokens: int = 1024
    reasoning_tokens: int = 2048
    temperature: float = 0.0
    thinking_off: bool = False
    """Whether reasoning is switched off for answers too, where a server has a switch for it."""

    def thinks(self, features: Features) -> bool:
        """Whether a server's answers come with reasoning."""
        return features.surely_thinks and not (self.thinking_off and features.thinking_off)


@dataclass(frozen=True)
class Asking:
    """One request in the making; `known` is the server that it was last made for."""

    messages: Messages
    limits: Limits
    limit: int = 0
    quiet: bool = False
    factor: int = 1
    tries: int = 1
    cuts: int = 0
    _seen: list[Known] = field(default_factory=list)

    @property
    def known(self) -> Known | None:
        """The server that answers, once it was asked."""
        return self._seen[-1] if self._seen else None

    @property
    def question(self) -> str:
        """What is asked, as a member wrote it; "" where the messages do not tell."""
        return self.messages.question if isinstance(self.messages, Prompt) else ""

    @property
    def opened(self) -> str:
        """Where its reply begins, as of `ReasoningFilter`."""
        return "no" if self.known is None or self.quiet_here else self.known.features.opened

    @property
    def quiet_here(self) -> bool:
        """Whether reasoning was switched off."""
        return self.known is not None and self._is_quiet and bool(self.known.features.thinking_off)

    @property
    def _is_quiet(self) -> bool:
        return self.quiet or self.limits.thinking_off

    def body(self, known: Known) -> Body:
        """The request for one server."""
        self._seen.append(known)
        limits, features = self.limits, known.features
        own, told = limits.context_tokens, features.context_tokens
        context = min(own, told) if own and told else own or told
        wanted = Wanted(
            self.messages,
            self.limit,
            temperature=limits.temperature,
            room=min(limits.reasoning_tokens, max(context // 4, 256)) * self.factor,
            quiet=self._is_quiet,
            insists=self.tries > 1,
        )
        return stream_body(known.model, features, wanted)

    def again(self, reading: AnswerReading) -> Asking:
        """Another try for a reply that ended without an answer: more room, no reasoning.

        Raises EngineSilent when another try would end alike, EngineUnavailable when the server gave up.
        """
        silence = reading.silence
        if silence == "error":
            raise EngineUnavailable("the model server ended the reply with an error")
        if self.tries >= MOST_TRIES or silence == "filter":
            words = (
                f"the model ended its reply without an answer ({silence}, finish_reason {reading.finish!r})"
            )
            raise EngineSilent(words, why=WHY.get(silence, "engine_silent"))
        return replace(self, quiet=True, factor=self.factor * MORE_ROOM, tries=self.tries + 1)

    def shorter(self, error: PromptTooLong, limit: int) -> Asking:
        """The same with less material, as far as the refusal tells; `limit` tokens are for the reply.

        Raises `error` when there is nothing to leave out.
        """
        if not isinstance(self.messages, Prompt) or self.cuts >= MOST_CUTS:
            raise error
        room = error.limit - limit - MARGIN
        share = CLOSE * room / error.told if 0 < room < error.told else 0.6
        shorter = self.messages.shorter(min(share, 0.9))
        if shorter is None:
            raise error
        return replace(self, messages=shorter, cuts=self.cuts + 1)
