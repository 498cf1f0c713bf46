"""`python -m index check`: asks the index what members will ask, and reads its pages for what is amiss."""

from __future__ import annotations

import json
import time
from pathlib import Path

from bot.config.settings import Settings
from index.check import pages
from index.check.judge import Judge, Judged, answering_by
from index.check.kept import keep, kept
from index.check.questions import foreign, of_documents, read
from index.check.report import CheckReport, describe
from index.gate.gate import open_gate
from index.search.searcher import Searcher
from index.search.versions import open_current

REACHED = 5
"""A page counts as reached when one of its own questions finds it among the first so many pages."""


def check(
    settings: Settings, searcher: Searcher, questions: Path | None = None, answers: str = ""
) -> CheckReport:
    """Checks the version in use; `questions`: one's own rows, which are kept. Raises ConfigError."""
    started = time.perf_counter()
    own = read(questions) if questions else kept(settings)
    judge = Judge(open_gate(settings, searcher), searcher, settings, answering_by(answers))
    made = judge.all(of_documents(searcher.chunks))
    rest = judge.all([*own, *foreign()])
    return CheckReport(
        version=searcher.version,
        pages=len({(chunk.source, chunk.path) for chunk in searcher.chunks}),
        pages_asked=len({page for one in made for page in one.question.pages}),
        judged=(*made, *rest),
        unreached=tuple(unreached(made)),
        duplicates=tuple(pages.duplicates(searcher.chunks)),
        contradictions=tuple(pages.contradictions(searcher.chunks)),
        untitled=tuple(pages.untitled(searcher.chunks)),
        kept_in=str(keep(settings, own)) if own else "",
        seconds=time.perf_counter() - started,
    )


def unreached(made: list[Judged]) -> list[str]:
    """Pages that none of their own questions finds, in order."""
    reached = {page for one in made for page in one.question.pages if page in one.found[:REACHED]}
    return sorted({page for one in made for page in one.question.pages} - reached)


def command(settings: Settings, questions: Path | None, *, answers: str, as_json: bool) -> None:
    """Prints the report."""
    report = check(settings, open_current(settings), questions, answers)
    print(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if as_json else describe(report))  # noqa: T201
