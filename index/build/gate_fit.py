"""When a build fits the gate anew: not while the fit in use is of these examples and nearly these documents.

A fitted gate is a few numbers on features that are measured against the documents: their counts, which every
version has its own of (index/gate/moved_evidence.py). So a gate stays right while the documents change a
little. It is fitted again when the example questions, the embedder, the gate it starts from or the gate in
use changed, and when REFIT_SHARE of the documents have changed since the last fit, all builds since together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.config.aside import aside
from bot.config.settings import Settings
from index.build.report import Difference
from index.gate.evidence import Evidence, kept_evidence
from index.gate.gate import evidence_file
from index.gate.model import SHIPPED, GateStore
from index.gate.moved_evidence import moved
from index.search.searcher import Searcher
from index.text.split import Chunk
from index.training.calibrate import fit_from_settings

REFIT_SHARE = 0.1
Chunks = Callable[[tuple[str, ...]], list[Chunk]]
"""The chunks of some documents, each "source/path", of one version."""


def fit_is_due(settings: Settings, embedder: str, documents: int, changes: Difference) -> bool:
    """Whether a build of so many documents is to fit the gate anew; `embedder`: its name."""
    return _changed_since(settings, embedder, documents, changes) is None


def _changed_since(settings: Settings, embedder: str, documents: int, changes: Difference) -> int | None:
    """Documents changed since the last fit, those of this build too; None where it must be made again."""
    facts, kept = _facts(embedder, settings), _read(_file(settings))
    known = (
        _is_readable(settings)
        and {name: kept.get(name) for name in facts} == facts
        and isinstance(kept.get("changed"), int)
    )
    total = len(changes.added) + len(changes.changed) + len(changes.removed)
    total += int(kept["changed"]) if known else 0
    return total if known and total <= REFIT_SHARE * documents else None


def _is_readable(settings: Settings) -> bool:
    """Whether the gate in use, where one was fitted, can go on being used."""
    store = GateStore(settings.index.dir)
    return not store.current_name() or store.readable() is not None


def _file(settings: Settings) -> Path:
    return settings.index.dir / "gate" / ".fitted.json"


def fit_where_needed(
    searcher: Searcher,
    settings: Settings,
    before: str,
    changes: Difference,
    old: Chunks,
    new: Chunks,
    counted: Callable[[], Evidence] | None = None,
) -> bool:
    """Fits the gate on a new version, or keeps it and moves its counts on from version `before`; whether it
    was fitted. `old` and `new` give the chunks of the versions, `counted` the counts of the new one where
    somebody has them."""
    embedder = searcher.embedder.name
    changed = _changed_since(settings, embedder, searcher.documents, changes)
    if changed is None:
        fit_from_settings(searcher, settings, counted)
        _write(_file(settings), {**_facts(embedder, settings), "changed": 0})
        return True
    counts = kept_evidence(evidence_file(settings, before))
    if counts is not None:  # else who opens the gate over this version counts
        gone = old((*changes.changed, *changes.removed))
        come = new((*changes.changed, *changes.added))
        moved(counts, come, gone).save(evidence_file(settings, searcher.version))
    _write(_file(settings), {**_facts(embedder, settings), "changed": changed})
    return False


def _facts(embedder: str, settings: Settings) -> dict[str, Any]:
    """What a fit depends on besides the documents."""
    examples = hashlib.sha256()
    for file in settings.index.gate.questions:
        examples.update(file.read_bytes() if file.is_file() else b"-")
    return {
        "examples": examples.hexdigest(),
        "embedder": embedder,
        "shipped": hashlib.sha256(SHIPPED.read_bytes()).hexdigest(),
        "gate": GateStore(settings.index.dir).current_name(),
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        kept = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(file: Path, facts: dict[str, Any]) -> None:
    with aside(file) as place:
        place.write_text(json.dumps(facts), "utf-8")
