"""The example of docs/scale-out.md: two workers, two model servers, one of each killed under load.

Settings and the way the index reaches the second machine are read from the page, with other addresses.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from bot.messages import say
from bot.redis_keys import INDEX_VERSION
from bot.supervisor.redis_server import RedisServer, free_port
from demo.stack import LocalStack
from index.search.versions import Versions
from simulator.local import SentCard, is_open
from tests.house import unfinished, words
from tests.waiting import LIMIT, START_LIMIT, wait_for
from worker.engines.openai.servers import rendezvous

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scale-out.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.partition("## Behind LMDeploy's proxy")[0]
SETTINGS = dict(re.findall(r"^export (FENNEL_\w+)=(\S+)$", EXAMPLE, re.M))
COPIES = re.findall(
    r"^rsync -a (?:--exclude (\S+) )?data/index/(\S*) worker-1:fennel/data/index/(\S*)$", PAGE, re.M
)
LIMITS = {
    "questions_per_user_per_minute": 1000,
    "questions_per_group_per_minute": 1000,
    "queue_per_group": 1000,
}
OWN = {
    "FENNEL_LIMITS": json.dumps(LIMITS),
    "FENNEL_WORKER__CONCURRENCY": "8",
    "OMP_NUM_THREADS": "1",
}
"""What this load needs, and a machine of two processors."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
WORKERS, MODELS = ("worker-1", "worker-2"), ("model-1", "model-2")
GROUPS = 6
QUESTIONS = (
    "怎么安装 Harbor？",
    "How do I install Harbor?",
    "缓存大小在哪里设置",
    "How do I revoke an access token?",
    "怎么升级 harbor-server",
    "How do I create a Harbor API token?",
)
COUNT = 48
LATENCY = 0.2
"""Seconds a model server takes for an answer, four at once."""


class Site(LocalStack):
    """Redis, web and Feishu on one machine; workers with an index folder each; model servers."""

    def __init__(self, folder: Path, index: Path) -> None:
        super().__init__(folder, settings=OWN)
        self.index = index
        self.models = {name: free_port() for name in MODELS}
        while min(map(list(self.servers_of_groups().values()).count, MODELS)) < 2:
            self.models["model-2"] = free_port()

    def servers_of_groups(self) -> dict[str, str]:
        """Group -> the model server that its requests go to; which that is depends on the ports."""
        names = {f"http://127.0.0.1:{port}/v1": name for name, port in self.models.items()}
        return {
            f"oc_{number}": names[rendezvous(f"oc_{number}", tuple(names))[0]] for number in range(GROUPS)
        }

    def start(self) -> None:
        """Starts every part and waits until questions can be answered."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.redis = RedisServer(self.folder / "redis")
        self.redis.start()
        self.redis_url = self.redis.url
        self.feishu.start()
        with Redis.from_url(self.redis_url) as redis:
            redis.set(INDEX_VERSION.name, Versions(self.index).current())
        for name, port in self.models.items():
            serve = ["--port", str(port), "--latency", str(LATENCY), "--capacity", "4"]
            self.spawn(name, "-m", "tests.openai_server", *serve)
        self.spawn("web", "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app")
        for name in WORKERS:
            copy_index(self.index, self.folder / name)
            self.settings = self.worker_settings(name)
            self.spawn(name, "-m", "worker")
        self.wait_ready()
        with Redis.from_url(self.redis_url) as redis:
            wait_for(lambda: redis.scard("rq:workers:answer") == len(WORKERS), limit=START_LIMIT)

    def worker_settings(self, name: str) -> dict[str, str]:
        """The page's settings, its addresses exchanged for ours."""
        urls = [f"http://127.0.0.1:{port}/v1" for port in self.models.values()]
        assert SETTINGS.keys() == {
            "FENNEL_REDIS__URL",
            "FENNEL_INDEX__DIR",
            "FENNEL_LLM__ENGINE",
            "FENNEL_LLM__BASE_URL",
        }
        assert len(SETTINGS["FENNEL_LLM__BASE_URL"].split(",")) == len(urls)
        exchanged = {
            "FENNEL_REDIS__URL": self.redis_url,
            "FENNEL_INDEX__DIR": str(self.folder / name),
            "FENNEL_LLM__BASE_URL": ",".join(urls),
        }
        return {**SETTINGS, **exchanged, **OWN}

    def kill(self, name: str) -> None:
        """SIGKILL, and nobody starts it again."""
        process = self.processes.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def model_state(self, name: str) -> dict[str, Any]:
        """What a model server counted so far."""
        found: dict[str, Any] = self.ask_model(name, "state").json()
        return found

    def is_held(self, name: str, answered: int) -> bool:
        """Whether a model server has answered some more and holds others."""
        state = self.model_state(name)
        return state["answered"] >= answered + 4 and state["running"] > 0

    def ask_model(self, name: str, what: str) -> requests.Response:
        """Asks a model server to "hold", to "release", or for its "state"."""
        return requests.get(f"http://127.0.0.1:{self.models[name]}/test/{what}", timeout=LIMIT)

    def jobs_of(self, name: str) -> int:
        """How many jobs a worker runs."""
        with Redis.from_url(self.redis_url) as redis:
            keys = [key.decode() for key in redis.smembers("rq:workers:answer")]
            own = [key for key in keys if f"-{self.processes[name].pid}-" in key]
            return sum(redis.scard(f"{key}:executions") for key in own)

    def cards(self) -> dict[str, list[SentCard]]:
        """The first message of a thread -> the cards in it; a message outside has a thread of its own."""
        found: dict[str, list[SentCard]] = {}
        with self.feishu.tenant.lock:
            for one in self.feishu.tenant.messages.values():
                if one.is_bot and one.card:
                    found.setdefault(one.parent_id, []).append(SentCard(one))
        return found

    def finals(self) -> int:
        """How many final cards there are."""
        return sum(not is_open(card) for cards in self.cards().values() for card in cards)


def copy_index(source: Path, target: Path) -> None:
    """What the page's rsync commands do, in their order."""
    assert COPIES
    for excluded, what, where in COPIES:
        if what:
            shutil.copy2(source / what, target / where)
        else:
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(excluded))


@pytest.fixture
def site(tmp_path: Path, index: Path, forked_python: None) -> Iterator[Site]:
    with Site(tmp_path / "site", index) as running:
        yield running


def say_all(site: Site) -> list[str]:
    """Messages in several groups, every third one a reply in the thread of the one before it in its group."""
    said: list[str] = []
    for number in range(COUNT):
        chat = f"oc_{number % GROUPS}"
        site.feishu.tenant.chat(chat)
        said.append(
            site.feishu.say(
                user=f"ou_user{number % 7}",
                text=f"{QUESTIONS[number % len(QUESTIONS)]} m{number}x",
                mention_bot=True,
                chat=chat,
                reply_to=said[number - GROUPS] if in_thread(number) else "",
                in_thread=in_thread(number),
            )
        )
    return said


def job_of(redis: Redis, message: str) -> dict[str, str]:
    """A message's job: its id, which counts up as messages come in, and when it ran."""
    job_id = (redis.get(f"fennel:seen:{message}") or b"").decode()
    fields = redis.hmget(f"rq:job:{job_id}", "started_at", "ended_at")
    return {"id": job_id, "started_at": fields[0].decode(), "ended_at": fields[1].decode()}


def in_thread(number: int) -> bool:
    """Whether a message replies to the one before it in its group."""
    return number >= GROUPS and number // GROUPS % 3 == 2


def test_a_worker_and_a_model_server_die_and_every_message_is_answered_once(site: Site) -> None:
    for name in MODELS:
        site.ask_model(name, "hold")
    before = {name: site.model_state(name)["answered"] for name in MODELS}
    said = say_all(site)
    wait_for(
        lambda: all(site.is_held(name, before[name]) for name in MODELS), "both to be at work", START_LIMIT
    )
    wait_for(lambda: all(site.jobs_of(name) for name in WORKERS), "both workers to have jobs")
    site.kill("model-1")
    site.kill("worker-1")
    left = COUNT - site.finals()
    assert left > COUNT // 3, "most answers are still to come"
    answered = site.model_state("model-2")["answered"]
    site.ask_model("model-2", "release")
    wait_for(lambda: site.finals() == COUNT, limit=START_LIMIT)
    with Redis.from_url(site.redis_url) as redis:
        wait_for(lambda: not unfinished(redis))
        jobs = [job_of(redis, message) for message in said]
    cards = site.cards()
    threads = Counter(said[number - GROUPS] if in_thread(number) else said[number] for number in range(COUNT))
    assert {thread: len(found) for thread, found in cards.items()} == threads
    for card in (card for found in cards.values() for card in found):
        assert not is_open(card)
        assert not any(say("engine_down", language) in words(card) for language in ("zh", "en"))
    assert site.model_state("model-2")["answered"] > answered + left // 2
    log = (site.folder / "worker-2.log").read_text(encoding="utf-8")
    assert "job_taken_over" in log
    for number in filter(in_thread, range(COUNT)):
        first, second = sorted((jobs[number - GROUPS], jobs[number]), key=lambda job: job["id"])
        assert first["ended_at"] < second["started_at"], "a thread's questions are answered in order"
