"""One's own questions as a regression set: kept beside the index, asked of a version before it is published.

`check --questions FILE` keeps the rows; a build asks them of the version in use and of the new one, and says
which answers got worse, before members meet them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from bot.config.settings import Settings
from bot.errors import ConfigError, EngineUnavailable, IndexMismatch, IndexMissing
from index.check.judge import Judge, Judged
from index.check.own import read
from index.check.questions import Question
from index.gate.gate import Gate
from index.gate.model import GateStore
from index.gate.reference import evidence_of
from index.search.searcher import Searcher
from index.search.versions import Versions, open_version


@dataclass(frozen=True)
class Compared:
    """The kept questions over two versions."""

    questions: int
    worse: tuple[str, ...]
    """Right before and no longer."""
    better: tuple[str, ...]
    fault: str = ""
    """Why they could not be asked."""


def file_of(settings: Settings) -> Path:
    """Where the questions are kept."""
    return settings.index.dir / "check" / "questions.jsonl"


def keep(settings: Settings, questions: list[Question]) -> Path:
    """Keeps the questions in place of the last ones, aside first; returns their file."""
    file = file_of(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"id": one.id, "text": one.text, "facts": [list(group) for group in one.facts], "relevant": one.pages}
        for one in questions
    ]
    aside = file.with_name(f".{os.getpid()}.{file.name}")
    aside.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    aside.replace(file)
    return file


def kept(settings: Settings) -> list[Question]:
    """The questions kept; none where nobody gave any. Raises ConfigError for a file that was spoilt."""
    file = file_of(settings)
    return read(file) if file.is_file() else []


def judged_over(searcher: Searcher, settings: Settings, questions: list[Question]) -> list[Judged]:
    """The questions over a version that need not be the one in use. Raises IndexMismatch."""
    model = GateStore(settings.index.dir).current().for_embedder(searcher.embedder.name)
    gate = Gate(model, searcher, evidence_of(searcher), point=settings.index.gate.point)
    return Judge(gate, searcher, settings, None).all(questions)


def compare_before_publishing(after: Searcher, versions: Versions, settings: Settings) -> Compared:
    """The kept questions over the version in use and a new one; nothing without either.

    A version in use that cannot be read, by another embedder or another release, is not compared with, nor
    with questions that cannot: what the documents say now is worth more than the comparison.
    """
    try:
        questions, name = kept(settings), versions.current()
        if not questions or not name:
            return Compared(0, (), ())
        if versions.manifest(name).embedder != after.embedder.name:
            return Compared(0, (), ())
        before = open_version(settings, name, after.embedder, None)
        return compare(before, after, settings, questions)
    except (IndexMismatch, IndexMissing, EngineUnavailable) as error:
        return Compared(0, (), (), f"own questions could not be asked: {error}")
    except ConfigError as error:
        return Compared(
            0, (), (), f"own questions could not be asked: {error}; give them again: check --questions FILE"
        )


def compare(before: Searcher, after: Searcher, settings: Settings, questions: list[Question]) -> Compared:
    """What changes between two versions. Raises IndexMismatch."""
    old, new = (judged_over(searcher, settings, questions) for searcher in (before, after))
    pairs = list(zip(old, new, strict=True))
    return Compared(
        questions=len(questions),
        worse=tuple(one.question.text for one, other in pairs if one.right and not other.right),
        better=tuple(one.question.text for one, other in pairs if other.right and not one.right),
    )
