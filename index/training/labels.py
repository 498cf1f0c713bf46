"""Labelled examples: files of questions, and what a group's admins and members say of messages.

A label's weight is 1 for an admin's word or a row of a file and less for a feedback button, which is pressed
for many reasons. The worker keeps both in Redis; `python -m index calibrate --learned` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis

from bot.config.faults import encodable_json, misspelt
from bot.errors import ConfigError
from bot.redis_keys import EXAMPLES, FEEDBACK, TRACE

ADMIN_WEIGHT = 1.0
FEEDBACK_WEIGHT = 0.3
MOST_WEIGHT = 1000.0
FIELDS = ("id", "text", "label", "weight")
"""Of a labelled row; a file may hold further ones for other tools."""


@dataclass(frozen=True)
class Example:
    """A message and whether it is worth answering from these documents."""

    id: str
    text: str
    label: int
    """1: worth answering; 0: not."""
    weight: float = 1.0
    group: str = ""
    """Chat it was said in; empty where that is not known."""


def json_lines(file: Path, fields: str) -> list[tuple[str, str]]:
    """(place, line) of each line that holds something. Raises ConfigError that says which `fields` go in."""
    wanted = f"give a JSON lines file in UTF-8 of rows {fields}"
    if not file.is_file():
        raise ConfigError(f"{file}: no such file; {wanted}")
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}); {wanted}") from error
    return [(f"{file}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def json_row(line: str, place: str, fields: Sequence[str]) -> dict[str, Any]:
    """The object of one line. Raises ConfigError, also for a field that is one of `fields` misspelt."""
    wanted = ", ".join(fields)
    try:
        data = encodable_json(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{place}: not JSON ({error}); must be a JSON object with {wanted}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{place}: must be a JSON object with {wanted}")
    if fault := misspelt(data, fields):
        raise ConfigError(f"{place}: {fault}")
    return data


def read_questions(file: Path) -> list[Example]:
    """Rows {"id", "text", "label"} of a JSON lines file. Raises ConfigError that names the line."""
    return [_row(line, place) for place, line in json_lines(file, "id, text, label")]


def _row(line: str, place: str) -> Example:
    data = json_row(line, place, FIELDS)
    if not isinstance(data.get("text"), str):
        raise ConfigError(f"{place}: text: must be the message, a text")
    label, weight = data.get("label"), data.get("weight", 1.0)
    if label not in (0, 1, "0", "1"):
        raise ConfigError(f"{place}: label must be 1 (worth answering) or 0, not {json.dumps(label)[:40]}")
    if not isinstance(weight, int | float) or not 0 < weight <= MOST_WEIGHT:
        raise ConfigError(f"{place}: weight: must be a number above 0, at most {MOST_WEIGHT:.0f}")
    return Example(str(data.get("id", place)), data["text"], int(label), float(weight))


def known_questions(files: Iterable[Path]) -> list[Example]:
    """The rows of those files that exist; an operator may have none."""
    return [example for file in files if file.is_file() for example in read_questions(file)]


def learned(connection: Redis) -> list[Example]:
    """What admins and members said of messages, kept in Redis by the worker, oldest message id first.

    An admin's word counts fully and wins over the buttons of members, which count `FEEDBACK_WEIGHT` together.
    """
    pressed = _pressed(connection)
    marked: dict[str, Example] = {}
    for key, value in _hash(connection, EXAMPLES.name).items():
        row, facts = _object(value), _trace(connection, key)
        group = str(row.get("group") or (facts or {}).get("chat_id", ""))
        if isinstance(row.get("text"), str) and row.get("label") in (0, 1):
            marked[key] = Example(key, row["text"], int(row["label"]), ADMIN_WEIGHT, group)
    return [example for _, example in sorted({**pressed, **marked}.items())]


def _pressed(connection: Redis) -> dict[str, Example]:
    """Message id -> the majority of the buttons pressed on its answer; a tie says nothing."""
    found: dict[str, Example] = {}
    for name in connection.scan_iter(match=FEEDBACK.glob, count=500):
        message_id = _text(name).rsplit(":", 1)[1]
        facts = _trace(connection, message_id)
        kinds = [_object(entry).get("kind") for entry in _hash(connection, _text(name)).values()]
        votes = kinds.count("helpful") - len([kind for kind in kinds if kind in ("not_helpful", "reason")])
        if facts is None or votes == 0:
            continue
        label = int(votes > 0)
        group = str(facts.get("chat_id", ""))
        found[message_id] = Example(
            message_id, str(facts.get("question") or ""), label, FEEDBACK_WEIGHT, group
        )
    return found


def _trace(connection: Redis, message_id: str) -> dict[str, Any] | None:
    kept = connection.get(TRACE.of(message_id))
    return None if kept is None else _object(_text(kept))


def _object(raw: str) -> dict[str, Any]:
    """The JSON object in `raw`, an empty one for anything else."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _hash(connection: Redis, key: str) -> dict[str, str]:
    return {
        _text(field): _text(value) for field, value in cast(dict[Any, Any], connection.hgetall(key)).items()
    }


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
