"""How each source fared in the last build, on disk: for the doctor, /status and /sources.

Kept beside the versions and not in them, because a build that changes nothing publishes none and still knows
that a source is away.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.config.aside import aside
from index.sources.load import SourceRead

FILE = "sources.json"


@dataclass(frozen=True)
class SourceState:
    """One source as the last build met it."""

    key: str
    name: str
    documents: int
    """That stand in the index from it."""
    read_at: float
    """Unix seconds of the last build that could read it; 0 for never."""
    fault: str = ""
    """Why the last build could not read it; empty when it could."""

    def age(self, now: float) -> float:
        """Seconds since it was last read; infinite for never."""
        return now - self.read_at if self.read_at else float("inf")


def states(folder: Path) -> list[SourceState]:
    """What is known in an index folder; nothing where the file is missing or damaged.

    A field of another release is left out, and a row that is no state too.
    """
    try:
        rows = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    read = [_state(row) for row in rows] if isinstance(rows, list) else []
    return [state for state in read if state is not None]


def _state(row: object) -> SourceState | None:
    if not isinstance(row, dict):
        return None
    kinds = {"key": str, "name": str, "documents": int, "read_at": int | float, "fault": str}
    told = {name: row[name] for name, kind in kinds.items() if isinstance(row.get(name), kind)}
    try:
        return SourceState(**told)
    except TypeError:  # one is missing, or of another kind
        return None


def note(folder: Path, reads: Iterable[SourceRead], documents: dict[str, int]) -> None:
    """Writes down how a build fared; `documents` counts those in the index by the source's key."""
    before = {state.key: state for state in states(folder)}
    now = time.time()
    rows = []
    for read in reads:
        known = before.get(read.key) or SourceState(read.key, read.name, 0, 0.0)
        if read.skipped:
            rows.append(replace(known, documents=documents.get(read.key, 0)))
            continue
        rows.append(
            replace(
                known,
                name=read.name or known.name,
                documents=documents.get(read.key, 0),
                read_at=known.read_at if read.fault else now,
                fault=read.fault,
            )
        )
    with aside(folder / FILE) as place:
        place.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False), "utf-8")
