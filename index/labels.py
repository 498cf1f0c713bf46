"""Labelled examples: files of questions, and the store of what a group's admins and members say.

A label's weight is 1 for an admin's word or a row of a file and less for a feedback button, which is pressed
for many reasons. The store is one JSON line a label in the index folder; the newest word on a message counts.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.errors import ConfigError

ADMIN_WEIGHT = 1.0
FEEDBACK_WEIGHT = 0.3


@dataclass(frozen=True)
class Example:
    """A message and whether it is worth answering from these documents."""

    id: str
    text: str
    label: int
    """1: worth answering; 0: not."""
    weight: float = 1.0
    group: str = ""
    """Chat it was said in; empty for rows of a file."""
    said_at: float = 0.0
    """Unix seconds of the label."""


def read_questions(file: Path) -> list[Example]:
    """Rows {"id", "text", "label"} of a JSON lines file. Raises ConfigError that names the line."""
    if not file.is_file():
        raise ConfigError(f"{file}: no such file; give a JSON lines file of rows id, text, label")
    lines = file.read_text(encoding="utf-8").split("\n")
    return [_row(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _row(line: str, place: str) -> Example:
    try:
        data = json.loads(line)
        text, label = str(data["text"]), int(data["label"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{place}: must be a JSON object with id, text and label ({error})") from error
    if label not in (0, 1):
        raise ConfigError(f"{place}: label must be 1 (worth answering) or 0, not {label}")
    return Example(str(data.get("id", place)), text, label, float(data.get("weight", 1.0)))


def known_questions(files: Iterable[Path]) -> list[Example]:
    """The rows of those files that exist; an operator may have none."""
    return [example for file in files if file.is_file() for example in read_questions(file)]


class LabelStore:
    """labels.jsonl in the index folder; appended under a lock by any process."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "labels.jsonl"

    def add(
        self, message_id: str, text: str, label: int, *, group: str, weight: float = ADMIN_WEIGHT
    ) -> Example:
        """Keeps one word on a message; a later one on the same message replaces it."""
        example = Example(message_id, text, int(bool(label)), weight, group, time.time())
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            out.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")
        return example

    def all(self) -> list[Example]:
        """The word that counts on each message, oldest first: an admin's over a button's, then the newest."""
        if not self.file.is_file():
            return []
        kept: dict[str, Example] = {}
        for line in self.file.read_text(encoding="utf-8").split("\n"):
            if not line.strip():
                continue
            example = Example(**json.loads(line))
            before = kept.get(example.id)
            if before is None or example.weight >= before.weight:
                kept[example.id] = example
        return sorted(kept.values(), key=lambda example: example.said_at)

    def of_group(self, group: str) -> list[Example]:
        """The labels of one chat."""
        return [example for example in self.all() if example.group == group]
