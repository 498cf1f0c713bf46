"""Supervision of LMDeploy's api_server, with a program in its place that serves, dies and falls ill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.config.settings import IndexSettings, LLMSettings, Settings
from bot.errors import EngineUnavailable
from bot.supervisor.redis_server import free_port
from tests.waiting import LIMIT, START_LIMIT, join, wait_for
from worker.engines.extractive.engine import Extractive
from worker.engines.fallback import WithFallback
from worker.engines.turbomind.engine import TurboMindEngine, open_turbomind
from worker.engines.turbomind.gpu import GraphicsCard
from worker.engines.turbomind.launch import ServerPlan
from worker.engines.turbomind.server import Pace, TurboMindServer
from worker.llm import ChatMessage

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
CARD = GraphicsCard(0, "NVIDIA RTX 4090", 24 << 30, 23 << 30, 8.9)
PACE = Pace(
    look=0.03, health=0.1, health_timeout=LIMIT, progress=0.05, first_pause=0.02, longest_pause=0.1, stop=5.0
)
ASK: list[ChatMessage] = [{"role": "user", "content": "How do I install it?"}]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts the stand-in on PATH; the folder returned holds its script.json."""
    file = tmp_path / "bin" / "lmdeploy"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.fake_lmdeploy {tmp_path} "$@"\n')
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        llm=LLMSettings(startup_timeout=int(START_LIMIT)),
        index=IndexSettings(dir=tmp_path / "data" / "index"),
    )


Start = Callable[..., TurboMindEngine]


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    """Starts servers for so many cards; closes them after the test."""
    with ExitStack() as stack:

        def start_them(cards: int = 1, **llm: object) -> TurboMindEngine:
            changed = settings.model_copy(update={"llm": settings.llm.model_copy(update=llm)})
            plans = tuple(ServerPlan(CARD, free_port(), None) for _ in range(cards))
            engine = open_turbomind(changed, plans, PACE)
            stack.callback(engine.close)
            return engine

        yield start_them


def wait_until(condition: Callable[[], object]) -> None:
    """Servers are processes, which start at the machine's pace."""
    __tracebackhide__ = True
    wait_for(condition, limit=START_LIMIT)


def script(folder: Path, **plan: object) -> None:
    (folder / "script.json").write_text(json.dumps(plan))


class Waits(threading.Event):
    """An event that notes how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self.times.append(timeout or 0.0)
        return super().wait(timeout)


def own_process(server: TurboMindServer) -> int:
    assert server._process is not None
    return server._process.pid


def test_it_loads_answers_dies_and_comes_back(program: Path, start: Start) -> None:
    script(program, load_until="go")
    with capture_logs() as logs:
        engine = start()
        llm = WithFallback(engine, Extractive())
        assert llm.degraded == "engine_loading"
        stage = "Loading checkpoint shards:  50%"
        wait_until(lambda: any(entry.get("stage") == stage for entry in list(logs)))
        (program / "go").touch()
        wait_until(lambda: not llm.degraded)
        assert "".join(llm.stream(ASK)) == "yes"
        (program / "go").unlink()
        os.kill(own_process(engine.supervised[0]), signal.SIGABRT)
        wait_until(lambda: llm.degraded == "engine_down")
        (program / "go").touch()
        wait_until(lambda: not llm.degraded)
        assert "".join(llm.stream(ASK)) == "yes"
    events = [entry["event"] for entry in logs]
    assert engine.supervised[0].starts == 2
    assert {"turbomind_starting", "turbomind_loading", "turbomind_healthy", "turbomind_died"} <= set(events)
    died = next(entry for entry in logs if entry["event"] == "turbomind_died")
    assert died["ending"] == "SIGABRT"


def test_it_says_why_it_cannot_start_and_keeps_trying(program: Path, start: Start) -> None:
    script(program, deaths=["CUDA runtime error: out of memory", "CUDA runtime error: out of memory"])
    with capture_logs() as logs:
        engine = start()
        wait_until(lambda: not engine.degraded)
    died = [entry for entry in logs if entry["event"] == "turbomind_died"]
    assert len(died) == 2
    assert "memory is full" in died[0]["reason"]
    assert engine.supervised[0].starts == 3


@pytest.mark.parametrize(
    ("steady", "pauses"), [(600.0, [0.1, 0.2, 0.4, 0.5, 0.5]), (0.0, [0.1, 0.1, 0.1, 0.1, 0.1])]
)
def test_the_pause_before_a_restart_doubles_with_each_death(
    program: Path, settings: Settings, steady: float, pauses: list[float]
) -> None:
    """One that served for long starts at the shortest again."""
    script(program, deaths=["CUDA error"] * 5)
    pace = replace(PACE, first_pause=0.1, longest_pause=0.5, steady=steady)
    plan, waited, healthy = ServerPlan(CARD, free_port(), None), Waits(), threading.Event()
    server = TurboMindServer(settings.llm, plan, program / "data", lambda _: healthy.set(), pace)
    server._stopping = waited
    server.start()
    assert healthy.wait(START_LIMIT)
    server.stop()
    assert server.starts == 6
    assert [round(pause, 3) for pause in waited.times if pause != pace.look] == pauses


def test_a_load_that_takes_too_long_is_ended(program: Path, start: Start) -> None:
    script(program, load_until="never")
    engine = start(startup_timeout=1)
    wait_until(lambda: engine.supervised[0].starts >= 2)
    assert engine.degraded == "engine_loading"
    assert "startup_timeout" in engine.supervised[0].last_problem


def test_an_ill_server_is_replaced(program: Path, start: Start) -> None:
    script(program, load_until="go")
    (program / "go").touch()
    engine = start()
    wait_until(lambda: not engine.degraded)
    (program / "go").unlink()
    os.kill(own_process(engine.supervised[0]), signal.SIGUSR1)
    wait_until(lambda: engine.degraded == "engine_down")
    (program / "go").touch()
    wait_until(lambda: not engine.degraded)
    assert engine.supervised[0].starts == 2


def test_one_of_two_servers_dies_and_no_question_is_lost(program: Path, start: Start) -> None:
    script(program, latency=0.05)
    engine = start(cards=2)
    wait_until(lambda: not engine.client.servers.resting())
    answers: list[str] = []

    def ask(number: int) -> None:
        left = 6
        while left:
            with suppress(EngineUnavailable):  # it died while it wrote: a worker begins such a job again
                answers.append("".join(engine.stream(ASK, group=f"oc_{number}")))
                left -= 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    os.kill(own_process(engine.supervised[0]), signal.SIGKILL)
    join(*threads, limit=START_LIMIT)
    assert answers == ["yes"] * 48
    wait_until(lambda: not engine.client.servers.resting())
    assert engine.supervised[0].starts == 2
    assert engine.supervised[1].starts == 1


def test_workers_of_one_machine_share_a_server_and_one_takes_over(
    program: Path, settings: Settings, tmp_path: Path
) -> None:
    plan = ServerPlan(CARD, free_port(), None)
    seen: list[tuple[str, bool]] = []

    def server(name: str) -> TurboMindServer:
        return TurboMindServer(
            settings.llm, plan, tmp_path / "data", lambda healthy: seen.append((name, healthy)), PACE
        )

    first, second = server("first"), server("second")
    first.start()
    wait_until(lambda: ("first", True) in seen)
    second.start()
    wait_until(lambda: ("second", True) in seen)
    assert (first.starts, second.starts) == (1, 0)
    first.stop()
    wait_until(lambda: second.starts == 1 and seen[-1] == ("second", True))
    second.stop()


def test_the_server_does_not_outlive_a_killed_worker(program: Path, settings: Settings) -> None:
    port = free_port()
    code = (
        "import sys, time; from pathlib import Path\n"
        "from tests.test_turbomind import CARD, PACE\n"
        "from bot.config import LLMSettings\n"
        "from worker.engines.turbomind.launch import ServerPlan\n"
        "from worker.engines.turbomind.server import TurboMindServer\n"
        f"server = TurboMindServer(LLMSettings(), ServerPlan(CARD, {port}, None), Path({str(program)!r}),\n"
        "    lambda healthy: print(server._process.pid, flush=True), PACE)\n"
        "server.start(); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        lines = (line for line in worker.stdout if line.strip().isdigit())
        child = int(next(lines))
        worker.kill()
    wait_until(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text())


def test_llm_process_without_a_gpu_waits_to_be_stopped() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "worker.engines"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
    )
    with process:
        assert process.stdout is not None
        assert "no GPU is visible" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
