"""The last of each server: it is killed. pytest comes to files by their names."""

from __future__ import annotations

import time

import pytest

from bot.config.settings import IndexSettings
from bot.messages import say
from bot.supervisor.redis_server import RedisServer
from tests.house import House, words
from tests.servers.asking import RealServer, llm_of, prompt
from worker.engines.extractive.engine import Extractive
from worker.engines.fallback import WithFallback
from worker.engines.openai.engine import OpenAIEngine

pytestmark = pytest.mark.timeout(400)


def test_a_killed_server_is_replaced_by_quotes(
    server: RealServer, engine: OpenAIEngine, index: IndexSettings, redis_of_servers: RedisServer
) -> None:
    documents = index.sources[0].path
    assert documents is not None
    settings = {"index": index, "llm": llm_of(server)}
    with House(redis_of_servers.url, index.dir, documents, settings=settings) as house:
        server.process.kill()
        server.process.wait(30)
        reply = WithFallback(engine, Extractive()).stream(prompt(), deadline=time.monotonic() + 60)
        assert "pip install fooserve" in "".join(reply)
        assert (reply.engine, reply.degraded) == ("extractive", "engine_down")
        card = words(house.card(house.ask("How do I install FooServe?"), 120))
        assert say("engine_down", "en") in card
        assert "pip install fooserve" in card
