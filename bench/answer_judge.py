"""Whether the reply to a question is right: the rules by which answers are counted.

A row says which strings a right card must hold (`facts`: groups of regular expressions, one of each group)
and which betray a wrong variant (`wrong`). Case, back quotes, stars and backslashes do not count. An answer
that names another project's page than the row's `project` is wrong, whatever it says. No model judges.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ANSWERED = frozenset({"answered", "partly", "web"})
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Judged:
    """What became of one question."""

    id: str
    kind: str
    label: bool
    outcome: str
    answered: bool
    correct: bool
    right_page: bool
    characters: int
    missing: tuple[str, ...] = ()


def judge(row: Row, reply: Mapping[str, Any]) -> Judged:
    """Judges a reply of `ask --batch` to the row of a set."""
    paths = [source["path"] or source["url"] for source in reply["sources"]]
    answered = reply["outcome"] in ANSWERED
    text = re.sub(r"[`*\\]", "", reply["answer"])
    missing = tuple("|".join(group) for group in row["facts"] if not _any(group, text))
    project = row.get("project")
    strange = any(project and path.split("/")[0] != project for path in paths)
    correct = bool(row["label"]) and answered and not missing and not _any(row.get("wrong", ()), text)
    return Judged(
        id=row["id"],
        kind=row["kind"],
        label=bool(row["label"]),
        outcome=reply["outcome"],
        answered=answered,
        correct=correct and not strange,
        right_page=any(path in row["relevant"] for path in paths),
        characters=len(reply["answer"]),
        missing=missing,
    )


def _any(patterns: Sequence[str], text: str) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """Shares of the answerable questions, and how often what should be declined was answered."""
    good = [item for item in judged if item.label]
    bad = [item for item in judged if not item.label]
    answered = [item for item in good if item.answered]
    kinds = Counter(item.kind for item in bad)
    accepted = Counter(item.kind for item in bad if item.answered)
    return {
        "answerable": len(good),
        "correct": _share(sum(item.correct for item in good), len(good)),
        "wrong": _share(sum(not item.correct for item in answered), len(good)),
        "honest": _share(len(good) - len(answered), len(good)),
        "right_page_cited": _share(sum(item.right_page for item in answered), len(answered)),
        "false_accepts": {kind: f"{accepted[kind]}/{count}" for kind, count in sorted(kinds.items())},
        "false_accept_share": {kind: _share(accepted[kind], count) for kind, count in sorted(kinds.items())},
        "median_characters": statistics.median(item.characters for item in answered) if answered else None,
    }


def _share(part: int, of: int) -> float | None:
    return round(part / of, 3) if of else None
