"""The answerer with no model: it quotes the passages that fit best, whole blocks at a time, and says so.

Which blocks those are is worker.engines.extractive.quotes' to choose; here they are put into an engine's
words and manners.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.errors import EngineRefused
from bot.messages import say
from worker.engines.extractive.quotes import choose, estimate_tokens
from worker.excerpts import Excerpt
from worker.llm import IsCancelled, Messages, Reply, Score, Usage, never
from worker.prompts import NOT_FOUND, Prompt
from worker.sentences import outside_spans, segments

WORD_JOINER = "\u2060"
_OWN_NUMBER = re.compile(r"\[(?=\d{1,3}\](?!\())")


class Extractive:
    """An LLM in the sense of worker.llm that needs no model, no GPU and no network."""

    name = "extractive"
    context_tokens = 8192
    degraded = ""
    usage = Usage()

    def score(
        self,
        messages: Messages,
        *,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Score:
        """Says that it cannot score: the gate's own probability decides then."""
        return Score(value=None, reason="the extractive engine has no model")

    def stream(
        self,
        messages: Messages,
        *,
        max_tokens: int | None = None,
        deadline: float | None = None,
        cancelled: IsCancelled = never,
        group: str = "",
    ) -> Reply:
        """Quotes what the prompt's excerpts say. Raises EngineRefused for a prompt that has no parts."""
        if not isinstance(messages, Prompt):
            raise EngineRefused("the extractive engine quotes excerpts; it cannot read a free prompt")
        reply = Reply(_pieces(messages), engine=self.name)
        reply.finish_reason = "stop"
        return reply

    def count_tokens(self, text: str) -> int:
        """An estimate, rather too high: one token a Chinese character, one per three others."""
        return estimate_tokens(text)

    def close(self) -> None:
        """Nothing is open."""


def _pieces(prompt: Prompt) -> Iterator[str]:
    quotes = choose(prompt) if prompt.quotes is None else prompt.quotes
    excerpts = {excerpt.number: excerpt for excerpt in prompt.excerpts}
    if not quotes:
        yield NOT_FOUND
        return
    yield say("quoting", prompt.language) + "\n\n"
    above: Excerpt | None = None
    for number, text in quotes:
        yield f"**{_place(excerpts[number], above)}** [{number}]\n\n{_citing_nothing(text)}\n\n"
        above = excerpts[number]


def _citing_nothing(text: str) -> str:
    """A quote in which the page's own "[7]" of a log or a list of references is no citation of ours.

    A sign without width stands within it: an escaped bracket is a bracket again once the Markdown is read.
    """
    own = lambda prose: _OWN_NUMBER.sub(f"[{WORD_JOINER}", prose)  # noqa: E731
    return "\n".join(part if is_code else outside_spans(part, own) for is_code, part in segments(text))


def _place(excerpt: Excerpt, above: Excerpt | None = None) -> str:
    """Where a quote stands, short: the page, unless the quote `above` is of it too, and the heading."""
    steps = [part.strip() for part in (excerpt.title, *excerpt.heading_path) if part.strip()]
    same = above is not None and bool(excerpt.path) and above.path == excerpt.path
    return " > ".join(dict.fromkeys([*([] if same else steps[:1]), *steps[-1:]]))
