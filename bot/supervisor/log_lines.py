"""A process's log line as a person reads it: JSON objects become time, process, event and what they say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_SHOWN_BEFORE = frozenset({"timestamp", "process", "level", "event", "logger", "exception"})
_WIDTH = 8


@dataclass(frozen=True)
class LogLine:
    """One line of one process. `event` is empty for a line that is no JSON object of our log."""

    process: str
    text: str
    event: str = ""
    level: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


def read_line(process: str, line: str) -> LogLine:
    """Any line; one that is not ours is kept as it is."""
    line = line.rstrip("\r\n")
    try:
        data = json.loads(line) if line.startswith("{") else None
    except ValueError:
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("event"), str):
        return LogLine(process, line)
    return LogLine(process, line, data["event"], str(data.get("level", "")), data)


def readable(line: LogLine) -> str:
    """`12:03:01 worker   answered  message_id=om_1`; warnings and worse are named."""
    name = f"{line.process:<{_WIDTH}}"
    if not line.event:
        return f"{'':8} {name} {line.text}"
    level = "" if line.level in ("info", "debug", "") else f"{line.level.upper()} "
    said = " ".join(
        f"{key}={_short(value)}"
        for key, value in line.fields.items()
        if key not in _SHOWN_BEFORE and value != ""
    )
    text = f"{_clock(line.fields.get('timestamp'))} {name} {level}{line.event}  {said}".rstrip()
    trace = line.fields.get("exception")
    return f"{text}\n{trace}" if isinstance(trace, str) else text


def _short(value: Any) -> str:
    return value if isinstance(value, str) and " " not in value else json.dumps(value, ensure_ascii=False)


def _clock(timestamp: Any) -> str:
    """The local time of day of an ISO timestamp; blanks for anything else."""
    try:
        return datetime.fromisoformat(str(timestamp)).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return " " * 8
