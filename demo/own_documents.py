"""The demo over somebody's own documents: what is indexed, and questions that these documents answer.

Questions are made of the documents' own headings and asked first without a group; only those that are
answered from the section they were made of are suggested, so that a newcomer's first try shows what the bot
can do and not what it cannot.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.config import disk
from bot.errors import ConfigError
from index.text.split import Chunk
from worker.conversation.examples import Example, examples

SUGGESTED = 3
_REMOTE = re.compile(r"^(https?|ssh|git|file)://|^[\w.-]+@[\w.-]+:")


@dataclass(frozen=True)
class OwnDocuments:
    """A folder or a git address, as typed."""

    place: str

    @property
    def folder(self) -> Path | None:
        """None for a git address."""
        return None if _REMOTE.match(self.place) else Path(self.place).expanduser()

    @property
    def mark(self) -> str:
        """A short name of this place, so that two places do not share an index."""
        place = str(self.folder.resolve()) if self.folder else self.place
        return hashlib.sha256(place.encode()).hexdigest()[:8]

    def source(self, published: str) -> dict[str, str]:
        """The source of config.yaml; a folder's pages open below the address `published`."""
        if self.folder is None:
            return {"git": self.place, "name": "documents"}
        if not self.folder.is_dir():
            raise ConfigError(f"DOCS={self.place}: there is no such folder; give a folder or a git address")
        if not os.access(self.folder, os.R_OK | os.X_OK):
            raise ConfigError(f"DOCS={self.place} cannot be read: {disk.OWNER}")
        return {"path": str(self.folder.resolve()), "name": "documents", "url": published}


@dataclass(frozen=True)
class Suggestion:
    """A question that was answered, and the path of the page its first source names."""

    text: str
    page: str


def suggest(chunks: Iterable[Chunk], ask: Callable[[str], str], scratch: Path) -> list[Suggestion]:
    """Up to SUGGESTED questions that are answered. `ask` runs a batch file and returns its JSON lines."""
    file = scratch / "suggested.jsonl"
    made = {str(number): example for number, example in enumerate(examples(chunks))}
    rows = [{"id": number, "text": example.text} for number, example in made.items()]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    if not rows:
        return []
    answers = [json.loads(line) for line in ask(str(file)).splitlines() if line.startswith("{")]
    found: list[Suggestion] = []
    again: list[Suggestion] = []
    for one in answers:
        example = made[one["id"]]
        if one["outcome"] == "answered" and _is_own(one["sources"], example):
            met = any(example.chunk.path == other.page for other in found)
            (again if met else found).append(Suggestion(example.text, example.chunk.path))
    return [*found, *again][:SUGGESTED]


def _is_own(sources: list[dict[str, Any]], example: Example) -> bool:
    """Whether the first source is the section that the question was made of."""
    if not sources or sources[0]["path"] != example.chunk.path:
        return False
    own = list(example.chunk.heading_path)
    return list(sources[0]["heading_path"])[: len(own)] == own
