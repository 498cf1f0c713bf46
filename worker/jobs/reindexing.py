"""The reindex job: builds a new version beside the old and keeps the admin's card up to date.

It runs in the indexer process, so that embedding a large corpus never takes time from answers. Running
workers swap to the new version by themselves (index.search.versions.Watcher).
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot import audit
from bot.answer import ReindexProgress, ReindexReport
from bot.cards.answer import reindex_card
from bot.cards.presses import Press, ProvenPress
from bot.errors import BuildCancelled, FeishuError, FennelError, IndexBusy, RemovalUnconfirmed
from bot.messages import say
from bot.redis_keys import REINDEX_CANCELLED, REINDEXING
from index.build.build import BuildReport, build
from index.build.report import unread_formats
from worker.learning.colleagues import write_down
from worker.process.process import Process

log = structlog.get_logger(__name__)

PACE = 1.0
"""Seconds between two updates of the progress card."""
BUSY_WAIT = 2.0
_STAGES = {
    "read": "loading",
    "embed": "embedding",
    "index": "splitting",
    "compared": "compared",
    "publish": "publishing",
}
_ALWAYS = "compared"
"""A stage whose one moment is never passed over."""


def reindex(process: Process, request: dict[str, Any]) -> str:
    """Builds and publishes. A failure is on the card.

    `request`: card, chat_id, by, language, force, confirmed, only (names of sources), dry_run.
    """
    card = _Card(process, request)
    try:
        report = _report(_build(process, card, request))
    except BuildCancelled:
        report = ReindexReport(version="", cancelled=True)
    except RemovalUnconfirmed as error:
        log.warning("reindex_asks", removed=len(error.removed), total=error.total)
        report = ReindexReport(version="", gone=error.removed, total=error.total)
    except IndexBusy:
        raise  # this process is stopping; another takes the job up
    except FennelError as error:
        log.error("reindex_failed", error=str(error))
        report = ReindexReport(version="", failed=str(error))
    except Exception as error:  # whatever it was, the card must not stand at "reading" for ever
        log.exception("reindex_broken")
        report = ReindexReport(version="", failed=f"{type(error).__name__}: {error}")
    finally:
        process.redis.delete(REINDEXING.name)
    card.end(report)
    return report.version or ("asked" if report.gone else "cancelled" if report.cancelled else "failed")


def give_up(process: Process, request: dict[str, Any]) -> None:
    """The job was given up on, its process having died under it: the card says so. Raises FeishuError."""
    card = _Card(process, request)
    card.end(ReindexReport(version="", failed=say("reindex_interrupted", card.language)))


def confirm(process: Process, press: ProvenPress, card: str, by: str, chat_id: str) -> str:
    """An admin lets the documents go that a build found gone. Raises redis.RedisError."""
    if not process.settings.is_admin(by):
        return "refused"
    with audit.recorded(process.redis, "remove_gone", by=by, chat_id=chat_id, subject=press.message_id):
        process.queue.submit_reindex(
            {
                "message_id": f"{press.message_id}-confirmed",
                "question": press.message_id,
                "card": card,
                "chat_id": chat_id,
                "by": by,
                "language": press.extra.get("language", "zh"),
                "confirmed": True,
            }
        )
    return "confirmed"


def _build(process: Process, card: _Card, request: dict[str, Any]) -> BuildReport:
    """Waits for another build that runs, then builds."""
    write_down(process)
    while True:
        card.check()
        try:
            return build(
                process.settings,
                redis=process.redis,
                progress=card.progress,
                force=bool(request.get("force")),
                confirmed=bool(request.get("confirmed")),
                only=tuple(map(str, request.get("only") or ())),
                dry_run=bool(request.get("dry_run")),
            )
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
        remarks=built.notes,
        unread=unread_formats(built.unread),
        left_out=built.left_out,
        dry_run=built.dry_run,
        worse=built.worse,
    )


class _Card:
    """The card that shows how far the build is; nothing without a card to show it on."""

    def __init__(self, process: Process, request: dict[str, Any]) -> None:
        self.process = process
        self.message_id = str(request.get("card") or "")
        self.language = str(request.get("language") or "zh")
        self.question = str(request.get("question") or request.get("message_id") or "")
        self.by = str(request.get("by") or "")
        self._next = 0.0

    def progress(self, stage: str, done: int, total: int) -> None:
        """Shows one moment, at most one a second; a lost one is made up for by the next.

        Raises BuildCancelled when somebody stopped the build.
        """
        if stage != _ALWAYS and time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PACE
        self.check()
        if not self.message_id:
            return
        moment = ReindexProgress(_STAGES.get(stage, stage), done, total)
        card = reindex_card(moment, self.language, self._value(Press.CANCEL_REINDEX))
        try:
            self.process.feishu.update(self.message_id, card, key="reindex")
        except FeishuError as error:
            log.warning("reindex_progress_not_shown", code=error.code)

    def check(self) -> None:
        """Raises BuildCancelled when somebody stopped the build; says that it runs."""
        try:
            self.process.redis.set(REINDEXING.name, self.by or "-", ex=REINDEXING.seconds)
            stopped = self.question and self.process.redis.exists(REINDEX_CANCELLED.of(self.question))
        except RedisError as error:
            log.warning("reindex_cancel_unknown", error=type(error).__name__)
            return
        if stopped:
            raise BuildCancelled("somebody stopped the build")

    def end(self, report: ReindexReport) -> None:
        """Shows the report. Raises FeishuError when it may succeed later."""
        if not self.message_id:
            return
        try:
            press = self._value(Press.REMOVE_GONE) if report.gone else None
            self.process.feishu.update(
                self.message_id, reindex_card(report, self.language, press), key="reindex"
            )
        except FeishuError as error:
            if error.retriable:
                raise
            log.error("reindex_report_not_shown", code=error.code)

    def _value(self, kind: Press) -> dict[str, Any] | None:
        """The signed value of the card's button."""
        signer = self.process.signer
        if signer is None or not self.question:
            return None
        return signer.sign(kind, self.question, self.by, language=self.language)
