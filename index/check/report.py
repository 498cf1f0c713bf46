"""What a check found, as JSON and as lines with what to do about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from index.check.judge import Judged
from index.check.pages import Contradiction, Duplicate
from index.check.questions import Kind
from index.text.chinese import has_chinese

LISTED = 10
"""Of each kind of finding, so many are shown as text; `--json` has all."""
_KINDS: dict[Kind, str] = {
    "heading": "from headings",
    "faq": "from FAQ",
    "own": "your own",
    "foreign": "about other things",
    "talk": "small talk",
}


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
    kept_in: str = ""
    seconds: float = 0.0

    def shares(self) -> dict[str, dict[str, float]]:
        """Kind and language -> n and the shares answered, wrong and declined.

        Of what is to be declined, what was accepted counts as wrong.
        """
        groups: dict[str, Counter[str]] = {}
        for one in self.judged:
            language = "zh" if has_chinese(one.question.text) else "en"
            groups.setdefault(f"{one.question.kind} {language}", Counter())[one.outcome] += 1
        return {name: _shares(groups[name]) for name in sorted(groups)}

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        wrong = [one for one in self.judged if not one.right]
        return {
            "version": self.version,
            "pages": self.pages,
            "pages_asked": self.pages_asked,
            "outcomes": self.shares(),
            "mistakes": [_mistake(one) for one in wrong],
            "unreached": list(self.unreached),
            "duplicates": [asdict(one) for one in self.duplicates],
            "contradictions": [asdict(one) for one in self.contradictions],
            "untitled": list(self.untitled),
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
    lines = [f"version {report.version}: {report.pages} pages, {report.pages_asked} of them asked about"]
    lines.append(f"{'questions':24}    n  answered     wrong  declined")
    for name, row in report.shares().items():
        kind, language = name.split()
        label = f"{_KINDS[kind]} ({language})"  # type: ignore[index]
        shares = "  ".join(f"{row[name]:>8.0%}" for name in ("answered", "wrong", "declined"))
        lines.append(f"{label:24} {row['n']:>4}  {shares}")
    own = [one for one in report.judged if one.question.kind == "own" and not one.right]
    lines += _listed(
        "of your own questions went wrong: read their pages, or add the words members use to a heading",
        [f"{one.outcome}: {one.question.text}" for one in own],
    )
    accepted = [one.question.text for one in report.judged if not one.question.answerable and not one.right]
    lines += _listed(
        "foreign messages would be answered: label such ones and run `python -m index calibrate`, or choose "
        "`point: quiet`",
        accepted,
    )
    lines += _listed(
        "pages are not found by their own headings: give them headings that say what they are about",
        report.unreached,
    )
    lines += _listed(
        "pages say the same as another: keep one of each, or leave one out with `exclude`",
        [f"{one.page} = {one.other} ({one.share:.0%})" for one in report.duplicates],
    )
    lines += _listed(
        "statements differ in their numbers: see which is right, and mend the other",
        [f"{one.page}: {one.says} | {one.other}: {one.other_says}" for one in report.contradictions],
    )
    lines += _listed(
        "pages have no title and are called after their file: begin them with a heading `# ...`, or name "
        "them in the navigation",
        report.untitled,
    )
    if report.kept_in:
        lines.append(f"your questions are kept in {report.kept_in}; each build says which answers got worse")
    return "\n".join(lines)


def _listed(advice: str, found: Sequence[str]) -> list[str]:
    if not found:
        return []
    more = [f"  and {len(found) - LISTED} more (--json shows all)"] if len(found) > LISTED else []
    return [f"{len(found)} {advice}", *(f"  {one}" for one in found[:LISTED]), *more]
