"""Events over the long connection end in the same queue as pushes, through the SDK's own client."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from bot.config.settings import FeishuSettings, Settings
from bot.errors import ConfigError
from bot.redis_keys import BOT_OPEN_ID
from bot.supervisor.redis_server import free_port
from bot.web.longconn import run
from simulator import LocalFeishu
from tests.waiting import LIMIT, START_LIMIT, wait_for

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def connected(feishu: LocalFeishu, redis_url: str) -> Iterator[None]:
    """A `python -m bot longconn` that is connected to the local Feishu."""
    environment = {
        **os.environ,
        "FENNEL_FEISHU__APP_ID": feishu.app.app_id,
        "FENNEL_FEISHU__APP_SECRET": feishu.app.app_secret,
        "FENNEL_FEISHU__DOMAIN": feishu.url,
        "FENNEL_REDIS__URL": redis_url,
    }
    process = subprocess.Popen([sys.executable, "-m", "bot", "longconn"], env=environment, cwd=ROOT)
    try:
        wait_for(lambda: feishu.connections.connected, "the client to connect", START_LIMIT)
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_mention_over_the_long_connection_is_queued_once(redis: Redis, redis_url: str) -> None:
    with LocalFeishu() as feishu:
        redis.set(BOT_OPEN_ID.name, feishu.bot_open_id)
        with connected(feishu, redis_url):
            feishu.pushes.timeout = LIMIT
            message_id = feishu.say("ou_alice", "How do I install it?", mention_bot=True)
            assert feishu.wait_for_push(message_id).attempts[-1].status == 200
            feishu.push(message_id, 2)
            jobs = [key for key in redis.scan_iter("rq:job:*") if message_id.encode() in key]
            assert len(jobs) == 1


def test_without_keys_it_says_which_are_missing() -> None:
    with pytest.raises(ConfigError, match=r"feishu\.app_id"):
        run(Settings(feishu=FeishuSettings()))


@pytest.mark.slow
def test_a_feishu_that_is_away_is_a_line_of_our_log(redis_url: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "FENNEL_FEISHU__APP_ID": "cli_1",
        "FENNEL_FEISHU__APP_SECRET": "s",
        "FENNEL_FEISHU__DOMAIN": f"http://127.0.0.1:{free_port()}",
        "FENNEL_REDIS__URL": redis_url,
    }
    file = tmp_path / "log"
    with file.open("wb") as out:
        command = [sys.executable, "-m", "bot", "longconn"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=out)
    try:
        wait_for(lambda: "connect failed" in file.read_text("utf-8"), "the fault in the log", START_LIMIT)
    finally:
        process.kill()
        process.wait()
    said = file.read_text("utf-8")
    assert "connect failed, err: 127.0.0.1 cannot be reached" in said
    assert "Pool" not in said
    assert "[Lark]" not in said, "once, and through our log"
