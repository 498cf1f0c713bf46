"""A whole bot in processes of its own, and somebody who kills them.

Web and worker processes are killed with SIGKILL at random moments, Redis is killed and started again, and the
local Feishu answers 5 % of calls with 502, 5 % with a rate limit, and drops 2 % of connections after it has
done what was asked. Redis runs with `appendfsync always`: with everysec, a kill while the disk is busy may
lose what was acknowledged (docs/en/operations.md).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bench.attack.clock import VARIABLE, SharedClock
from bot.errors import ConfigError
from bot.queue.queue import ANSWER_QUEUE, QUICK_QUEUE
from bot.redis_keys import INDEX_VERSION
from bot.supervisor.redis_server import RedisServer
from demo.stack import LocalStack
from index.search.versions import Versions
from simulator.local import LocalFeishu
from simulator.tenant.clock import Clock

GROUPS = 8
RETRY_AFTER = (0.75, 3.0, 9.0, 60.0)
"""Seconds between the attempts of a push: as many as Feishu makes, the last long after the trouble."""
PAUSE = (1.5, 5.0)
"""Seconds between two acts of violence."""
LONG_PAUSE = (10.0, 25.0)
"""The same beside long faults, which are more trouble already."""
VICTIMS = {"worker": 5, "web": 3, "redis": 2}
"""How often each is chosen, in ten, once each has been killed."""
MANY = 100_000
_SETTLE_SECONDS = 90.0


class AttackedBot:
    """Redis, webhook, workers and a local Feishu; `attack` kills them until `let_be` is called."""

    def __init__(self, folder: Path, index: Path, seed: int, *, workers: int = 2) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.index = index
        limits = {
            "queue_total": MANY,
            "queue_per_group": MANY,
            "questions_per_user_per_minute": MANY,
            "questions_per_group_per_minute": MANY,
        }
        settings = {
            "FENNEL_LIMITS": json.dumps(limits),
            # Every message is a question of its own here, whoever said what a moment ago.
            "FENNEL_GROUPS": json.dumps({"default": {"gather_seconds": 0}}),
            "FENNEL_WORKER__CONCURRENCY": "8",
            "FENNEL_LLM__ENGINE": "extractive",
            "FENNEL_INDEX__DIR": str(index),
            "OMP_NUM_THREADS": "1",
            VARIABLE: str((folder / "clock").resolve()),
        }
        self.stack = LocalStack(folder, settings=settings, build=False)
        self.redis = RedisServer(folder / "redis", fsync="always")
        self.workers = [f"worker{number}" for number in range(workers)]
        self.kills = dict.fromkeys(VICTIMS, 0)
        self.clock = SharedClock(folder / "clock")
        """The workers' and Feishu's."""
        self.redis_alone = threading.Lock()
        self._parts_alone = threading.Lock()
        """Held by whoever kills, starts or empties Redis."""
        self._taken: dict[str, tuple[int, bytes]] = {}
        self._emptied = 0
        self._pause = PAUSE
        self._let_be = threading.Event()
        self._attacker = threading.Thread(target=self._attack, name="attacker", daemon=True)

    @property
    def feishu(self) -> LocalFeishu:
        """The Feishu it is connected to."""
        return self.stack.feishu

    def start(self) -> None:
        """Starts every part and waits until questions can be answered."""
        self.redis.start()
        self.stack.redis, self.stack.redis_url = self.redis, self.redis.url
        self.feishu.pushes.retry_after = RETRY_AFTER
        self.feishu.pushes.clock = Clock()  # pushes are signed by the machine's time, which the webhook has
        self.feishu.start()
        for name in ("web", *self.workers):
            self._spawn(name)
        with Redis.from_url(self.redis.url) as redis:
            redis.set(INDEX_VERSION.name, Versions(self.index).current())  # its build told another Redis
        self.stack.wait_ready()
        for number in range(GROUPS):
            self.feishu.tenant.chat(f"oc_{number}", f"group {number}")

    def attack(self, pause: tuple[float, float] = PAUSE) -> None:
        """From now on parts die, `pause` seconds apart, and Feishu misbehaves."""
        self._pause = pause
        add = self.feishu.faults.add
        add("bad_gateway", probability=0.05, times=None)
        add(99991400, probability=0.05, times=None, reset=1)
        add("drop_after", probability=0.02, times=None)
        self._attacker.start()

    def wait_until_each_was_killed(self) -> None:
        """A fast machine answers all before the attacker has come round."""
        while not all(self.kills.values()) and self._attacker.is_alive():
            time.sleep(0.1)

    def let_be(self) -> None:
        """Nothing is killed any more; Feishu goes on misbehaving."""
        self._let_be.set()
        if self._attacker.is_alive():
            self._attacker.join()

    def turn(self, seconds: float) -> None:
        """So many seconds pass for Feishu and the workers."""
        self.clock.turn(seconds)
        self.feishu.clock.ahead += seconds

    def taken(self, redis: Redis, message: str) -> tuple[int, bytes]:
        """When a message was taken, among the others: Redis counts anew when it was emptied."""
        found = redis.get(f"fennel:seen:{message}") or b""
        return self._taken.get(message) or (self._emptied, found if isinstance(found, bytes) else b"")

    def remember_taken(self, redis: Redis, messages: list[str]) -> None:
        """To be called before Redis is emptied."""
        self._taken |= {message: self.taken(redis, message) for message in messages}
        self._emptied += 1

    def settle(self) -> None:
        """Waits until every push is settled and the queue is empty, so that a second card would be there."""
        until = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < until and not self.is_settled():
            time.sleep(0.2)

    def stop(self) -> None:
        """Ends everything at once."""
        self.let_be()
        for process in self.stack.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.stack.stop()

    def is_settled(self) -> bool:
        """Whether no push and no job is left."""
        if any(push.state == "waiting" for push in list(self.feishu.pushes.all)):
            return False
        try:
            with Redis.from_url(self.redis.url) as redis:
                return not any(
                    redis.llen(f"rq:queue:{lane}")
                    or redis.llen(f"rq:queue:{lane}:intermediate")
                    or redis.zcard(f"rq:wip:{lane}")
                    or any(redis.zcard(key) for key in redis.scan_iter(f"fennel:waiting*:{lane}*"))
                    for lane in (ANSWER_QUEUE, QUICK_QUEUE)
                )
        except RedisError:
            return False

    def _spawn(self, name: str) -> None:
        """Starts a process in a group of its own, so that it dies with its children."""
        web = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.stack.processes[name] = subprocess.Popen(
                [sys.executable, *(web if name == "web" else ["-m", "bench.attack.worker"])],
                env=self.stack.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _attack(self) -> None:
        each_once = self.random.sample(list(VICTIMS), len(VICTIMS))
        while not self._let_be.wait(self.random.uniform(*self._pause)):
            chosen = self.random.choices(list(VICTIMS), weights=list(VICTIMS.values()))[0]
            victim = each_once.pop() if each_once else chosen
            self.kills[victim] += 1
            if victim == "redis":
                self._kill_redis()
            elif victim == "web" and self.random.random() < 0.5:
                self._kill_one_web_process()
            else:
                self._kill(self.random.choice(self.workers) if victim == "worker" else "web")

    def _kill_redis(self) -> None:
        with self.redis_alone:
            self.redis.kill()
            time.sleep(self.random.uniform(0.0, 1.0))
            with suppress(ConfigError):  # a full disk: started again when there is room
                self.redis.start()

    def _kill_one_web_process(self) -> None:
        """SIGKILL to one of gunicorn's processes; gunicorn starts another."""
        parent = self.stack.processes["web"].pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        if children:
            os.kill(int(self.random.choice(children)), signal.SIGKILL)

    def _kill(self, name: str) -> None:
        """SIGKILL to a process and its children, then a new one."""
        with self._parts_alone:
            process = self.stack.processes[name]
            with suppress(ProcessLookupError):  # it ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._spawn(name)

    def restart_ended(self) -> None:
        """Starts what ended by itself, as systemd and Docker do."""
        with self._parts_alone:
            for name, process in list(self.stack.processes.items()):
                if process.poll() is not None:
                    self._spawn(name)


@contextmanager
def attacked_bot(index: Path, seed: int, folder: Path | None = None) -> Iterator[AttackedBot]:
    """A running bot, not yet under attack; stopped at the end. `folder` is kept, one of its own is not."""
    with tempfile.TemporaryDirectory(prefix="fennel-chaos-") as own:
        kept = folder or Path(own)
        kept.mkdir(parents=True, exist_ok=True)
        bot = AttackedBot(kept, index, seed)
        try:
            bot.start()
            yield bot
        finally:
            bot.stop()


def build_index(folder: Path) -> Path:
    """The index of the bundled documents, built once for all seeds."""
    environment = {**os.environ, "FENNEL_INDEX__DIR": str(folder)}
    subprocess.run([sys.executable, "-m", "index", "build"], env=environment, check=True, capture_output=True)
    return folder
