"""What becomes of a question: answered, wrong, or declined.

The index package knows nothing of the answering (that is worker's), so by itself it judges what it can: the
gate as for a mention, and whether the right page, and the facts where they are given, are among the first
passages. Who wants the whole answer judged names a function by its dotted path, as commands and jobs are
named: `--answers worker.process.ask.ask` is called with (text, settings) and gives {"outcome", "answer",
"sources"}.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.config.progress import counted, waiting
from bot.config.settings import Settings
from bot.errors import ConfigError
from index.check.questions import Question
from index.gate.gate import Gate
from index.search.searcher import Passage, Searcher

Outcome = Literal["answered", "wrong", "declined"]
PASSAGES = 8
"""The first passages, in which facts are looked for."""
PAGES = 3
"""A right page is among the first so many."""
_ANSWERED = frozenset({"answered", "answer", "partly", "web"})
_MARKS = re.compile(r"[`*\\]")

Answering = Callable[[str, Settings], dict[str, Any]]


@dataclass(frozen=True)
class Judged:
    """A question and what became of it."""

    question: Question
    outcome: Outcome
    found: tuple[str, ...]
    """Pages found, "source/path", best first."""

    @property
    def right(self) -> bool:
        """Answered where it can be, declined where it cannot."""
        return self.outcome == ("answered" if self.question.answerable else "declined")


class Judge:
    """Judges questions over one version of the index."""

    def __init__(
        self, gate: Gate, searcher: Searcher, settings: Settings, answering: Answering | None
    ) -> None:
        self._gate = gate
        self._searcher = searcher
        self._settings = settings
        self._answering = answering

    def all(self, questions: Sequence[Question], phase: str = "asking") -> list[Judged]:
        """Judges each, in order; `phase` is what is told of the progress."""
        if not questions:
            return []
        with waiting(f"reading {len(questions)} questions"):
            vectors = self._searcher.embedder.embed([question.text for question in questions])
            self._searcher.crossing.ahead(question.text for question in questions)
        pairs = counted(zip(questions, vectors, strict=True), phase, len(questions))
        return [self._one(question, vector) for question, vector in pairs]

    def found(self, questions: Sequence[Question], most: int) -> list[tuple[str, ...]]:
        """The first `most` pages that each finds."""
        return [
            tuple(dict.fromkeys(map(_page, self._searcher.search(one.text, 2 * most))))[:most]
            for one in counted(questions, "asking headings", len(questions))
        ]

    def _one(self, question: Question, vector: Any) -> Judged:
        if self._answering is not None:
            return _of_answer(question, self._answering(question.text, self._settings))
        lookup = self._searcher.look_up(question.text, vector)
        passages = self._searcher.search(question.text, PASSAGES, lookup)
        found = tuple(dict.fromkeys(_page(passage) for passage in passages))
        decision = self._gate.decide(question.text, passages, True, lookup=lookup)
        unsure = decision.verdict == "unsure" and not question.answerable
        if decision.verdict == "decline" or unsure:  # of what it is unsure of, the answering decides
            return Judged(question, "declined", found)
        texts = [f"{' > '.join(passage.chunk.heading_path)}\n{passage.text}" for passage in passages]
        right = question.answerable and _holds(question, found[:PAGES], "\n".join(texts))
        return Judged(question, "answered" if right else "wrong", found)


def _page(passage: Passage) -> str:
    return f"{passage.chunk.source}/{passage.chunk.path}"


def _holds(question: Question, pages: Sequence[str], text: str) -> bool:
    """Whether the pages are right and the text holds the facts."""
    on_page = not question.pages or any(same_page(page, own) for page in pages for own in question.pages)
    plain = _MARKS.sub("", text)
    facts = all(any(re.search(fact, plain, re.IGNORECASE) for fact in group) for group in question.facts)
    return on_page and facts


def same_page(page: str, own: str) -> bool:
    return page == own or page.endswith(f"/{own}")


def _of_answer(question: Question, reply: dict[str, Any]) -> Judged:
    sources = [source for source in reply.get("sources") or () if isinstance(source, dict)]
    found = tuple(map(_cited_page, sources))
    if str(reply.get("outcome") or "") not in _ANSWERED:
        return Judged(question, "declined", found)
    named = question.facts or not question.pages
    cited = any(same_page(page, own) or own.endswith(f"/{page}") for page in found for own in question.pages)
    right = question.answerable and _holds(
        Question(question.text, question.kind, (), question.facts), (), str(reply.get("answer") or "")
    )
    return Judged(question, "answered" if right and (cited or named) else "wrong", found)


def _cited_page(source: dict[str, Any]) -> str:
    """A cited page as "source/path" where the reply says both, else what it says: path or address."""
    place = str(source.get("path") or source.get("url") or "")
    return f"{source['source']}/{place}" if source.get("source") and source.get("path") else place


def answering_by(path: str) -> Answering | None:
    """The function of a dotted path; none for an empty one. Raises ConfigError."""
    if not path:
        return None
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"--answers {path}: name a function, as worker.process.ask.ask ({error})"
        ) from error
    answering: Answering = found
    return answering
