"""The digest in chat: `/digest` for admins, and by itself into the chats that the settings name."""

from __future__ import annotations

from functools import partial

import structlog
from redis.exceptions import RedisError

from bot.cards.digest import digest_card
from bot.cards.parts import Card
from bot.config.timetable import read_timetable
from bot.errors import FeishuError, IndexMissing
from bot.redis_keys import DAY, DIGESTED
from bot.report import Grouping, read_from, seconds_of
from worker.language import chat_language
from worker.learning.by_meaning import by_meaning, grouping
from worker.process.process import Process

log = structlog.get_logger(__name__)

WEEK = "7d"


def digest(process: Process, since: str, language: str, chat_id: str = "") -> Card:
    """The card for the time before now, of one chat where it is given. Raises ConfigError, RedisError."""
    seconds = seconds_of(since or WEEK)
    start = process.clock.now() - seconds
    report = read_from(process.redis, start, _grouping(process), chat_id)
    return digest_card(report, seconds / DAY, language)


def _grouping(process: Process) -> Grouping:
    """By the embedder that is loaded, where one is: a model is not to be loaded twice."""
    try:
        embedder = process.knowledge.current.searcher.embedder
    except IndexMissing:
        return grouping(process.settings)
    return partial(by_meaning, embedder=embedder)


def send_due(process: Process, begun: float) -> int:
    """Sends the digest where it is due; how many. A chat gets one a slot, whoever looks.

    `begun` is when this process began: what was due before is not made up for. Raises redis.RedisError.
    """
    own = process.settings.digest
    timetable = read_timetable(own.every) if own.chats else None
    if timetable is None:
        return 0
    slot = timetable.slot(process.clock.now())
    if slot < begun:
        return 0
    sent = 0
    for chat in own.chats:
        mark = DIGESTED.of(f"{chat}:{slot:.0f}")
        if not process.redis.set(mark, "1", nx=True, ex=DIGESTED.seconds):
            continue
        language = chat_language(process.redis, chat, process.settings.group(chat).language)
        card = digest(process, own.since, language, chat if own.own_chat_only else "")
        try:
            process.feishu.send(chat, card, key=f"digest-{slot:.0f}")
            sent += 1
        except (FeishuError, RedisError) as error:
            process.redis.delete(mark)
            log.warning("digest_not_sent", chat_id=chat, error=type(error).__name__)
    return sent
