"""A lease: one worker answers a message, whatever the queue hands out twice, and a dead one is succeeded."""

from __future__ import annotations

import subprocess
import sys

import pytest
from redis import Redis

from worker.runner import liveness as liveness_module
from worker.runner.lease import Lease, Leases, LeaseTaken
from worker.runner.liveness import Liveness, new_name


def worker(redis: Redis, name: str = "") -> Leases:
    """A worker that is alive: it has just given its sign."""
    liveness = Liveness(redis, name or new_name())
    liveness.beat()
    return Leases(redis, liveness)


def dead_name() -> str:
    """The name of a worker whose process on this machine has ended."""
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    return f"fennel-{new_name().split('-')[1]}-{child.pid}-1-abcdef"


def is_held(lease: Lease) -> bool:
    return lease.is_named_by(lease.leases.redis.get(lease.key))


def test_a_living_holder_is_waited_for_and_never_robbed(redis: Redis) -> None:
    first, second = worker(redis), worker(redis)
    with first.take("om_1", wait=0) as lease:
        with pytest.raises(LeaseTaken), second.take("om_1", wait=0.5):
            pytest.fail("two workers hold one lease")
        assert is_held(lease)
    with second.take("om_1", wait=0) as lease:
        assert is_held(lease)
    assert not redis.exists("fennel:lease:om_1")


def test_two_jobs_of_one_worker_do_not_share_it(redis: Redis) -> None:
    both = worker(redis)
    with both.take("om_1", wait=0), pytest.raises(LeaseTaken), both.take("om_1", wait=0.3):
        pytest.fail("held twice")


def test_a_run_that_failed_gives_it_back(redis: Redis) -> None:
    with pytest.raises(RuntimeError), worker(redis).take("om_1", wait=0):
        raise RuntimeError("the run failed")
    with worker(redis).take("om_1", wait=0) as lease:
        assert is_held(lease)


def test_what_an_ended_run_could_not_give_back_is_had_by_asking(redis: Redis) -> None:
    """Redis was away at the end of a run of a worker that lives on, or forgot that end when it was killed."""
    holder, other = worker(redis), worker(redis)
    with holder.take("om_1", wait=0) as lease:
        ended = lease.value
    redis.set("fennel:lease:om_1", ended)
    with pytest.raises(LeaseTaken), other.take("om_1", wait=0.3):
        pytest.fail("taken from a living worker that was not asked")
    holder.settle()
    with other.take("om_1", wait=0) as lease:
        assert is_held(lease)


def test_what_a_run_still_holds_is_not_had_by_asking(redis: Redis) -> None:
    holder, other = worker(redis), worker(redis)
    with holder.take("om_1", wait=0) as lease:
        with pytest.raises(LeaseTaken), other.take("om_1", wait=0.3):
            pytest.fail("taken from a living worker")
        holder.settle()
        assert is_held(lease)


def test_a_dead_holder_is_succeeded_and_learns_it_if_it_was_not(redis: Redis) -> None:
    dead = worker(redis, dead_name())
    with dead.take("om_1", wait=0) as lost:
        with worker(redis).take("om_1", wait=0) as lease:
            assert is_held(lease)
            assert not is_held(lost)
            lost.release()
            assert is_held(lease), "what is not ours is not given back"
        assert not is_held(lost)


def test_a_missing_sign_counts_only_when_redis_was_there_all_the_time(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = worker(redis, "fennel-elsewhere0-1-1-abcdef")
    own = worker(redis)
    with elsewhere.take("om_1", wait=0):
        redis.delete("fennel:alive:fennel-elsewhere0-1-1-abcdef")
        with pytest.raises(LeaseTaken), own.take("om_1", wait=0.3):
            pytest.fail("Redis was not up for long enough to know")
        monkeypatch.setattr(liveness_module, "LIFETIME", 0.0)
        monkeypatch.setattr(liveness_module, "SETTLE", 0.0)
        with own.take("om_1", wait=0) as lease:
            assert is_held(lease)


def test_only_the_holder_writes_and_only_while_nothing_forbids_it(redis: Redis) -> None:
    with worker(redis).take("om_1", wait=0) as lease:
        assert lease.write({"answer": "1", "trace": "2"}, seconds=60, unless="cancelled")
        assert redis.mget("answer", "trace") == [b"1", b"2"]
        assert 0 < redis.ttl("answer") <= 60
        redis.set("cancelled", "1")
        assert not lease.write({"answer": "3"}, seconds=60, unless="cancelled")
        redis.delete("cancelled")
        redis.set(lease.key, "somebody else")
        assert not lease.write({"answer": "3"}, seconds=60, unless="cancelled")
    assert redis.get("answer") == b"1"


def test_one_that_redis_lost_with_all_else_is_taken_anew_and_no_other(redis: Redis) -> None:
    """What was taken over and given back is gone, too; then something of the message is there."""
    first, second = worker(redis), worker(redis)
    with first.take("om_1", wait=0) as lease:
        redis.set("fennel:seen:om_1", "job")
        redis.delete(lease.key)
        assert not lease.take_again("fennel:seen:om_1", "fennel:answer:om_1")
        redis.delete("fennel:seen:om_1")
        assert lease.take_again("fennel:seen:om_1", "fennel:answer:om_1")
        assert is_held(lease)
        with pytest.raises(LeaseTaken), second.take("om_1", wait=0.3):
            pytest.fail("two workers hold one lease")
