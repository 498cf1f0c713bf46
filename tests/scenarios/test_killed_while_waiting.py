"""A worker is killed while its answer waits for Feishu: the same answer goes out once, by the next worker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from demo.stack import LocalStack
from simulator.local import is_open
from tests.house import words
from tests.waiting import START_LIMIT, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WAITING = "fennel:waiting-for:answer*"


@pytest.fixture
def stack(tmp_path: Path, index: Path, forked_python: None) -> Iterator[LocalStack]:
    settings = {"FENNEL_LLM__ENGINE": "extractive", "FENNEL_INDEX__DIR": str(index)}
    with LocalStack(tmp_path / "stack", settings=settings, build=False) as stack:
        yield stack


def kept(redis: Redis, message: str, what: str) -> dict[str, Any]:
    return dict(json.loads(redis.get(f"fennel:{what}:{message}") or b"{}"))


def test_the_same_answers_go_out_once(stack: LocalStack) -> None:
    """One before its card was sent, and one of which only the end of its card is missing."""
    faults = [stack.feishu.faults.add("bad_gateway", on="cards.update", times=None)]
    begun = stack.feishu.say(text="How do I revoke a Harbor access token?", mention_bot=True)
    wait_for(lambda: stack.feishu.cards(begun), "a card that is begun", START_LIMIT)
    faults.append(stack.feishu.faults.add("bad_gateway", on="messages.reply", times=None))
    unsent = stack.feishu.say(text="How do I revoke an access token of Harbor?", mention_bot=True)
    with Redis.from_url(stack.redis_url) as redis:

        def waiting() -> int:
            return sum(redis.zcard(key) for key in redis.scan_iter(WAITING))

        wait_for(lambda: waiting() == 2, WAITING, START_LIMIT)
        written = {asked: kept(redis, asked, "answer") for asked in (begun, unsent)}
        traces = {asked: kept(redis, asked, "trace") for asked in (begun, unsent)}
        assert all("harbor token revoke" in one["answer"]["text"] for one in written.values())
        killed = stack.processes["worker"]
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        stack.spawn("worker", "-m", "worker")
        wait_for(lambda: len(list(redis.scan_iter("fennel:serving:*"))) >= 1, limit=START_LIMIT)
        with stack.feishu.faults.lock:
            for fault in faults:
                stack.feishu.faults.waiting.remove(fault)

        def sent(asked: str) -> bool:
            cards = stack.feishu.cards(asked)
            return bool(cards) and not is_open(cards[0])

        for asked in (begun, unsent):
            wait_for(partial(sent, asked), "the answer", START_LIMIT)
        wait_for(lambda: not waiting())
        for asked in (begun, unsent):
            [card] = stack.feishu.cards(asked)
            assert "harbor token revoke" in words(card)
            assert kept(redis, asked, "answer")["answer"] == written[asked]["answer"]
            begun_at = kept(redis, asked, "trace")["started_at"]
            assert begun_at == traces[asked]["started_at"], "it was not written again"
