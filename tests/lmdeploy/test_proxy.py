"""Several servers behind LMDeploy's own, real proxy, with stand-ins as its servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.config.settings import LLMSettings, Settings
from bot.supervisor.redis_server import free_port
from tests.openai_model import ScriptedModel
from tests.openai_server import ModelServer
from tests.waiting import wait_for
from worker.engines.openai.engine import open_engine
from worker.llm import ChatMessage

pytestmark = pytest.mark.timeout(900)
ASK: list[ChatMessage] = [{"role": "user", "content": "How do I install it?"}]
HEART_BEAT = {"LMDEPLOY_CONTROLLER_HEART_BEAT_EXPIRATION": "2"}
"""Seconds after which the proxy forgets a dead server; its default is 90."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """The proxy's address."""
    port = free_port()
    line = [sys.executable, "-m", "lmdeploy", "serve", "proxy", "--server-name", "127.0.0.1"]
    line += ["--server-port", str(port), "--routing-strategy", "random", "--disable-cache-status"]
    with (tmp_path / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            line, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **HEART_BEAT}
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: listens(url) or process.poll() is not None, "the proxy to listen", 600)
        assert process.poll() is None, "the proxy ended"
        yield url
    finally:
        process.terminate()
        process.wait(60)


def listens(url: str) -> bool:
    try:
        return httpx.get(f"{url}/nodes/status", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def test_answers_come_through_the_proxy_and_go_on_when_a_server_dies(proxy: str) -> None:
    models = [ScriptedModel(reply="yes", pieces=3) for _ in range(2)]
    with ModelServer(model=models[0]) as first, ModelServer(model=models[1]) as second:
        for server in (first, second):
            answer = httpx.post(
                f"{proxy}/nodes/add", json={"url": server.url.removesuffix("/v1")}, timeout=30
            )
            assert answer.status_code == 200
        engine = open_engine(Settings(llm=LLMSettings(model="internlm2-chat-7b")), (f"{proxy}/v1",))
        try:
            assert engine.score(ASK).value == pytest.approx(8, abs=1.0)
            assert ["".join(engine.stream(ASK)) for _ in range(8)] == ["yes"] * 8
            assert min(first.state.answered, second.state.answered) > 0
            first.stop()
            assert ["".join(engine.stream(ASK)) for _ in range(8)] == ["yes"] * 8
            assert engine.score(ASK).value
        finally:
            engine.close()
