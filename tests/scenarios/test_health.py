"""What `/readyz` and the doctor say is what a question meets: of workers that are stopped, or killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.errors import ConfigError
from demo.stack import LocalStack
from simulator.local import is_open
from tests.house import words
from tests.waiting import LIMIT, START_LIMIT, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def stack(tmp_path: Path, index: Path, forked_python: None) -> Iterator[LocalStack]:
    settings = {"FENNEL_LLM__ENGINE": "extractive", "FENNEL_INDEX__DIR": str(index)}
    with LocalStack(tmp_path / "stack", settings=settings, build=False) as stack:
        yield stack


def ready(stack: LocalStack) -> bool:
    return requests.get(f"{stack.web_url}/readyz", timeout=LIMIT).status_code == 200


def answered(stack: LocalStack, asked: str) -> bool:
    cards = stack.feishu.cards(asked)
    return bool(cards) and not any(map(is_open, cards))


def test_a_worker_that_stands_still_is_no_worker_and_says_nothing_twice_when_it_goes_on(
    stack: LocalStack,
) -> None:
    """As a debugger, a frozen container or a machine that swaps stops it: alive, without a sign."""
    stopped = stack.processes["worker"].pid
    os.kill(stopped, signal.SIGSTOP)
    try:
        asked = stack.feishu.say(text="How do I revoke a Harbor access token?", mention_bot=True)
        wait_for(lambda: not ready(stack), "the worker to be missed", START_LIMIT)
        stack.spawn("second", "-m", "worker")
        wait_for(lambda: answered(stack, asked), "the second worker's answer", START_LIMIT)
        wait_for(lambda: ready(stack), "a worker", START_LIMIT)
    finally:
        os.kill(stopped, signal.SIGCONT)
    after = stack.feishu.say(text="怎么清空 Harbor 的缓存？", mention_bot=True)
    wait_for(lambda: answered(stack, after), "an answer", START_LIMIT)
    for one, said in ((asked, "harbor token revoke"), (after, "harbor cache clear")):
        [card] = stack.feishu.cards(one)
        assert said in words(card)


def test_a_killed_worker_is_missed_and_the_doctor_says_that_nobody_answers(stack: LocalStack) -> None:
    killed = stack.processes["worker"]
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not ready(stack), "the worker to be missed", START_LIMIT)
    with pytest.raises(ConfigError, match="no worker gives a sign of life"):
        stack.run("-m", "bot", "doctor", "--live", "oc_demo")
    stack.spawn("worker", "-m", "worker")
    wait_for(lambda: ready(stack), "a worker", START_LIMIT)
