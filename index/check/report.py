"""What a check found, as JSON and as lines with what to do about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from index.check.judge import Judged
from index.check.pages import Contradiction, Duplicate
from index.check.words import padded, words
from index.text.chinese import has_chinese

LISTED = 10
"""Of each kind of finding, so many are shown as text; `--json` has all."""


@dataclass(frozen=True)
class CheckReport:
    """Everything that one check found."""

    version: str
    pages: int
    pages_asked: int
    judged: tuple[Judged, ...]
    unreached: tuple[str, ...]
    duplicates: tuple[Duplicate, ...]
    contradictions: tuple[Contradiction, ...]
    untitled: tuple[str, ...]
    absent: tuple[str, ...] = ()
    """Pages that one's own questions name and no source has."""
    kept_in: str = ""
    seconds: float = 0.0
    whole: bool = False
    """Whether whole answers were judged, not the search and the gate alone."""
    language: str = "en"
    """Of the text: 'zh' or 'en'."""

    def shares(self) -> dict[str, dict[str, float]]:
        """Kind and language -> n and the shares answered, wrong and declined.

        Of what is to be declined, what was accepted counts as wrong; one's own questions of that sort are a
        kind of their own, 'own-declined'.
        """
        groups: dict[str, Counter[str]] = {}
        for one in self.judged:
            language = "zh" if has_chinese(one.question.text) else "en"
            own = one.question.kind == "own" and not one.question.answerable
            kind = "own-declined" if own else one.question.kind
            groups.setdefault(f"{kind} {language}", Counter())[one.outcome] += 1
        return {name: _shares(groups[name]) for name in sorted(groups)}

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        wrong = [one for one in self.judged if not one.right]
        return {
            "version": self.version,
            "pages": self.pages,
            "pages_asked": self.pages_asked,
            "judged": "whole answers" if self.whole else "gate and search",
            "outcomes": self.shares(),
            "mistakes": [_mistake(one) for one in wrong],
            "unreached": list(self.unreached),
            "duplicates": [asdict(one) for one in self.duplicates],
            "contradictions": [asdict(one) for one in self.contradictions],
            "untitled": list(self.untitled),
            "absent": list(self.absent),
            "kept_in": self.kept_in,
            "seconds": round(self.seconds, 1),
        }


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = sum(counts.values())
    shares = {name: round(counts[name] / total, 3) for name in ("answered", "wrong", "declined")}
    return {"n": total, **shares}


def _mistake(one: Judged) -> dict[str, Any]:
    return {
        "question": one.question.text,
        "kind": one.question.kind,
        "outcome": one.outcome,
        "expected": list(one.question.pages),
        "found": list(one.found[:3]),
    }


def describe(report: CheckReport) -> str:
    """The report as text: what members will meet, then what to do."""
    word = partial(words, report.language)
    lines = [
        word("head", version=report.version, pages=report.pages, asked=report.pages_asked),
        word("whole" if report.whole else "judges"),
        word("columns"),
    ]
    for name, row in report.shares().items():
        kind, language = name.split()
        label = f"{word(kind)} ({word(language)})"
        shares = "  ".join(f"{row[name]:>8.0%}" for name in ("answered", "wrong", "declined"))
        lines.append(f"{padded(label)} {row['n']:>4}  {shares}")
    own = [one for one in report.judged if _is_missed(one)]
    accepted = [one.question.text for one in report.judged if not one.question.answerable and not one.right]
    listed = partial(_listed, report.language)
    lines += listed("absent", report.absent)
    lines += listed("own_wrong", [f"{word(one.outcome)}: {one.question.text}" for one in own])
    lines += listed("accepted", accepted)
    lines += listed("unreached", report.unreached)
    lines += listed(
        "duplicates", [f"{one.page} = {one.other} ({one.share:.0%})" for one in report.duplicates]
    )
    differing = [f"{one.page}: {one.says} | {one.other}: {one.other_says}" for one in report.contradictions]
    lines += listed("contradictions", differing)
    lines += listed("untitled", report.untitled)
    if report.kept_in:
        lines.append(word("kept", file=report.kept_in))
    return "\n".join(lines)


def _is_missed(one: Judged) -> bool:
    """One's own question that has an answer and did not get it."""
    return one.question.kind == "own" and one.question.answerable and not one.right


def _listed(language: str, advice: str, found: Sequence[str]) -> list[str]:
    if not found:
        return []
    count = len(found)
    name = f"{advice}_one" if count == 1 and language == "en" else advice
    more = [words(language, "more", count=count - LISTED)] if count > LISTED else []
    return [words(language, name, count=count), *(f"  {one}" for one in found[:LISTED]), *more]
