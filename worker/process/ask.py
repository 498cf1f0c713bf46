"""`python -m bot ask`: questions through the real pipeline, with no Feishu and no Redis.

One question, or a file of them in one process: loading the index takes longer than an answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.answer import Source
from bot.config.faults import encodable_json, has_words, misspelt
from bot.config.progress import counted, waiting
from bot.config.settings import Settings
from bot.errors import ConfigError, FennelError
from bot.messages import say
from index.gate.gate import open_gate
from index.search.versions import open_current
from worker.conversation.introduction import introduction_of
from worker.conversation.small_words import Small, small_word, without_thanks
from worker.engines.choose import open_llm
from worker.engines.extractive.stand_in import quoted
from worker.language import language_of
from worker.pipeline.parts import PipelineParts, Question
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.trace import Trace
from worker.process.parts import Parts, SearcherAndGate
from worker.process.scope import scope_of
from worker.web.choose import open_web

THANKS = "👍"
"""Stands for the reaction that thanks get in a group."""
FIELDS = ("id", "text", "mentioned", "mention", "user", "thread", "reply_to", "label")
"""What a row may hold; what comes after `mention` is for `bot replay` and not used here."""


@dataclass(frozen=True)
class Row:
    """One line of a batch."""

    id: str
    text: str
    mentioned: bool = True


def ask(text: str, settings: Settings) -> dict[str, Any]:
    """{"decision", "outcome", "answer", "sources", "trace"}.

    Raises what Pipeline.run raises, and IndexMissing.
    """
    with waiting("loading the index and the model"):
        asker = _Asker(settings)
    with asker, waiting("answering"):
        return asker.ask(Row("", text))


def ask_all(file: Path, settings: Settings) -> Iterator[dict[str, Any]]:
    """The same with the row's "id" for every row of a batch, in order.

    A row that fails says so in "error", and its outcome is "failed"; the others are answered all the same.
    Raises ConfigError for a file that is no batch, and IndexMissing.
    """
    rows = read_batch(file)
    with _Asker(settings) as asker:
        redirected = not sys.stdout.isatty()  # on a terminal the lines that come out are progress enough
        for row in counted(rows, "answering", len(rows)) if redirected else rows:
            try:
                yield {"id": row.id, **asker.ask(row)}
            except FennelError as error:
                yield {"id": row.id, **_failed(error)}


def read_batch(file: Path) -> list[Row]:
    """The rows {"id", "text", "mentioned"?} of a JSON lines file; rows for `bot replay` say `mention`.

    Raises ConfigError that names the line.
    """
    if not file.exists() or file.is_dir():
        wrong = "a folder" if file.is_dir() else "no such file"
        raise ConfigError(f"--batch {file}: {wrong}; give a file of JSON lines with id and text")
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigError(f"--batch {file}: not UTF-8: {error}") from error
    return [
        _row(line, f"--batch {file}, line {number}") for number, line in enumerate(lines, 1) if line.strip()
    ]


def _row(line: str, where: str) -> Row:
    try:
        data = encodable_json(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: not JSON; each line is {{'id': ..., 'text': ...}}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: expected an object with id and text")
    if fault := misspelt(data, FIELDS):
        raise ConfigError(f"{where}: {fault}")
    name, text, mentioned = data.get("id"), data.get("text"), data.get("mentioned", data.get("mention", True))
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise ConfigError(f"{where}: id must be a text or a whole number")
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{where}: text must be a question, not {json.dumps(text)[:40]}")
    if not isinstance(mentioned, bool):
        raise ConfigError(f"{where}: mentioned must be true or false")
    return Row(str(name), text, mentioned)


class _Asker:
    """The parts of a process, loaded once."""

    def __init__(self, settings: Settings) -> None:
        searcher = open_current(settings)
        self.group = settings.group("")
        self.llm = open_llm(settings)
        try:
            self.settings, self.web = settings, open_web(settings)
            self.parts = Parts(settings, SearcherAndGate(searcher, open_gate(settings, searcher)))
        except BaseException:
            self.llm.close()
            raise

    def __enter__(self) -> _Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self.llm.close()

    def ask(self, row: Row) -> dict[str, Any]:
        if not has_words(row.text):  # a group hears nothing
            trace = Trace("", row.text)
            trace.note(decision="decline", mentioned=row.mentioned)
            trace.finish("ignored")
            return _reply(trace, "ignored", "")
        language = language_of(row.text, self.group.language)
        small = small_word(row.text) if row.mentioned else None
        return self._answered(row, language) if small is None else self._greeted(row, language, small)

    def _greeted(self, row: Row, language: str, small: Small) -> dict[str, Any]:
        """What the bot says, or shows, to thanks and greetings in a group."""
        trace = Trace("", row.text)
        thanked = small is Small.THANKS
        trace.note(decision="decline", language=language, mentioned=True)
        lines = [THANKS if thanked else say(f"manners_{small.value}", language)]
        if small not in (Small.THANKS, Small.STOP):
            scope = scope_of(row.text, self.settings, self.group.collections)
            pair = self.parts.of(scope.sources)
            lines += introduction_of(pair.searcher, pair.gate, language)
        trace.finish("thanked" if thanked else "greeted")
        return _reply(trace, trace.facts["outcome"], "\n\n".join(lines))

    def _answered(self, row: Row, language: str) -> dict[str, Any]:
        text = without_thanks(row.text)
        question = Question(text, language, row.mentioned, point=self.group.point, web=self.group.web_search)
        scope = scope_of(text, self.settings, self.group.collections)
        pair = self.parts.of(scope.sources)
        parts = PipelineParts(
            self.settings,
            pair.searcher,
            pair.gate,
            self.llm,
            self.web,
            quote=quoted,
            product_version=scope.version,
        )
        answer, trace = Pipeline(parts).run(question)
        return _reply(trace, str(answer.outcome), answer.text, answer.sources)


def _reply(trace: Trace, outcome: str, text: str, sources: Sequence[Source] = ()) -> dict[str, Any]:
    return {
        "decision": trace.facts["decision"],
        "outcome": outcome,
        "answer": text,
        "sources": [asdict(source) for source in sources],
        "trace": trace.facts,
    }


def _failed(error: FennelError) -> dict[str, Any]:
    return {
        "decision": "",
        "outcome": "failed",
        "answer": "",
        "sources": [],
        "trace": {},
        "error": f"{type(error).__name__}: {error}",
    }
