"""What was given up on is listed with its reason, whenever somebody looks."""

from __future__ import annotations

import pytest
from redis import Redis
from rq import Queue
from rq.registry import FailedJobRegistry

from bot.errors import FeishuError
from bot.queue import dead_letters
from bot.queue.rq_layout import SERIALIZER
from bot.redis_keys import ATTEMPTS, DEAD_LETTERS

JOB = "0000000000000001-om_1"


def test_a_look_while_a_job_is_being_given_up_on_loses_no_reason(redis: Redis) -> None:
    """It is noted first; that RQ has it among the failed ones comes a moment later."""
    job = Queue("answer", connection=redis, serializer=SERIALIZER).enqueue(
        "worker.jobs.answer", job_id=JOB, result_ttl=60
    )
    dead_letters.note(redis, JOB, kind="answer", error=FeishuError(230002, "gone"), message=None, at=1.0)
    assert dead_letters.listed(redis) == []
    FailedJobRegistry("answer", connection=redis, serializer=SERIALIZER).add(job, ttl=60)
    [letter] = dead_letters.listed(redis)
    assert (letter.kind, letter.code) == ("answer", 230002)


def test_the_note_of_a_job_that_is_gone_goes_too(redis: Redis) -> None:
    dead_letters.note(redis, JOB, kind="answer", error=ValueError("x"), message=None, at=1.0)
    assert dead_letters.listed(redis) == []
    assert not redis.exists(DEAD_LETTERS.name)


def test_a_second_chance_begins_with_nothing_counted(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker may begin the job the moment it is back: what it counts then must not be past the limit."""
    queue = Queue("answer", connection=redis, serializer=SERIALIZER)
    job = queue.enqueue("worker.jobs.answer", job_id=JOB, result_ttl=60)
    FailedJobRegistry("answer", connection=redis, serializer=SERIALIZER).add(job, ttl=60)
    redis.set(ATTEMPTS.of(JOB), 5)
    counted: list[int] = []
    requeue = FailedJobRegistry.requeue

    def begun_at_once(registry: FailedJobRegistry, job_id: str) -> object:
        found = requeue(registry, job_id)
        counted.append(int(redis.incr(ATTEMPTS.of(job_id))))
        return found

    monkeypatch.setattr(FailedJobRegistry, "requeue", begun_at_once)
    assert dead_letters.retry(redis, JOB)
    assert counted == [1]
    assert not dead_letters.retry(redis, "0000000000000002-om_2"), "what is not there is not tried again"
