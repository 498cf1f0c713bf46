"""What a build did: what differs between two versions, how long it took, in the lines an operator reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_LISTED = 10
"""How many paths of a list are shown."""


@dataclass(frozen=True)
class Difference:
    """Documents as "source/path", each list sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.changed or self.removed)


def difference(before: dict[str, str], after: dict[str, str]) -> Difference:
    """What differs between the digests of two versions, each "source/path" -> digest."""
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


@dataclass(frozen=True)
class BuildReport:
    """What one build did."""

    version: str
    published: bool
    """False when nothing had changed and the version in use stays."""
    redis_told: bool
    documents: int
    chunks: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    errors: tuple[str, ...]
    read_seconds: float
    embedded: int = 0
    """Distinct texts that had to be embedded."""
    reused: int = 0
    """Distinct texts whose embedding was kept."""
    embed_seconds: float = 0.0
    index_seconds: float = 0.0
    pruned: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """The whole build."""
        return self.read_seconds + self.embed_seconds + self.index_seconds

    def to_json(self) -> dict[str, Any]:
        """The report with its rates: documents and chunks per second of the whole build."""
        seconds = max(self.seconds, 1e-9)
        rates = {
            "seconds": round(self.seconds, 3),
            "documents_per_second": round(self.documents / seconds, 1),
            "chunks_per_second": round(self.chunks / seconds, 1),
        }
        return {**asdict(self), **rates}


def describe(report: BuildReport, redis_url: str) -> str:
    """The report as text; long lists are cut with their number."""
    facts = report.to_json()
    lines = [
        f"{report.documents} documents, {report.chunks} chunks in {report.seconds:.1f} s: "
        f"{facts['documents_per_second']} documents/s, {facts['chunks_per_second']} chunks/s",
        f"read {report.read_seconds:.1f} s, embedded {report.embedded} texts (kept {report.reused}) in "
        f"{report.embed_seconds:.1f} s, indexed {report.index_seconds:.1f} s",
    ]
    for word, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        lines.extend(_listed(word, paths))
    lines.extend(_listed("not read", report.errors))
    if report.pruned:
        lines.append(f"dropped old versions: {', '.join(report.pruned)}")
    state = f"published {report.version}" if report.published else f"nothing changed: {report.version} stays"
    where = f"; Redis at {redis_url} does not answer, so only the CURRENT file names it: workers running on "
    return "\n".join(
        [*lines, state + ("" if report.redis_told else where + "this machine see it within a second")]
    )


def _listed(word: str, paths: tuple[str, ...]) -> list[str]:
    if not paths:
        return []
    more = f", and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return [f"{word} {len(paths)}: {', '.join(paths[:_LISTED])}{more}"]
