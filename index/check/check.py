"""`python -m index check`: asks the index what members will ask, and reads its pages for what is amiss."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from bot.config.progress import waiting
from bot.config.settings import Settings
from index.check import pages
from index.check.judge import Judge, Judged, answering_by, same_page
from index.check.kept import keep, kept
from index.check.own import read
from index.check.questions import Question, every_heading, foreign, of_documents
from index.check.report import CheckReport, describe
from index.gate.gate import open_gate
from index.search.copies import page_key
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
    made = judge.all(of_documents(searcher.chunks), "asking headings")
    strange = foreign(len(searcher.chunks), searcher.lexical.document_frequency)
    rest = judge.all([*own, *strange], "asking others")
    with waiting("comparing pages"):
        twice = tuple(pages.duplicates(searcher.chunks))
        against = tuple(pages.contradictions(searcher.chunks))
    return CheckReport(
        version=searcher.version,
        pages=len({(chunk.source, chunk.path) for chunk in searcher.chunks}),
        pages_asked=len({page for one in made for page in one.question.pages}),
        judged=(*made, *rest),
        unreached=tuple(_unreached(made, judge, searcher, twice)),
        duplicates=twice,
        contradictions=against,
        untitled=tuple(pages.untitled(searcher.chunks)),
        absent=_absent(own, searcher),
        kept_in=str(keep(settings, own)) if own else "",
        whole=bool(answers),
        seconds=time.perf_counter() - started,
        language=_language(settings, searcher),
    )


def _absent(own: Sequence[Question], searcher: Searcher) -> tuple[str, ...]:
    there = {f"{chunk.source}/{chunk.path}" for chunk in searcher.chunks}
    named = dict.fromkeys(page for one in own for page in one.pages)
    return tuple(page for page in named if not any(same_page(one, page) for one in there))


def _language(settings: Settings, searcher: Searcher) -> str:
    """Of whoever reads the report: the groups' where the settings name one, else that of most documents."""
    chosen = settings.group("").language
    if chosen in ("zh", "en"):
        return str(chosen)
    chinese = sum(chunk.language == "zh" for chunk in searcher.chunks)
    return "zh" if 2 * chinese > len(searcher.chunks) else "en"


def _unreached(
    made: list[Judged], judge: Judge, searcher: Searcher, twice: Sequence[pages.Duplicate]
) -> list[str]:
    """Pages that no heading finds, neither shortened nor as it stands, nor finds a copy of the page."""
    left = unreached(made)
    if not left:
        return []
    again = every_heading(searcher.chunks, set(left))
    copies: dict[str, set[str]] = {page: {page} for page in left}
    for one in twice:
        copies.get(one.page, set()).add(one.other)
        copies.get(one.other, set()).add(one.page)
    keys = {page: page_key(*page.split("/", 1)) for page in left}
    for question, found in zip(again, judge.found(again, REACHED), strict=True):
        page = question.pages[0]
        if copies[page] & set(found) or any(page_key(*one.split("/", 1)) == keys[page] for one in found):
            left = [one for one in left if one != page]
    return left


def unreached(made: list[Judged]) -> list[str]:
    """Pages that none of their own questions finds, in order."""
    reached = {page for one in made for page in one.question.pages if page in one.found[:REACHED]}
    return sorted({page for one in made for page in one.question.pages} - reached)


def command(settings: Settings, questions: Path | None, *, answers: str, as_json: bool) -> None:
    """Prints the report."""
    with waiting("opening the index"):
        searcher = open_current(settings)
    report = check(settings, searcher, questions, answers)
    print(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if as_json else describe(report))  # noqa: T201
