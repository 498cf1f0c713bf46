"""A question that was taken back: whatever was sent for it goes, and its words with it."""

from __future__ import annotations

import structlog
from rq import get_current_job

from bot.keeping import colleagues as kept_pairs
from bot.keeping.erasing import erase_question
from worker.learning import colleagues
from worker.process.process import Process

log = structlog.get_logger(__name__)


def recall_all(process: Process, message_id: str) -> int:
    """Recalls everything sent for a question and erases its words; returns how many messages that were.

    The words go first: they are gone also where Feishu does not take the recall yet.
    """
    pair = kept_pairs.find(process.redis, message_id)
    erase_question(process.redis, message_id, keep_seconds=process.keep_seconds)
    if pair and pair.confirmed_by:
        colleagues.build_anew(process, pair.chat_id, message_id)
    sent = process.feishu.records.messages(message_id)
    for card in sent:
        process.feishu.recall(card)
    log.info("answer_recalled", message_id=message_id, cards=len(sent))
    return len(sent)


def leave_nothing() -> None:
    """RQ keeps a job for an hour after its end, and with it the words: not this one."""
    job = get_current_job()
    if job is not None:
        job.result_ttl = 0
