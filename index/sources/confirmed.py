"""Answers that people gave in chat and an admin confirmed: for each group a source of its own.

They stand beside the index as one file a group, written by the indexer before it builds, so that a build on
the command line knows them too. A group is answered from its own and from nobody else's: what was said in
one group is not told in another.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.config.aside import aside
from bot.config.settings import SourceSettings

FOLDER = "answers"
PREFIX = "answers-"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)


@dataclass(frozen=True)
class Confirmed:
    """One question and the answer of a colleague."""

    question: str
    answer: str
    at: float
    """Unix seconds of the answer."""


def source_of(chat_id: str) -> str:
    """What the source of a group is called."""
    return PREFIX + (
        chat_id if _PLAIN.fullmatch(chat_id) else hashlib.sha256(chat_id.encode()).hexdigest()[:16]
    )


def is_confirmed(source: str) -> bool:
    """Whether documents of this source are answers of colleagues."""
    return source.startswith(PREFIX)


def write_confirmed(index: Path, answers: Mapping[str, Iterable[Confirmed]]) -> None:
    """Writes what stands for each group (by chat id); a group that is not among them has none any more.

    Raises OSError.
    """
    folder = index / FOLDER
    wanted = {f"{source_of(chat_id)}.jsonl": tuple(own) for chat_id, own in answers.items()}
    if not folder.exists() and not any(wanted.values()):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, own in wanted.items():
        if own:
            rows = ({"question": one.question, "answer": one.answer, "updated_at": one.at} for one in own)
            with aside(folder / name) as place:
                place.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    for file in folder.glob("*.jsonl"):
        if not wanted.get(file.name):
            file.unlink()


def confirmed_sources(index: Path) -> tuple[SourceSettings, ...]:
    """The groups' answers as sources of a build."""
    files = sorted((index / FOLDER).glob(f"{PREFIX}*.jsonl"))
    return tuple(SourceSettings(qa=file, name=file.stem) for file in files)
