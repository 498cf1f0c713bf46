"""Fixtures every test may use: a real Redis, a local Feishu, an environment without stray settings.

What they need is imported where they are set up: the process that hands out the tests of a run imports this
file before it starts the others, and sets up nothing.
"""

from __future__ import annotations

import logging
import math
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import scratch

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from redis import Redis

    from bot.supervisor.redis_server import RedisServer
    from simulator import LocalFeishu
    from tests.feishu_caller import Caller

scratch.choose()
# A shell that runs the tests in the background ignores Ctrl+C and a closed terminal, and so would all that
# they start; several stories are about what these do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Where no more than 1,024 may be open, as on many a desktop, the indexes of a run of all tests are too many.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = 16_384 if _hard == resource.RLIM_INFINITY else min(16_384, _hard)
if _soft != resource.RLIM_INFINITY and _soft < _wanted:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_wanted, _hard))

pytest_plugins = (
    "tests.parallel",
    "tests.left_behind",
    "tests.failure_report",
    "tests.guide_index",
    "tests.reading_here",
    "tests.forked_python",
)
# Hypothesis, too, would take a slow machine for a slow test. It tries the same examples in every run, so that
# a suite that passed passes again; FENNEL_EXPLORE=1 tries new ones.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=not os.environ.get("FENNEL_EXPLORE"),
    database=None,
)
hypothesis.settings.load_profile("any machine")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A real redis-server on a free loopback port, with append-only persistence."""
    from bot.supervisor.redis_server import RedisServer
    from tests.left_behind import lasts

    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        assert server.process is not None
        lasts(server.process.pid)
        yield server


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    """A client on an emptied database."""
    from redis import Redis

    client = Redis.from_url(redis_server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def redis_url(redis: Redis, redis_server: RedisServer) -> str:
    """The address of the emptied Redis, for processes a test starts."""
    return redis_server.url


@pytest.fixture
def local() -> Iterator[LocalFeishu]:
    """A fresh local Feishu; files whose tests may share one, or need a special one, make their own."""
    from simulator import LocalFeishu

    with LocalFeishu() as feishu:
        yield feishu


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the test does happens in one second of the local Feishu's rate limits."""
    from simulator.tenant import limits

    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1.0))


@pytest.fixture
def rests_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model server that failed rests until the end of the test."""
    from worker.engines.openai import servers

    monkeypatch.setattr(servers, "FIRST_REST_SECONDS", math.inf)
    monkeypatch.setattr(servers, "LONGEST_REST_SECONDS", math.inf)


@pytest.fixture
def caller(local: LocalFeishu) -> Iterator[Caller]:
    """A bare client of its API."""
    from tests.feishu_caller import Caller

    calling = Caller(local)
    yield calling
    calling.close()


@pytest.fixture(autouse=True)
def _logs_off_stdout() -> Iterator[None]:
    """Logs go to logging, where caplog sees them, whatever a command that ran before has set up."""
    import structlog

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    structlog.reset_defaults()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            # The default one draws tracebacks with all local values: ten seconds of computing each.
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def _no_stray_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("FENNEL_") or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("FENNEL_ENV_FILE", "")


@pytest.fixture(scope="session", autouse=True)
def _no_second_look() -> Iterator[None]:
    """Half a second of computing for each question; a test that is about it takes this back."""
    from worker.finding.second_look import model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "can_run", lambda: False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _embedded_once() -> None:
    from tests.embedded_once import remember

    remember()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real documents and labelled questions, which is not part of the project."""
    if not DATA.is_dir():
        pytest.skip(f"needs the shared data folder at {DATA}, which is not part of the project")
    return DATA


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for a module; a page of its own for each test."""
    from tests.browser import CHROMIUM, NO_CHROMIUM, chromium

    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with chromium() as running:
        yield running
