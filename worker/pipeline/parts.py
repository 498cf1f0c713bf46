"""What a question is to the Pipeline, and what a process has loaded to answer it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.config.settings import OperatingPoint, Settings
from worker.excerpts import Excerpt
from worker.llm import LLM, IsCancelled
from worker.prompts import Prompt

if TYPE_CHECKING:
    from index.gate.gate import Gate
    from index.search.searcher import Searcher


class WebSearch(Protocol):
    """The search step: pages found for a question, as excerpts."""

    def excerpts(
        self, query: str, language: str, cancelled: IsCancelled, on_page: Callable[[int, int], None]
    ) -> list[Excerpt]:
        """Pages in order of relevance; `on_page` is told which is being read, of how many.

        Raises SearchUnavailable.
        """


@dataclass(frozen=True)
class Question:
    """One question, free of where it came from."""

    text: str
    language: str
    """'zh' or 'en': the language of the answer."""
    mentioned: bool = True
    message_id: str = ""
    chat_id: str = ""
    point: OperatingPoint | None = None
    web: bool = True
    """Whether web search may be used where it is configured."""
    asked: str = ""
    """What the person wrote, where `text` says it otherwise: a follow-up is searched as it was understood."""
    understood: str = ""
    """The question as a person would put it, where `text` is only what is searched for it: a model is asked
    it, and people read it."""
    force_web: bool = False
    """"Answer with web search" was pressed: no gate, web pages at once."""

    @property
    def put(self) -> str:
        """The question as a person would put it."""
        return self.understood or self.text


def nothing() -> None:
    """For processes that answer one question at a time."""


def no_quote(_: Prompt) -> str:
    """For callers without an engine that quotes."""
    return ""


@dataclass(frozen=True)
class PipelineParts:
    """What a process has loaded: see worker.process."""

    settings: Settings
    searcher: Searcher
    gate: Gate
    llm: LLM
    web: WebSearch | None = None
    searched: Callable[[], None] = nothing
    """Called when a question was searched: from then on it mostly waits for others."""
    quote: Callable[[Prompt], str] = no_quote
    """What is quoted where the model finds nothing and the gate is sure; '' where no passage answers."""
    product_version: str = ""
    """Which version of the product these documents are of, where the sources say."""
