"""What was asked in the last days, what came of it, and what nobody could answer: `python -m bot report`.

It reads the Traces and opinions that are kept, so it goes back as far as `privacy.keep_days` lets it; words
that were erased are not in it. Unanswered questions are put together where their words are alike, or as
`group` says: the worker's command and /digest hand over one that goes by meaning.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from bot.errors import ConfigError, QueueUnavailable
from bot.redis_keys import FEEDBACK, FOR_COMMANDS, TRACE, connect
from bot.stored import decoded, number_of, read_object

ALIKE = 0.4
"""From this share of common character pairs on two questions are put together."""
MOST_LISTED = 20
_BATCH = 500
_SINCE = re.compile(r"(\d{1,4})\s*([hdw])")
_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_ANSWERED = frozenset({"answered", "partly", "web"})
_UNANSWERED = frozenset({"not_found", "failed", "declined"})


@dataclass
class Unanswered:
    """Questions that are alike and got no answer."""

    example: str
    count: int = 1


Grouping = Callable[[Sequence[str]], list[Unanswered]]
"""Puts questions together; the most frequent group first."""


@dataclass
class Report:
    """The figures; texts only of questions that got no answer."""

    since: float
    """Unix seconds."""
    asked: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    answered: int = 0
    declined: int = 0
    helpful: int = 0
    unhelpful: int = 0
    reasons: list[str] = field(default_factory=list)
    """What people wrote under "not helpful"."""
    unanswered: list[Unanswered] = field(default_factory=list)
    cited: dict[str, int] = field(default_factory=dict)
    """Path of a document -> how often it was cited, most often first."""
    outdated: dict[str, int] = field(default_factory=dict)
    """The same of those that say they are out of date, or have not changed for long."""
    contradictions: dict[str, int] = field(default_factory=dict)
    """Two paths, "a.md ≠ b.md" -> how often an answer met both saying the same with another number."""
    tokens: dict[str, int] = field(default_factory=dict)


def seconds_of(since: str) -> int:
    """'7d', '12h', '2w' in seconds. Raises ConfigError."""
    found = _SINCE.fullmatch(since.strip().lower())
    if not found:
        raise ConfigError(f"--since {since}: give a number with h, d or w, such as 7d")
    return int(found[1]) * _SECONDS[found[2]]


def read(url: str, since: str, group: Grouping | None = None) -> Report:
    """The report from the Redis at `url`. Raises ConfigError, QueueUnavailable."""
    start = time.time() - seconds_of(since)
    try:
        with connect(url, FOR_COMMANDS) as redis:
            return read_from(redis, start, group)
    except RedisError as error:
        raise QueueUnavailable(
            f"no answer at redis.url ({type(error).__name__}): is Redis running?"
        ) from error


def read_from(redis: Redis, start: float, group: Grouping | None = None, chat_id: str = "") -> Report:
    """The report since `start` (Unix seconds), of one chat where `chat_id` is given. Raises RedisError."""
    traces = [trace for trace in _traces(redis, start) if chat_id in ("", trace.get("chat_id"))]
    own = {str(trace.get("message_id")) for trace in traces} if chat_id else None
    return made_of(traces, _opinions(redis, start, own), start, group)


def made_of(
    traces: Sequence[dict[str, Any]],
    opinions: Iterable[dict[str, Any]],
    since: float,
    group: Grouping | None = None,
) -> Report:
    """The report on these Traces and opinions. Pure, but for `group`."""
    asked = [trace for trace in traces if trace.get("decision")]
    outcomes = Counter(str(trace.get("outcome") or "unfinished") for trace in traces)
    report = Report(since, asked=len(asked), outcomes=dict(outcomes.most_common()))
    report.answered = sum(count for name, count in outcomes.items() if name in _ANSWERED)
    report.declined = outcomes["declined"]
    for one in opinions:
        helpful = one.get("kind") == "helpful"
        report.helpful += helpful
        report.unhelpful += not helpful
        if one.get("reason"):
            report.reasons.append(str(one["reason"]))
    cited = Counter(str(path) for trace in asked for path in _list(trace.get("cited")))
    report.cited = dict(cited.most_common(MOST_LISTED))
    report.outdated = _counted(path for trace in asked for path in _list(trace.get("outdated")))
    report.contradictions = _counted(
        " ≠ ".join(map(str, _list(pages))) for trace in asked for pages in _list(trace.get("contradictions"))
    )
    usage: Counter[str] = Counter()
    for trace in traces:
        spent = trace.get("usage")
        for name, count in (spent if isinstance(spent, dict) else {}).items():
            usage[str(name)] += int(number_of(count, most=1e15))
    report.tokens = dict(usage)
    lost = [trace for trace in traces if trace.get("outcome") in _UNANSWERED and trace.get("mentioned")]
    questions = [str(one.get("standalone") or one.get("question") or "") for one in lost]
    report.unanswered = (group or alike)([one for one in questions if one.strip()])[:MOST_LISTED]
    return report


def _counted(names: Iterable[Any]) -> dict[str, int]:
    """Most often first, the first MOST_LISTED."""
    return dict(Counter(map(str, names)).most_common(MOST_LISTED))


def alike(questions: Sequence[str]) -> list[Unanswered]:
    """The questions put together by their words, the most frequent first."""
    groups: list[tuple[set[str], Unanswered]] = []
    for question in questions:
        pairs = _pairs(question)
        if not pairs:
            continue
        near = next((group for own, group in groups if len(own & pairs) / len(own | pairs) >= ALIKE), None)
        if near is None:
            groups.append((pairs, Unanswered(question)))
        else:
            near.count += 1
    return sorted((group for _, group in groups), key=lambda group: -group.count)[:MOST_LISTED]


def as_text(report: Report) -> str:
    """For a terminal."""
    lines = [
        f"since {time.strftime('%Y-%m-%d %H:%M', time.localtime(report.since))}",
        f"asked {report.asked}, answered {report.answered}, declined {report.declined}, "
        f"helpful {report.helpful}, unhelpful {report.unhelpful}",
        "outcomes: " + ", ".join(f"{name} {count}" for name, count in report.outcomes.items()),
        "tokens: " + ", ".join(f"{name} {count}" for name, count in report.tokens.items()),
        "",
        "not answered:",
        *(f"  {one.count} x {one.example}" for one in report.unanswered),
        "cited most:",
        *_listed(report.cited),
        *(["out of date, perhaps:", *_listed(report.outdated)] if report.outdated else []),
        *(["contradict each other:", *_listed(report.contradictions)] if report.contradictions else []),
        *(["said about answers:", *(f"  {reason}" for reason in report.reasons)] if report.reasons else []),
    ]
    return "\n".join(lines)


def _listed(counts: dict[str, int]) -> list[str]:
    return [f"  {count} x {name}" for name, count in counts.items()]


def as_html(report: Report) -> str:
    """One page without anything from elsewhere."""
    return (
        '<!doctype html><meta charset="utf-8"><title>Fennel</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{font:16px/1.6 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
        "pre{white-space:pre-wrap}</style>"
        f"<h1>Fennel</h1><pre>{html.escape(as_text(report))}</pre>"
    )


def as_json(report: Report) -> str:
    """One JSON object."""
    return json.dumps(asdict(report), ensure_ascii=False)


def _pairs(text: str) -> set[str]:
    plain = re.sub(r"\W+", "", text.lower())
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _traces(redis: Redis, start: float) -> Iterator[dict[str, Any]]:
    for key in redis.scan_iter(TRACE.glob, _BATCH):
        trace = read_object(redis.get(key))
        if number_of(trace.get("started_at")) >= start:
            yield trace


def _opinions(redis: Redis, start: float, questions: set[str] | None = None) -> list[dict[str, Any]]:
    found = []
    for key in redis.scan_iter(FEEDBACK.glob, _BATCH):
        name = decoded(key)
        if questions is not None and name.removeprefix(FEEDBACK.prefix) not in questions:
            continue
        for value in redis.hvals(key):
            entry = read_object(value)
            if number_of(entry.get("at")) >= start:
                found.append(entry)
    return found
