"""What a build did, in the few lines an operator reads."""

from __future__ import annotations

from index.build import BuildReport

_LISTED = 10


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
    where = (
        ""
        if report.redis_told
        else (
            f"; Redis at {redis_url} does not answer, so only the CURRENT file names it: workers running on "
            "this machine see it there within a second"
        )
    )
    return "\n".join([*lines, state + where])


def _listed(word: str, paths: tuple[str, ...]) -> list[str]:
    if not paths:
        return []
    more = f", and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return [f"{word} {len(paths)}: {', '.join(paths[:_LISTED])}{more}"]
