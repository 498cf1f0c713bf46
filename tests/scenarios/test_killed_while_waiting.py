"""A worker is killed while its answer waits for Feishu: the same answer goes out once, by the next worker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
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
def stack(tmp_path: Path, index: Path) -> Iterator[LocalStack]:
    settings = {"FENNEL_LLM__ENGINE": "extractive", "FENNEL_INDEX__DIR": str(index)}
    with LocalStack(tmp_path / "stack", settings=settings, build=False) as stack:
        yield stack


def kept(redis: Redis, message: str, what: str) -> dict[str, Any]:
    return dict(json.loads(redis.get(f"fennel:{what}:{message}") or b"{}"))


@pytest.mark.parametrize("broken", ["messages.reply", "cards.update"])
def test_the_same_answer_goes_out_once(stack: LocalStack, broken: str) -> None:
    """Before its card was sent, or when only the end of its card is missing."""
    fault = stack.feishu.faults.add("bad_gateway", on=broken, times=None)
    asked = stack.feishu.say(text="How do I revoke a Harbor access token?", mention_bot=True)
    with Redis.from_url(stack.redis_url) as redis:
        waits = f"fennel:waiting-for:answer:{broken}"
        wait_for(
            lambda: any(redis.zcard(key) for key in redis.scan_iter("fennel:waiting-for:answer*")), waits
        )
        written, trace = kept(redis, asked, "answer"), kept(redis, asked, "trace")
        assert "harbor token revoke" in written["answer"]["text"]
        killed = stack.processes["worker"]
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        stack.spawn("worker", "-m", "worker")
        wait_for(lambda: len(list(redis.scan_iter("fennel:serving:*"))) >= 1, limit=START_LIMIT)
        with stack.feishu.faults.lock:
            stack.feishu.faults.waiting.remove(fault)

        def sent() -> bool:
            cards = stack.feishu.cards(asked)
            return bool(cards) and not is_open(cards[0])

        wait_for(sent, "the answer", START_LIMIT)
        wait_for(lambda: not any(redis.zcard(key) for key in redis.scan_iter(WAITING)))
        [card] = stack.feishu.cards(asked)
        assert "harbor token revoke" in words(card)
        assert kept(redis, asked, "answer")["answer"] == written["answer"]
        assert kept(redis, asked, "trace")["started_at"] == trace["started_at"], "it was not written again"
