"""The demo over somebody's own documents: what is indexed, and questions that these documents answer.

Questions are made of the documents' own headings and asked first without a group; only those that get an
answer are suggested, so that a newcomer's first try shows what the bot can do and not what it cannot.
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
from worker.conversation.introduction import TRIED
from worker.conversation.introduction import headings_as_questions as questions

__all__ = ["TRIED", "OwnDocuments", "Suggestion", "questions", "suggest"]

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
    rows = [{"id": str(number), "text": text} for number, text in enumerate(questions(chunks))]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    if not rows:
        return []
    answers = [json.loads(line) for line in ask(str(file)).splitlines() if line.startswith("{")]
    texts = {row["id"]: row["text"] for row in rows}
    found = [Suggestion(texts[one["id"]], _page(one)) for one in answers if one["outcome"] == "answered"]
    return found[:SUGGESTED]


def _page(answer: dict[str, Any]) -> str:
    return str(answer["sources"][0]["path"]) if answer["sources"] else ""
