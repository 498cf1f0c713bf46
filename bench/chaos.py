"""Exactly one answer, whatever dies: many messages while processes are killed and Feishu misbehaves.

Each seed is a run of its own: messages in threads of several groups, each pushed one to four times, while web
and worker processes are killed with SIGKILL at random moments, Redis is killed and started again, and the
local Feishu answers 5 % of calls with 502, 5 % with a rate limit, and drops 2 % of connections after it has
done what was asked. At the end every message must have exactly one final card, in order within its thread.

    python -m bench.chaos [--seeds 20] [--messages 300] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bot.local_stack import LocalStack
from bot.simulator.clock import Clock
from bot.simulator.local import LocalFeishu, SentCard, is_open

GROUPS = 8
THREAD_LENGTH = 4
"""Messages of one thread, at most."""
QUESTIONS = (
    "怎么让机器人重新索引文档？",
    "How do I reindex the documents?",
    "怎么通过 ngrok 本地测试？",
    "How much GPU memory does InternLM2 need?",
    "今天中午吃什么？",
    "机器人需要开通哪些权限？",
    "How do I test locally through ngrok?",
)
_MARK = re.compile(r"\bm\d+x\b")
PUSH_SCALE = 0.05
"""Feishu's first retry then comes after 0.75 s, the second after 15 s."""
KILL_PAUSE = (2.0, 6.0)
"""Seconds between two acts of violence."""


@dataclass
class Report:
    """What came of one seed."""

    seed: int
    messages: int
    answered_once: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: int = 0
    failed_cards: int = 0
    """Final cards that say that several attempts did not succeed."""
    pushes: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    faults: int = 0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Every message exactly one final card, in order."""
        return self.answered_once == self.messages and not self.out_of_order


class Chaos:
    """One bot under attack."""

    def __init__(
        self, folder: Path, index: Path, seed: int, *, workers: int = 2, violent: bool = True
    ) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.violent = violent
        limits = json.dumps(
            {
                "queue_total": 5000,
                "queue_per_group": 5000,
                "questions_per_user_per_minute": 100000,
                "questions_per_group_per_minute": 100000,
            }
        )
        self.stack = LocalStack(
            folder,
            settings={
                "FENNEL_LIMITS": limits,
                "FENNEL_WORKER__CONCURRENCY": "8",
                "FENNEL_LLM__ENGINE": "extractive",
                "FENNEL_INDEX__DIR": str(index),
                "OMP_NUM_THREADS": "1",
            },
            build=False,
        )
        self.names = [f"worker{number}" for number in range(workers)]
        self.marks: dict[str, str] = {}
        """Message id -> the mark in its text, which its card quotes."""
        self.kills: dict[str, int] = {"web": 0, "worker": 0, "redis": 0}
        self._stop = threading.Event()

    @property
    def feishu(self) -> LocalFeishu:
        """The Feishu it is connected to."""
        return self.stack.feishu

    def start(self) -> None:
        """Starts every part and waits until it answers."""
        from bot.redis_server import RedisServer

        self.stack.redis = RedisServer(self.folder / "redis")
        self.stack.redis.start()
        self.stack.redis_url = self.stack.redis.url
        self.feishu.pushes.clock = Clock(PUSH_SCALE)
        self.feishu.start()
        for name in ("web", *self.names):
            self.spawn(name)
        self.publish_version()
        self.stack.wait_ready()
        for number in range(GROUPS):
            self.feishu.tenant.chat(f"oc_{number}", f"group {number}")

    def publish_version(self) -> None:
        """Tells this Redis which index is in use, as its build did to another."""
        from index.snapshot import VERSION_KEY, Versions

        name = Versions(Path(self.stack.settings["FENNEL_INDEX__DIR"])).current()
        with Redis.from_url(self.stack.redis_url) as redis:
            redis.set(VERSION_KEY, name)

    def spawn(self, name: str) -> None:
        """Starts a process in a group of its own, so that it dies with its children."""
        arguments = (
            ["-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
            if name == "web"
            else ["-m", "worker"]
        )
        with (self.folder / f"{name}.log").open("ab") as log:
            self.stack.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=self.stack.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """SIGKILL to a process and its children, then a new one."""
        process = self.stack.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.spawn(name)

    def attack(self) -> None:
        """Kills something every few seconds until told to stop."""
        while not self._stop.wait(self.random.uniform(*KILL_PAUSE)):
            victim = self.random.choices(["worker", "web", "redis"], weights=[5, 3, 2])[0]
            self.kills[victim] += 1
            if victim == "worker":
                self.kill(self.random.choice(self.names))
            elif victim == "web":
                self.kill("web")
            elif self.stack.redis is not None:
                self.stack.redis.kill()
                time.sleep(self.random.uniform(0.0, 1.0))
                self.stack.redis.start()

    def misbehave(self) -> None:
        """Makes Feishu fail now and then."""
        add = self.feishu.faults.add
        add("bad_gateway", probability=0.05, times=None)
        add(99991400, probability=0.05, times=None, reset=1)
        add("drop_after", probability=0.02, times=None)

    def say_all(self, count: int) -> list[str]:
        """Says `count` messages in threads of all groups; each is pushed up to three times more."""
        said: list[str] = []
        roots: list[tuple[str, str, int]] = []
        while len(said) < count:
            going = [root for root in roots if root[2] < THREAD_LENGTH]
            if going and self.random.random() < 0.5:
                root = self.random.choice(going)
                roots.remove(root)
                chat, first, length = root
                message = self._say(chat, first)
                roots.append((chat, first, length + 1))
            else:
                chat = f"oc_{self.random.randrange(GROUPS)}"
                message = self._say(chat, "")
                roots.append((chat, message, 1))
            said.append(message)
            self._push_again(message)
            time.sleep(self.random.uniform(0.0, 0.1))
        return said

    def _say(self, chat: str, reply_to: str) -> str:
        mark = f"m{len(self.marks)}x"
        message = self.feishu.say(
            user=f"ou_user{self.random.randrange(40)}",
            text=f"{self.random.choice(QUESTIONS)} {mark}",
            mention_bot=True,
            chat=chat,
            reply_to=reply_to,
            in_thread=bool(reply_to),
        )
        self.marks[message] = mark
        return message

    def _push_again(self, message_id: str) -> None:
        first = next(push for push in reversed(self.feishu.pushes.all) if push.message_id == message_id)
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            self.feishu.pushes.send(first.payload)

    def wait(self, said: list[str], patience: float) -> None:
        """Returns when every message has a final card, or after `patience` seconds without any new one."""
        moved, before = time.monotonic(), -1
        while True:
            final = sum(any(not open for _, open in cards) for cards in self.cards().values())
            if final == len(said):
                return
            if final != before:
                moved, before = time.monotonic(), final
            if time.monotonic() - moved > patience:
                return
            time.sleep(0.3)

    def cards(self) -> dict[str, list[tuple[str, bool]]]:
        """Mark -> the cards that quote it: (message id, whether it is still being written)."""
        found: dict[str, list[tuple[str, bool]]] = {}
        with self.feishu.tenant.lock:
            for message in self.feishu.tenant.messages.values():
                if not message.is_bot or message.recalled or not message.card:
                    continue
                mark = _MARK.search(json.dumps(message.card.card, ensure_ascii=False))
                if mark:
                    cards = found.setdefault(mark.group(), [])
                    cards.append((message.message_id, is_open(SentCard(message))))
        return found

    def judge(self, seed: int, said: list[str]) -> Report:
        """Counts what every message got."""
        report = Report(seed, len(said), kills=self.kills)
        with Redis.from_url(self.stack.redis_url) as redis:
            jobs = {message: (redis.get(f"fennel:seen:{message}") or b"").decode() for message in said}
        place = {message_id: n for n, message_id in enumerate(self.feishu.tenant.messages)}
        threads: dict[str, list[tuple[str, int]]] = {}
        found = self.cards()
        for message in said:
            cards = found.get(self.marks[message], [])
            if len(cards) == 1 and not cards[0][1]:
                report.answered_once += 1
                card = self.feishu.tenant.messages[cards[0][0]].card
                report.failed_cards += "多次尝试" in str(card) or "several attempts" in str(card)
                root = self.feishu.tenant.messages[message].root_id or message
                threads.setdefault(root, []).append((jobs[message], place[cards[0][0]]))
            elif len(cards) > 1:
                report.doubled.append(message)
            else:
                report.lost.append(message)
        for answers in threads.values():
            places = [position for _, position in sorted(answers)]
            report.out_of_order += sum(a > b for a, b in pairwise(places))
        report.pushes = sum(len(push.attempts) for push in self.feishu.pushes.all)
        report.faults = sum(call.code != 0 or call.status != 200 for call in self.feishu.calls())
        return report

    def run(self, seed: int, count: int, patience: float = 60.0) -> Report:
        """One whole run."""
        started = time.monotonic()
        attacker = threading.Thread(target=self.attack, daemon=True)
        if self.violent:
            self.misbehave()
            attacker.start()
        said = self.say_all(count)
        self.wait(said, patience)
        self._stop.set()
        if self.violent:
            attacker.join()
        self.settle()
        self.wait(said, patience)
        report = self.judge(seed, said)
        report.seconds = round(time.monotonic() - started, 1)
        return report

    def settle(self) -> None:
        """Waits until the queue is empty, so that a second card would have come."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                with Redis.from_url(self.stack.redis_url) as redis:
                    if not redis.llen("rq:queue:answer") and not redis.zcard("rq:wip:answer"):
                        return
            except RedisError:
                time.sleep(0.5)
            time.sleep(0.2)

    def stop(self) -> None:
        """Ends everything at once."""
        self._stop.set()
        for process in self.stack.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.stack.stop()


@contextmanager
def chaos(index: Path, seed: int, *, workers: int = 2, violent: bool = True) -> Iterator[Chaos]:
    """A bot under attack, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="fennel-chaos-") as folder:
        run = Chaos(Path(folder), index, seed, workers=workers, violent=violent)
        try:
            run.start()
            yield run
        finally:
            run.stop()


def build_index(folder: Path) -> Path:
    """The index of the bundled documents, built once for all seeds."""
    environment = {**os.environ, "FENNEL_INDEX__DIR": str(folder)}
    subprocess.run([sys.executable, "-m", "index", "build"], env=environment, check=True, capture_output=True)
    return folder


def main() -> None:
    """Runs the seeds and prints what came of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    reports = []
    with tempfile.TemporaryDirectory(prefix="fennel-chaos-index-") as folder:
        index = build_index(Path(folder))
        for seed in range(options.first, options.first + options.seeds):
            with chaos(index, seed) as run:
                reports.append(run.run(seed, options.messages))
            if not options.json:
                print(_line(reports[-1]), flush=True)
    total = {
        "seeds": len(reports),
        "seeds_good": sum(report.good for report in reports),
        "messages": sum(report.messages for report in reports),
        "answered_once": sum(report.answered_once for report in reports),
        "lost": sum(len(report.lost) for report in reports),
        "doubled": sum(len(report.doubled) for report in reports),
        "out_of_order": sum(report.out_of_order for report in reports),
        "failed_cards": sum(report.failed_cards for report in reports),
        "kills": {name: sum(report.kills[name] for report in reports) for name in ("web", "worker", "redis")},
    }
    print(json.dumps({**total, "runs": [asdict(report) for report in reports]}) if options.json else total)


def _line(report: Report) -> str:
    verdict = "good" if report.good else "BAD"
    return (
        f"seed {report.seed}: {verdict}; {report.answered_once}/{report.messages} once, "
        f"lost {len(report.lost)}, "
        f"doubled {len(report.doubled)}, out of order {report.out_of_order}, {report.pushes} push attempts, "
        f"{report.faults} faults, kills {report.kills}, {report.seconds} s"
    )


if __name__ == "__main__":
    main()
