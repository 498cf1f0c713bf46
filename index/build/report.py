"""What a build did: what differs between two versions, how long it took, in the lines an operator reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from bot.config.settings import RedisSettings

_LISTED = 10
"""How many paths of a list are shown."""
_TOLD = 50
"""How many remarks are shown, each on a line: which file is missing is what an operator reads a build for."""

_WHY = {"tools": "of tools (node_modules and the like)"}


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
    faults: tuple[str, ...] = ()
    """Sources that could not be read as a whole; their documents are as they were. Told in `errors` too."""
    kept: tuple[str, ...] = ()
    """Documents that could not be read and stay as they were."""
    notes: tuple[str, ...] = ()
    """What is to be told of documents that were read."""
    unread: dict[str, int] = field(default_factory=dict)
    """Files whose format is not read, by suffix."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Files and folders that were passed over, by why: hidden, empty, tools."""
    dry_run: bool = False
    """Whether it only told what would change."""
    compared: int = 0
    """Own questions that were asked of the version before and of this one; see `index.check.kept`."""
    worse: tuple[str, ...] = ()
    better: tuple[str, ...] = ()
    """Those whose answers got worse, or better."""
    gate_fitted: bool = False
    """Whether the gate was fitted anew; see index/build/gate_fit.py."""

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
    facts, rates = report.to_json(), ""
    if report.added or report.changed:  # else it says how fast nothing was read
        rates = f": {facts['documents_per_second']} documents/s, {facts['chunks_per_second']} chunks/s"
    lines = [
        f"{_counted(report.documents, 'document')}, {_counted(report.chunks, 'chunk')} in "
        f"{report.seconds:.1f} s{rates}",
        f"read {report.read_seconds:.1f} s, embedded {_counted(report.embedded, 'text')} "
        f"(kept {report.reused}) in {report.embed_seconds:.1f} s, indexed {report.index_seconds:.1f} s",
    ]
    for word, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        lines.extend(_listed(word, paths))
    lines.extend(_told("not read", report.errors))
    lines.extend(_told("read with a remark", report.notes))
    if report.unread:
        lines.append(f"formats that are not read: {unread_formats(report.unread)}")
    if report.left_out:
        lines.append(f"left out: {passed_over(report.left_out)}")
    if report.faults:
        lines.append(f"sources that could not be read: {'; '.join(report.faults)}")
    if report.compared:
        lines.append(
            f"{len(report.worse)} of {report.compared} own questions got worse, {len(report.better)} better"
        )
        lines.extend(_listed("worse", report.worse))
    if report.pruned:
        lines.append(f"dropped old versions: {', '.join(report.pruned)}")
    if report.dry_run:
        stays = f"{report.version} stays" if report.version else "there is no version yet"
        return "\n".join([*lines, f"nothing was written; {stays}"])
    state = f"published {report.version}" if report.published else f"nothing changed: {report.version} stays"
    return "\n".join([*lines, state + ("" if report.redis_told else _without_redis(redis_url))])


def _without_redis(redis_url: str) -> str:
    """A build needs no Redis: that none runs where nobody set one is no news."""
    if redis_url == RedisSettings().url:
        return "; workers on this machine see it within a second"
    return (
        f"; Redis at {redis_url} does not answer, so only the CURRENT file names it: workers running on this "
        "machine see it within a second"
    )


def unread_formats(unread: dict[str, int]) -> str:
    """Such as "861 .mdx, 2 .vsdx", most first."""
    shown = [f"{count} {_suffix(suffix, count)}" for suffix, count in list(unread.items())[:_LISTED]]
    more = sum(list(unread.values())[_LISTED:])
    return ", ".join([*shown, f"{more} of other formats"] if more else shown)


def passed_over(left_out: dict[str, int]) -> str:
    """Such as "3 hidden, 2 empty"."""
    return ", ".join(f"{count} {_WHY.get(why, why)}" for why, count in left_out.items())


def _suffix(suffix: str, count: int) -> str:
    return suffix.replace("files ", "file ") if count == 1 else suffix


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _told(word: str, remarks: tuple[str, ...]) -> list[str]:
    if len(remarks) < 2:
        return [f"{word} {len(remarks)}: {one}" for one in remarks]
    more = len(remarks) - _TOLD
    rest = [f"  and {more} more; --json names them all"] if more > 0 else []
    return [f"{word} {len(remarks)}:", *(f"  {one}" for one in remarks[:_TOLD]), *rest]


def _listed(word: str, paths: tuple[str, ...]) -> list[str]:
    if not paths:
        return []
    more = f", and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return [f"{word} {len(paths)}: {', '.join(paths[:_LISTED])}{more}"]
