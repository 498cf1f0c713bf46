"""Real servers, each a process from its own environment; only those that `make` has set up are run."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.config.settings import IndexSettings
from bot.supervisor.redis_server import RedisServer, free_port
from tests.servers.asking import REPLY, RealServer, index_of, settings_for
from worker.engines.openai.engine import OpenAIEngine, open_engine

ROOT = Path(__file__).resolve().parents[2]
STARTUP_SECONDS = 240
KEY = "sk-contract"
SERVE = "import sys; from transformers.cli.transformers import main; sys.argv[0] = 'transformers'; main()"
LITELLM = """model_list:
  - model_name: mock
    litellm_params: {model: openai/mock, api_key: none, mock_response: "%s"}
general_settings: {master_key: %s}
"""

if os.environ.get("FENNEL_TEST_SERVERS") != "1":
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session", params=["transformers", "litellm", "llama"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Started once; the last test kills it."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    start = {"transformers": _transformers, "litellm": _litellm, "llama": _llama}[request.param]
    with (folder / "server.log").open("wb") as log:
        started = start(folder, port, log)
        try:
            _wait(started, folder)
            yield started
        finally:
            started.process.kill()
            started.process.wait(30)


@pytest.fixture(scope="session")
def engine(server: RealServer) -> Iterator[OpenAIEngine]:
    opened = open_engine(settings_for(server), (server.url,))
    opened.prepare()
    if server.quiet:  # a model of random weights babbles; its streams are read as they come all the same
        opened.client.known.note(server.url, thinks="")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> IndexSettings:
    """The pages that the servers are asked about, indexed once."""
    return index_of(tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="session")
def redis_of_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


def _transformers(folder: Path, port: int, log: object) -> RealServer:
    python = _program(".venv-lmdeploy/bin/python")
    model, cache = folder / "tiny", folder / "hub"
    cache.mkdir()
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    making = [python, "-m", "tests.servers.tiny_model", str(model)]
    subprocess.run(making, cwd=ROOT, env=quiet, check=True, stdout=log, stderr=subprocess.STDOUT)  # type: ignore[call-overload]
    line = [
        python,
        "-c",
        SERVE,
        "serve",
        str(model),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--device",
        "cpu",
    ]
    process = subprocess.Popen(line, cwd=ROOT, env=quiet, stdout=log, stderr=subprocess.STDOUT)  # type: ignore[call-overload]
    return RealServer("transformers", f"http://127.0.0.1:{port}/v1", str(model), process, quiet=True)


def _litellm(folder: Path, port: int, log: object) -> RealServer:
    program = _program(".venv-litellm/bin/litellm")
    config = folder / "config.yaml"
    config.write_text(LITELLM % (REPLY, KEY), encoding="utf-8")
    own = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    line = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(line, cwd=folder, env=own, stdout=log, stderr=subprocess.STDOUT)  # type: ignore[call-overload]
    return RealServer("litellm", f"http://127.0.0.1:{port}/v1", "mock", process, key=KEY)


def _llama(folder: Path, port: int, log: object) -> RealServer:
    """llama-server with SmolLM2, where `make test-llama` has built the one and fetched the other."""
    program, weights = (
        str(ROOT / os.environ.get(f"FENNEL_LLAMA_{name}", "")) for name in ("SERVER", "MODEL")
    )
    if not Path(program).is_file() or not Path(weights).is_file():
        pytest.skip("llama-server is not built: make test-llama")
    line = [
        program,
        "-m",
        weights,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-c",
        "8192",
        "-np",
        "4",
        "-t",
        "1",  # threads of one model wait for each other: on a busy machine one alone is quicker
    ]
    process = subprocess.Popen(line, cwd=folder, stdout=log, stderr=subprocess.STDOUT)  # type: ignore[call-overload]
    return RealServer(
        "llama", f"http://127.0.0.1:{port}/v1", "smollm2", process, quiet=True, context=2048, slow=True
    )


def _program(name: str) -> str:
    if not (ROOT / name).exists():
        pytest.skip(f"{name} is not there: make test-servers")
    return str(ROOT / name)


def _wait(server: RealServer, folder: Path) -> None:
    ends = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < ends and server.process.poll() is None:
        try:
            with requests.Session() as session:
                session.trust_env = False
                headers = {"Authorization": f"Bearer {server.key}"}
                if session.get(f"{server.url}/models", timeout=5, headers=headers).status_code != 503:
                    return
        except requests.RequestException:
            pass
        time.sleep(0.3)
    words = (folder / "server.log").read_text(encoding="utf-8", errors="replace")[-3000:]
    raise RuntimeError(f"{server.name} did not start:\n{words}")
