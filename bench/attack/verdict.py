"""One seed from beginning to end, and what every message got."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from redis import Redis

from bench.attack.bot import GROUPS, LONG_PAUSE, PAUSE, AttackedBot, attacked_bot
from bench.attack.long_faults import LongFaults
from bench.attack.talk import Talk

PATIENCE = 90.0
"""Seconds without any new final card after which what has none counts as lost."""
CALM_FROM = 0.9
"""The share of messages with a final card from which on nothing is killed any more."""
_GIVEN_UP = ("多次尝试", "several attempts")


@dataclass
class Report:
    """What came of one seed."""

    seed: int
    messages: int
    answered_once: int = 0
    lost: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    """Those of the lost that the bot never took: every attempt of every push failed."""
    where: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of each lost one, what Feishu and Redis still know: where to begin to look for it."""
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    """Messages whose card stands above the card of a message of their thread that was taken earlier."""
    failed_cards: int = 0
    """Final cards that say that several attempts did not succeed."""
    pushes: int = 0
    """HTTP requests that brought the messages, repeats and retries included."""
    kills: dict[str, int] = field(default_factory=dict)
    long_faults: dict[str, int] = field(default_factory=dict)
    """How often each long fault came (bench/attack/long_faults.py); empty without them."""
    away_seconds: float = 0.0
    """Of the turned clock, for which Feishu was away."""
    faults: int = 0
    """Calls that Feishu refused or broke off."""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Every message exactly one final card, in order."""
        return self.answered_once == self.messages and not self.out_of_order


def run(
    index: Path, seed: int, messages: int, folder: Path | None = None, *, long_faults: bool = False
) -> Report:
    """Says `messages` messages to a bot that is attacked meanwhile, and judges what they got.

    `folder` holds its data and logs, and keeps them; without it they are deleted. With `long_faults` as many
    are said before and during each of those, which come one after the other.
    """
    started = time.monotonic()
    with attacked_bot(index, seed, folder) as bot:
        talk = Talk(bot.feishu, bot.random, GROUPS)
        faults = LongFaults(bot, talk)
        bot.attack(LONG_PAUSE if long_faults else PAUSE)
        if long_faults:
            faults.play(messages)
        else:
            talk.say(messages)
        talk.wait(PATIENCE, CALM_FROM)
        bot.wait_until_each_was_killed()
        bot.let_be()
        faults.catch_up()
        talk.wait(PATIENCE)
        bot.settle()
        report = judge(bot, talk, seed)
        report.long_faults = faults.counts if long_faults else {}
        report.away_seconds = faults.away_seconds
    report.seconds = round(time.monotonic() - started, 1)
    return report


def judge(bot: AttackedBot, talk: Talk, seed: int) -> Report:
    """Counts what every message got."""
    report = Report(seed, len(talk.said), kills=bot.kills)
    messages = bot.feishu.tenant.messages
    found = talk.cards()
    threads: dict[str, list[str]] = {}
    for message in talk.said:
        cards = found.get(message, [])
        if len(cards) > 1:
            report.doubled.append(message)
        elif not cards or cards[0][1]:
            report.lost.append(message)
            where = report.where[message] = _whereabouts(bot, message)
            if not any(200 in statuses for statuses in where["attempts"]):
                report.given_up.append(message)
        else:
            report.answered_once += 1
            report.failed_cards += any(word in str(messages[cards[0][0]].card) for word in _GIVEN_UP)
            threads.setdefault(messages[message].root_id or message, []).append(message)
    report.out_of_order = _out_of_order(bot, threads, {message: found[message][0][0] for message in found})
    report.pushes = sum(len(push.attempts) for push in bot.feishu.pushes.all)
    report.faults = sum(call.code != 0 or call.status != 200 for call in bot.feishu.calls())
    return report


def _whereabouts(bot: AttackedBot, message: str) -> dict[str, Any]:
    """The attempts of its pushes, and what is left of it in Redis."""
    pushes = [push for push in bot.feishu.pushes.all if push.message_id == message]
    with Redis.from_url(bot.redis.url, decode_responses=True) as redis:
        job_id = str(redis.get(f"fennel:seen:{message}") or "")
        return {
            "attempts": [[attempt.status for attempt in push.attempts] for push in pushes],
            "job": job_id,
            "status": redis.hmget(f"rq:job:{job_id}", "status", "worker_name"),
            "waits": [key for key in redis.scan_iter("fennel:waiting*") if _has(redis, key, job_id)],
            "queued": redis.lpos("rq:queue:answer", job_id) is not None,
            "popped": redis.lpos("rq:queue:answer:intermediate", job_id) is not None,
            "running": [entry for entry in redis.zrange("rq:wip:answer", 0, -1) if job_id in entry],
            "begun": redis.get(f"fennel:attempts:{job_id}"),
            "lease": redis.get(f"fennel:lease:{message}"),
            "sent": redis.hgetall(f"fennel:sent:{message}"),
            "answer": bool(redis.exists(f"fennel:answer:{message}")),
            "slots": {key: redis.zrange(key, 0, -1) for key in redis.scan_iter("rq:rl:*") if _is_slots(key)},
        }


def _has(redis: Redis, key: str, job_id: str) -> bool:
    """Whether a job waits under a key."""
    return redis.type(key) == "zset" and redis.zscore(key, job_id) is not None


def _is_slots(key: str) -> bool:
    """Whether the key holds the jobs that a rate limit lets run, or holds up."""
    return key.endswith(("allowed", "rate_limited"))


def _out_of_order(bot: AttackedBot, threads: dict[str, list[str]], cards: dict[str, str]) -> list[str]:
    """The messages whose cards are out of order within their thread.

    A push that was refused while the bot was down comes later, so the order is that of taking.
    """
    place = {message_id: number for number, message_id in enumerate(bot.feishu.tenant.messages)}
    wrong = []
    with Redis.from_url(bot.redis.url) as redis:
        for messages in threads.values():
            taken = sorted(messages, key=lambda message: bot.taken(redis, message))
            wrong += [b for a, b in pairwise(taken) if place[cards[a]] > place[cards[b]]]
    return wrong
