"""Long and ordinary trouble, one after the other, while parts of the bot go on being killed.

Feishu away for 5 to 30 minutes, Redis emptied, the published index damaged, the disk full, a burst of one
group. What Redis had acknowledged and lost with all its data nobody can bring back, so it is emptied when
nothing waits: what must come back is everything else.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress

from redis import Redis
from redis.exceptions import RedisError

from bench.attack.bot import AttackedBot
from bench.attack.talk import Talk
from index.search.versions import Versions

AWAY = (300.0, 1800.0)
"""Seconds of the turned clock that Feishu is away."""
STEP = 20.0
PATIENCE = 90.0
BURST = 30
"""Messages of one group, as fast as they can be said."""
DAMAGED_SECONDS = 5.0
FULL_SECONDS = 3.0
KINDS = ("away", "emptied", "damaged", "full", "burst")


class LongFaults:
    """The faults of one run; `counts` says how often each came, `away_seconds` how long Feishu was away."""

    def __init__(self, bot: AttackedBot, talk: Talk) -> None:
        self.bot = bot
        self.talk = talk
        self.counts = dict.fromkeys(KINDS, 0)
        self.away_seconds = 0.0

    def play(self, messages: int) -> None:
        """All of them in some order, `messages` said before and during each."""
        for kind in self.bot.random.sample(KINDS, len(KINDS)):
            self.talk.say(messages)
            getattr(self, f"_{kind}")(messages)
            self.counts[kind] += 1

    def _away(self, messages: int) -> None:
        seconds = self.bot.random.uniform(*AWAY)
        what = self.bot.random.choice(("drop_before", "bad_gateway", "web_page"))
        add = self.bot.feishu.faults.add
        faults = [add(what, times=None), add(what, on="auth.token", times=None)]
        self.talk.say(messages)
        passed = 0.0
        while passed < seconds:
            passed += STEP
            self.bot.turn(STEP)
            time.sleep(0.1)
        self.away_seconds += passed
        with self.bot.feishu.faults.lock:
            for fault in faults:
                self.bot.feishu.faults.waiting.remove(fault)
        self.catch_up()

    def catch_up(self) -> None:
        """Time goes on fast until what waited is out: it is asked after at most once a minute."""
        moved, before = time.monotonic(), -1
        while time.monotonic() - moved < PATIENCE:
            final = self.talk.final()
            if final >= len(self.talk.said):
                return
            if final != before:
                moved, before = time.monotonic(), final
            self.bot.turn(2.0)
            time.sleep(0.2)

    def _emptied(self, _: int) -> None:
        self.catch_up()
        self.bot.settle()
        if not self.bot.is_settled() or self.talk.final() < len(self.talk.said):
            raise TimeoutError("what was said before Redis is emptied is not answered: a machine too slow")
        with self.bot.redis_alone, Redis.from_url(self.bot.redis.url) as redis:
            self.bot.remember_taken(redis, self.talk.said)
            redis.flushall()

    def _damaged(self, messages: int) -> None:
        """A version that is not whole is published, and then the old one again."""
        current = self.bot.index / "CURRENT"
        good = current.read_text()
        versions = Versions(self.bot.index).path
        broken = versions / f"{good.strip()}-broken"
        shutil.copytree(versions / good.strip(), broken, dirs_exist_ok=True)
        for file in broken.rglob("*"):
            if file.is_file() and self.bot.random.random() < 0.7:
                os.truncate(file, file.stat().st_size // 2)
        current.write_text(self.bot.random.choice(("\x00\xff garbage", "", broken.name)))
        self.talk.say(messages)
        time.sleep(DAMAGED_SECONDS)
        current.write_text(good)
        shutil.rmtree(broken)

    def _full(self, messages: int) -> None:
        """Nothing can be written where Redis and the logs are, until there is room again."""
        ballast = self.bot.folder / "ballast"
        # without a buffer: what it holds back would be written once more by closing
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 65_536)
        self.talk.say(messages)
        time.sleep(FULL_SECONDS)
        ballast.unlink()
        self._revive()

    def _revive(self) -> None:
        """Starts again what died of the full disk: Redis with `always` rather ends than lies.

        A part that was killed meanwhile and started on the full disk may have ended by itself.
        """
        with self.bot.redis_alone:
            try:
                with Redis.from_url(self.bot.redis.url) as redis:
                    redis.ping()
            except RedisError:
                self.bot.redis.kill()
                self.bot.redis.start()
        self.bot.restart_ended()

    def _burst(self, _: int) -> None:
        self.talk.say(BURST, chat="oc_0", pause=0.0)
