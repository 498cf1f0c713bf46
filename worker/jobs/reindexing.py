"""The reindex job: builds a new version beside the old and keeps the admin's card up to date.

It runs in the indexer process, so that embedding a large corpus never takes time from answers. Running
workers swap to the new version by themselves (index.search.versions.Watcher).
"""

from __future__ import annotations

import time
from typing import Any

import structlog

from bot.answer import ReindexProgress, ReindexReport
from bot.cards.answer import reindex_card
from bot.errors import FeishuError, FennelError, IndexBusy
from index.build.build import BuildReport, build
from worker.process.process import Process

log = structlog.get_logger(__name__)

PACE = 1.0
"""Seconds between two updates of the progress card."""
BUSY_WAIT = 2.0
_STAGES = {"read": "loading", "embed": "embedding", "index": "splitting", "publish": "publishing"}


def reindex(process: Process, request: dict[str, Any]) -> str:
    """Builds and publishes. `request`: card, chat_id, by, language, force. A failure is on the card."""
    card = _Card(process, request.get("card", ""), request.get("language", "zh"))
    try:
        report = _report(_build(process, card, force=bool(request.get("force"))))
    except FennelError as error:
        log.error("reindex_failed", error=str(error))
        report = ReindexReport(version="", failed=str(error))
    card.end(report)
    return report.version or "failed"


def _build(process: Process, card: _Card, *, force: bool) -> BuildReport:
    """Waits for another build that runs, then builds."""
    while True:
        try:
            return build(process.settings, redis=process.redis, progress=card.progress, force=force)
        except IndexBusy:
            if process.handing_back.wait(BUSY_WAIT):
                raise


def _report(built: BuildReport) -> ReindexReport:
    return ReindexReport(
        version=built.version,
        added=built.added,
        changed=built.changed,
        removed=built.removed,
        documents=built.documents,
        chunks=built.chunks,
        seconds=built.seconds,
        problems=built.errors,
    )


class _Card:
    """The card that shows how far the build is; nothing without a card to show it on."""

    def __init__(self, process: Process, message_id: str, language: str) -> None:
        self.process = process
        self.message_id = message_id
        self.language = language
        self._next = 0.0

    def progress(self, stage: str, done: int, total: int) -> None:
        """Shows one moment, at most one a second; a lost one is made up for by the next."""
        if not self.message_id or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PACE
        card = reindex_card(ReindexProgress(_STAGES.get(stage, stage), done, total), self.language)
        try:
            self.process.feishu.update(self.message_id, card, key="reindex")
        except FeishuError as error:
            log.warning("reindex_progress_not_shown", code=error.code)

    def end(self, report: ReindexReport) -> None:
        """Shows the report. Raises FeishuError when it may succeed later."""
        if not self.message_id:
            return
        try:
            self.process.feishu.update(self.message_id, reindex_card(report, self.language), key="reindex")
        except FeishuError as error:
            if error.retriable:
                raise
            log.error("reindex_report_not_shown", code=error.code)
