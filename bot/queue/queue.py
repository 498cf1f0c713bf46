"""Redis and RQ: one durable job per message, in order per thread, fair between groups.

The web side only ever names jobs by their dotted path; nothing of `worker` is imported. One Lua script
(submit.lua) does dedup, limits and enqueue at once, so dying at any point neither loses nor doubles a
message. RQ's own hash fields and its own promotion script are used, so `rq worker`, its registries and its
dashboard see ordinary jobs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from redis import Redis
from redis.exceptions import RedisError

from bot.dotted_paths import JobName
from bot.errors import QueueFull, QueueUnavailable
from bot.events.events import CardPress, Message, Recall
from bot.queue import rq_layout
from bot.queue.rq_layout import job_key
from bot.redis_keys import (
    ASKERS,
    CANCELLED,
    PARTS,
    PENDING,
    PENDING_OF,
    RATE,
    SEEN,
    SEQUENCE,
    SERVING,
    SLOT,
    TOLD,
    WORKERS,
)
from bot.stored import SCHEMA, decoded
from bot.talk.said import MOST_PARTS, Noted

if TYPE_CHECKING:
    from bot.config.settings import Settings

ANSWER_QUEUE = "answer"
QUICK_QUEUE = "quick"
"""The lane of what nobody should wait for behind questions: commands, recalls, notices."""
INDEX_QUEUE = "index"
PRESSES_PER_MINUTE = 30
"""Buttons one person may press; each press is a job, and some search or answer anew."""
_RESULT_SECONDS = 3600
_FAILURE_SECONDS = 30 * 24 * 3600
_INDEX_JOB_SECONDS = 6 * 3600
_RETRIES = 3
_SCRIPT = Path(__file__).with_name("submit.lua").read_text("utf-8")
_PREFIXES = {"seen": SEEN, "slot": SLOT, "rate": RATE, "told": TOLD, "pending": PENDING_OF}


@dataclass(frozen=True)
class Submission:
    """What became of something handed to the queue."""

    job_id: str
    """Empty for a duplicate of a message that was refused."""
    duplicate: bool
    position: int
    """Jobs that stand before this one; 0 when it is next."""


@dataclass(frozen=True)
class Depth:
    """How much waits, for /metrics and /status."""

    waiting: int
    running: int
    oldest_seconds: float
    """Age of the oldest unfinished job; 0 when there is none."""
    parked: int
    """Jobs given up after their last retry; RQ keeps them for a look."""
    workers: int
    """Answering processes that are alive."""


class Queue:
    """The queue as the web process (and the long connection, and the worker's reindex command) see it."""

    def __init__(self, connection: Redis, settings: Settings) -> None:
        self.connection = connection
        self.limits = settings.limits
        self._script = connection.register_script(self._write_script(settings))

    def submit(
        self,
        message: Message,
        job: str = JobName.ANSWER,
        *,
        mentioned: bool = False,
        noted: Noted | None = None,
    ) -> Submission:
        """Takes a question. A message pushed before is a duplicate and changes nothing.

        An asker who `mentioned` the bot and has a long queue ahead is told the position by a job of its own.
        `noted` is kept of a message that is taken.

        Raises QueueFull when the group, its member or the whole queue is over its limit (the asker is told
        by a job of its own), QueueUnavailable within a second when Redis is away.
        """
        return self._submit(
            job,
            [message.to_json()],
            suffix=message.message_id,
            order=message.chat_id,
            thread=message.thread_key,
            slots=1 if message.chat_type == "p2p" else self.limits.running_per_group,
            at_front=False,
            sender=message.sender_id,
            limits=(self.limits.questions_per_user_per_minute, self.limits.questions_per_group_per_minute),
            busy_job=JobName.BUSY,
            waiting_job=JobName.WAITING if mentioned else "",
            noted=noted,
        )

    def submit_command(self, message: Message, name: str, argument: str) -> Submission:
        """Takes a command from chat, however many questions wait. Raises as `submit`."""
        return self._submit(
            JobName.COMMAND,
            [message.to_json(), name, argument],
            suffix=message.message_id,
            order=f"{message.chat_id}-commands",
            sender=message.sender_id,
            limits=(self.limits.questions_per_user_per_minute, 0),
            busy_job=JobName.BUSY,
            queue=QUICK_QUEUE,
        )

    def submit_greeting(self, chat_id: str) -> Submission:
        """Asks for the greeting of a group that the bot was put into. Raises as `submit`."""
        suffix = f"greet-{chat_id}"
        return self._submit(JobName.GREET, [chat_id], suffix=suffix, order=suffix, queue=QUICK_QUEUE)

    def submit_hours(self, message: Message) -> Submission:
        """Asks that the sender be told the work time. Raises as `submit`, without notice."""
        return self._submit(
            JobName.HOURS,
            [message.to_json()],
            suffix=message.message_id,
            order=f"{message.chat_id}-commands",
            sender=message.sender_id,
            limits=(self.limits.questions_per_user_per_minute, 0),
            queue=QUICK_QUEUE,
        )

    def submit_learn(self, message: Message) -> Submission:
        """Has heard what an expert says in a thread that experts were called into. Raises as `submit`."""
        return self._submit(
            JobName.LEARN,
            [message.to_json()],
            suffix=message.message_id,
            order=f"{message.thread_key}-learn",
            queue=QUICK_QUEUE,
        )

    def submit_press(self, action: CardPress, job: JobName = JobName.PRESS) -> Submission:
        """Takes a press on a card. Raises as `submit`, without notice."""
        return self._submit(
            job,
            [action.to_json()],
            suffix=action.event_id or action.message_id,
            order=f"{action.operator_id}-actions",
            sender=f"{action.operator_id}-presses",
            limits=(PRESSES_PER_MINUTE, 0),
        )

    def submit_recall(self, recall: Recall) -> Submission:
        """Marks the message as cancelled at once; a job clears up its card. Raises QueueUnavailable."""
        try:
            self.connection.set(CANCELLED.of(recall.message_id), "1", ex=CANCELLED.seconds)
        except RedisError as error:
            raise QueueUnavailable("Redis did not take the recall") from error
        suffix = f"recall-{recall.message_id}"
        return self._submit(
            JobName.RECALL, [recall.to_json()], suffix=suffix, order=suffix, queue=QUICK_QUEUE
        )

    def submit_given_up(self, message_id: str, message: dict[str, Any] | None) -> Submission:
        """Has the asker of a message told, once, that it was given up on. Raises QueueUnavailable."""
        suffix = told_as(message_id)
        return self._submit(
            JobName.GIVEN_UP, [message_id, message], suffix=suffix, order=suffix, queue=QUICK_QUEUE
        )

    def submit_reindex(self, request: dict[str, Any]) -> Submission:
        """Asks the indexer for a new version. `request` is a small JSON dict; its `message_id` dedups it."""
        suffix = f"reindex-{request.get('message_id') or datetime.now(UTC).strftime('%Y%m%d%H%M%S%f')}"
        return self._submit(
            JobName.REINDEX, [request], suffix=suffix, order="index", queue=INDEX_QUEUE, at_front=False
        )

    def depth(self) -> Depth:
        """Counts what waits and runs, and forgets what has ended. Raises RedisError."""
        unfinished: list[tuple[bytes, float]] = self.connection.zrange(PENDING.name, 0, -1, withscores=True)  # type: ignore[assignment]
        with self.connection.pipeline(transaction=False) as pipeline:
            for job_id, _ in unfinished:
                pipeline.hget(job_key(decoded(job_id)), rq_layout.STATUS)
            statuses = pipeline.execute()
        times = [
            time
            for (_, time), status in zip(unfinished, statuses, strict=True)
            if status in rq_layout.UNFINISHED
        ]
        ended = [
            name
            for (name, _), status in zip(unfinished, statuses, strict=True)
            if status not in rq_layout.UNFINISHED
        ]
        if ended:
            self.connection.zrem(PENDING.name, *ended)
        age = datetime.now(UTC).timestamp() - times[0] if times else 0.0
        running = statuses.count(rq_layout.STARTED)
        lanes = (ANSWER_QUEUE, QUICK_QUEUE, INDEX_QUEUE)
        parked = sum(int(self.connection.zcard(rq_layout.failed_key(lane))) for lane in lanes)
        workers = len(serving(self.connection))
        return Depth(len(times) - running, running, max(age, 0.0), parked, workers)

    def _submit(
        self,
        job: str,
        arguments: list[Any],
        *,
        suffix: str,
        order: str,
        thread: str = "",
        slots: int = 1,
        sender: str = "",
        limits: tuple[int, int] = (0, 0),
        busy_job: str = "",
        waiting_job: str = "",
        queue: str = ANSWER_QUEUE,
        at_front: bool = True,
        noted: Noted | None = None,
    ) -> Submission:
        values: list[str | int] = [
            *(suffix, queue, rq_layout.now(), job, json.dumps(arguments)[1:-1]),
            *(order, thread or order, slots, crc32(thread.encode()) % slots),
            *(int(at_front), sender, busy_job, waiting_job, *limits),
            int(queue == ANSWER_QUEUE),
            *((noted.askers, noted.row, noted.part) if noted else ("", "", "")),
        ]
        try:
            outcome, job_id, position = self._script(args=values)
        except RedisError as error:
            raise QueueUnavailable("Redis did not take the message") from error
        if outcome not in (b"queued", b"duplicate"):
            raise QueueFull(decoded(outcome))
        return Submission(decoded(job_id), outcome == b"duplicate", int(position))

    def _write_script(self, settings: Settings) -> str:
        """submit.lua with what never changes while this process runs written into it: fewer bytes a call."""
        seconds = settings.worker.answer_timeout * 2
        timeouts = {ANSWER_QUEUE: seconds, QUICK_QUEUE: seconds, INDEX_QUEUE: _INDEX_JOB_SECONDS}
        self._failure_seconds = min(settings.privacy.keep_days * 86_400, _FAILURE_SECONDS)
        fields = (f"{name} = {{{self._write_fields(name, timeout)}}}" for name, timeout in timeouts.items())
        constants = {
            "job_prefix": rq_layout.JOB_PREFIX,
            "queue_prefix": rq_layout.QUEUE_PREFIX,
            "queues_key": rq_layout.QUEUES,
            "limit_prefix": rq_layout.LIMIT_PREFIX,
            "limit_keys_key": rq_layout.LIMITS,
            **{f"{kind}_prefix": key.prefix for kind, key in _PREFIXES.items()},
            "quick_queue": QUICK_QUEUE,
            "pending_key": PENDING.name,
            "sequence_key": SEQUENCE.name,
            "slot_seconds": SLOT.seconds,
            "rate_seconds": RATE.seconds,
            "told_seconds": TOLD.seconds,
            "seen_seconds": max(SEEN.seconds, 2 * settings.feishu.max_event_age),
            "group_room": self.limits.queue_per_group,
            "total_room": self.limits.queue_total,
            "tell_position_from": self.limits.tell_position_from,
            "askers_seconds": ASKERS.seconds,
            "parts_seconds": PARTS.seconds,
            "most_parts": MOST_PARTS,
        }
        table = ", ".join(f"{name} = {json.dumps(value)}" for name, value in constants.items())
        head = f"local CONSTANTS = {{{table}, fields = {{{', '.join(fields)}}}}}\n"
        return head + _SCRIPT.replace("--{acquire}--", rq_layout.ACQUIRE_SCRIPT)

    def _write_fields(self, queue: str, timeout: int) -> str:
        fields = rq_layout.common_fields(
            queue,
            timeout=timeout,
            result_seconds=0 if queue == QUICK_QUEUE else _RESULT_SECONDS,
            failure_seconds=self._failure_seconds,
            retries=_RETRIES,
            meta={"schema": SCHEMA},
        )
        return ", ".join(json.dumps(part) for pair in fields.items() for part in pair)


def told_as(message_id: str) -> str:
    """By what it is known that an asker was told that there will be no answer."""
    return f"told-{message_id}"


def serving(connection: Redis) -> dict[str, str]:
    """The answering workers that beat within SERVING.seconds, and the index version each answers from.

    A version is empty while a worker has none. Raises RedisError.
    """
    names = sorted(decoded(name) for name in connection.smembers(WORKERS.name))
    versions = connection.mget([SERVING.of(name) for name in names]) if names else []
    return {name: decoded(found) for name, found in zip(names, versions, strict=True) if found is not None}
