"""Cards that answer commands: reindex with its progress and report, status, help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.answer import ReindexProgress, ReindexReport, SourceLine, VersionLine
from bot.cards.parts import (
    Card,
    Element,
    button_row,
    callback_button,
    card,
    markdown,
    of_release,
    panel,
    shorten,
)
from bot.cards.presses import Press
from bot.cards.text import to_feishu
from bot.markdown.dialect import escape
from bot.messages import SENTENCES, say
from bot.messages.indexing import reason_in

_LISTED = 12
"""Paths listed for each kind of change."""

_UNFOLDED = 5
"""Lists up to this long are open from the start."""

_BAR = 20


def reindex_card(
    what: ReindexProgress | ReindexReport, language: str, press: Mapping[str, Any] | None = None
) -> Card:
    """A running reindex, or what it did: added, changed and removed documents, each folded.

    `press` is the signed value of the card's one button: it stops a running build, or lets a report's `gone`
    documents go.
    """
    if isinstance(what, ReindexProgress):
        return _reindex_running(what, language, press)
    if what.cancelled:
        kept = markdown(escape(say("reindex_cancelled", language)))
        return card(say("title_reindex_cancelled", language), "grey", [kept])
    if what.gone:
        return _reindex_asks(what, language, press)
    if what.failed:
        text = say("reindex_failed", language, reason=shorten(what.failed, 500))
        elements = [markdown(escape(text)), *_paths("reindex_problems", what.problems, language)]
        return card(say("title_reindex_failed", language), "red", elements)
    return _reindex_done(what, language)


def status_card(facts: Mapping[str, str], language: str) -> Card:
    """Names and values, a line each, in the order given."""
    lines = [
        f"**{escape(shorten(name, 60))}** {escape(shorten(value, 300))}" for name, value in facts.items()
    ]
    return card(say("title_status", language), "blue", [markdown("<br>".join(lines), "facts")])


def help_card(language: str, admin: bool) -> Card:
    """What the bot does and the commands this person may give."""
    parts = [say("help_member", language), say("help_commands", language)]
    if admin:
        parts.append(say("help_admin", language))
    elements = to_feishu("\n\n".join(parts))
    return card(say("title_help", language), "blue", [*elements, of_release()] if admin else elements)


def sources_card(sources: Sequence[SourceLine], language: str) -> Card:
    """Each source with its documents, its age and its last fault."""
    elements = [*(_source(one, language) for one in sources), of_release()]
    return card(say("title_sources", language), "blue", elements)


def _source(source: SourceLine, language: str) -> Element:
    read = "source_line" if source.age else "source_never"
    lines = [
        f"**{escape(shorten(source.name, 80))}**",
        escape(say(read, language, documents=source.documents, age=source.age)),
    ]
    if source.due:
        lines.append(escape(say("source_due", language, due=source.due)))
    if source.fault:
        lines.append(
            escape(say("source_fault", language, why=shorten(reason_in(language, source.fault), 300)))
        )
    return markdown("<br>".join(lines))


def versions_card(versions: Sequence[VersionLine], language: str) -> Card:
    """The versions, newest first; each but the current one with a button that goes back to it."""
    elements: list[Element] = []
    for number, one in enumerate(versions):
        facts = say("version_line", language, **{name: getattr(one, name) for name in _FACTS})
        mark = f" · **{escape(say('version_current', language))}**" if one.current else ""
        elements.append(markdown(f"**{escape(one.name)}**{mark}<br>{escape(facts)}"))
        if one.use is not None:
            button = callback_button(say(Press.USE_VERSION.label, language), dict(one.use))
            elements.append(button_row([button], f"use_{number}"))
    text = markdown(escape(say("because_index", language)))
    return card(say("title_versions", language), "blue", [*(elements or [text]), of_release()])


_FACTS = ("built", "documents", "chunks", "added", "changed", "removed")


def _reindex_running(progress: ReindexProgress, language: str, press: Mapping[str, Any] | None) -> Card:
    name = f"reindex_{progress.stage}"
    stage = (
        say(name, language)
        if name in SENTENCES
        else say("reindex_other", language, stage=shorten(progress.stage, 60))
    )
    lines = [f"**{escape(stage)}**"]
    if progress.total > 0:
        done = min(progress.done, progress.total)
        filled = done * _BAR // progress.total
        lines.append(f"{'█' * filled}{'░' * (_BAR - filled)} {done}/{progress.total}")
    elements = [
        markdown("<br>".join(lines), "progress"),
        markdown(escape(say("reindex_keeps_answering", language)), small=True),
    ]
    if press is not None:
        button = callback_button(say(Press.CANCEL_REINDEX.label, language), dict(press))
        elements.append(button_row([button], "cancel"))
    return card(say("title_reindex_running", language), "blue", elements)


def _reindex_done(report: ReindexReport, language: str) -> Card:
    summary = say(
        "reindex_dry_summary" if report.dry_run else "reindex_summary",
        language,
        version=escape(shorten(report.version, 60)),
        documents=report.documents,
        chunks=report.chunks,
        seconds=f"{report.seconds:.1f}",
    )
    elements = [markdown(summary, "summary")]
    changes = [
        *_paths("reindex_added", report.added, language),
        *_paths("reindex_changed", report.changed, language),
        *_paths("reindex_removed", report.removed, language),
    ]
    elements += changes or [markdown(escape(say("reindex_unchanged", language)))]
    elements += _paths("reindex_worse", report.worse, language)
    elements += _paths("reindex_problems", report.problems, language)
    elements += _paths("reindex_remarks", report.remarks, language)
    if report.unread:
        unread = say("reindex_unread", language, formats=report.unread)
        elements.append(markdown(escape(shorten(unread, 500)), small=True))
    if report.left_out:
        whys = [say(f"left_out_{why}", language, count=count) for why, count in report.left_out.items()]
        left_out = say("reindex_left_out", language, what=" · ".join(whys))
        elements.append(markdown(escape(left_out), small=True))
    color = "yellow" if report.problems or report.worse else "green"
    done = "title_reindex_done" if changes else "title_reindex_unchanged"
    return card(say("title_reindex_dry" if report.dry_run else done, language), color, elements)


def _reindex_asks(report: ReindexReport, language: str, remove: Mapping[str, Any] | None) -> Card:
    text = say("reindex_asks", language, removed=len(report.gone), total=report.total)
    elements = [markdown(escape(text)), *_paths("reindex_gone", report.gone, language)]
    if remove is not None:
        button = callback_button(say(Press.REMOVE_GONE.label, language), dict(remove), style="danger")
        elements.append(button_row([button], "remove_gone"))
    return card(say("title_reindex_asks", language), "yellow", elements)


def _paths(name: str, paths: Sequence[str], language: str) -> list[Element]:
    if not paths:
        return []
    lines = [escape(shorten(reason_in(language, path), 120)) for path in paths[:_LISTED]]
    if len(paths) > _LISTED:
        lines.append(escape(say("list_omitted", language, count=len(paths) - _LISTED)))
    listed = [markdown("<br>".join(lines), small=True)]
    title = say(name, language, count=len(paths))
    return [panel(title, listed, name, expanded=len(paths) <= _UNFOLDED, quiet=False)]
