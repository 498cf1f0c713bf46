"""What was given up on: why, since when, and how it is tried again.

RQ keeps a job that was parked, in its registry of failed jobs; beside it stands here what an operator wants
to know. No words of a question are kept: a message is named by its id. A job is found by its id alone, which
ends in the message's: what it holds may be the very thing that cannot be read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.registry import FailedJobRegistry

from bot.errors import FeishuError
from bot.feishu.sent_record import SentRecords
from bot.queue.queue import ANSWER_QUEUE, INDEX_QUEUE, QUICK_QUEUE, told_as
from bot.queue.rq_layout import SERIALIZER, failed_key, job_key
from bot.redis_keys import ATTEMPTS, DEAD_LETTERS, SEEN, WAITING_SINCE
from bot.stored import decoded, known, number_of, read_object

QUEUES = (ANSWER_QUEUE, QUICK_QUEUE, INDEX_QUEUE)
ANSWER_SEND = "answer"
"""Key of the logical send that ends a question (worker/jobs/question_card.py)."""


@dataclass(frozen=True)
class DeadLetter:
    """One job that was given up on."""

    job_id: str
    message_id: str
    kind: str
    """Name of the job: answer, command, feedback, recall ..."""
    why: str
    """What it failed of in the end; never words of a message."""
    at: float
    """Unix seconds."""
    chat_id: str = ""
    code: int = 0
    """Feishu's code, where Feishu refused."""


def note(
    redis: Redis, job_id: str, *, kind: str, error: BaseException, message: dict[str, Any] | None, at: float
) -> None:
    """Writes down that a job was given up on at `at`, Unix seconds. Raises redis.RedisError."""
    cause = error.__cause__ if isinstance(error.__cause__, FeishuError) else error
    letter = DeadLetter(
        job_id=job_id,
        message_id=message_of(job_id),
        kind=kind,
        why=cause.message if isinstance(cause, FeishuError) else type(cause).__name__,
        at=at,
        chat_id=str((message or {}).get("chat_id") or ""),
        code=cause.code if isinstance(cause, FeishuError) else 0,
    )
    redis.hset(DEAD_LETTERS.name, job_id, json.dumps(asdict(letter), ensure_ascii=False))


def listed(redis: Redis) -> list[DeadLetter]:
    """Everything that was given up on and can be tried again, oldest first. Raises redis.RedisError.

    A job is noted before RQ has it among the failed ones, so it is looked for there first; and the note of
    one that is not there yet stays.
    """
    ids = [job_id for queue in QUEUES for job_id in _registry(redis, queue).get_job_ids(cleanup=False)]
    noted = {decoded(name): raw for name, raw in redis.hgetall(DEAD_LETTERS.name).items()}
    there = [_read(noted.pop(job_id, None), job_id) for job_id in ids]
    if gone := [job_id for job_id in noted if not redis.exists(job_key(job_id))]:
        redis.hdel(DEAD_LETTERS.name, *gone)
    return sorted(there, key=lambda letter: letter.at)


def retry(redis: Redis, job_id: str) -> bool:
    """Puts a job back into its queue, as if it had never been tried. False when it is not there any more.

    An asker who was told that there is no answer gets one in the place of that card. What was counted of it
    is forgotten first: a worker may begin it the moment it is back.
    """
    for queue in QUEUES:
        if redis.zscore(failed_key(queue), job_id) is None:
            continue
        message_id = message_of(job_id)
        redis.persist(job_key(job_id))
        redis.delete(ATTEMPTS.of(job_id), WAITING_SINCE.of(job_id), SEEN.of(told_as(message_id)))
        redis.hdel(DEAD_LETTERS.name, job_id)
        SentRecords(redis).reopen(message_id, ANSWER_SEND)
        try:
            _registry(redis, queue).requeue(job_id)
        except (InvalidJobOperation, NoSuchJobError):
            continue
        return True
    return False


def message_of(job_id: str) -> str:
    """The message that a job is about: its id ends in the message's."""
    return job_id.partition("-")[2].removeprefix("recall-")


def _registry(redis: Redis, queue: str) -> FailedJobRegistry:
    return FailedJobRegistry(queue, connection=redis, serializer=SERIALIZER)


def _read(raw: bytes | str | None, job_id: str) -> DeadLetter:
    """What was noted; a job that RQ itself gave up on has no note."""
    plain = DeadLetter(job_id, message_of(job_id), "", "AbandonedJob", 0.0)
    if raw is None:
        return plain
    found = {**asdict(plain), **known(DeadLetter, read_object(raw)), "job_id": job_id}
    words = {name: str(found[name]) for name in ("job_id", "message_id", "kind", "why", "chat_id")}
    return DeadLetter(**words, at=number_of(found["at"]), code=int(number_of(found["code"])))
