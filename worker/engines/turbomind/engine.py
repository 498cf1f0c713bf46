"""InternLM2 on LMDeploy's TurboMind: one supervised api_server per GPU, and the client that uses them all.

Until a server is healthy, and while one restarts, its group's questions go to the others; with none left
`degraded` says so and a lesser engine answers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from bot.config.settings import LLMSettings, Settings
from worker.engines.model_files import find_folder
from worker.engines.openai.engine import OpenAIEngine, build_engine
from worker.engines.openai.tokens import check_model_folder
from worker.engines.turbomind.gpu import graphics_cards
from worker.engines.turbomind.launch import ServerPlan, server_plans
from worker.engines.turbomind.server import Pace, TurboMindServer

log = structlog.get_logger(__name__)


class TurboMindEngine(OpenAIEngine):
    """The client of several servers that come and go."""

    supervised: tuple[TurboMindServer, ...] = ()
    _ever_healthy = False

    @property
    def degraded(self) -> str:
        """'engine_loading' until the first server is healthy, 'engine_down' while none is after that."""
        if not super().degraded:
            return ""
        return "engine_down" if self._ever_healthy else "engine_loading"

    def supervise(self, servers: tuple[TurboMindServer, ...]) -> None:
        """Takes the servers over: all count as away until they are healthy."""
        self.supervised = servers
        for server in servers:
            self.client.servers.set_away(server.server.url, True)
            server.start()

    def changed(self, url: str, healthy: bool) -> None:
        """Called by a server's thread. Its features are asked for before the first question gets there."""
        if healthy:
            self.prepare_one(url)
            self._ever_healthy = True
        self.client.servers.set_away(url, not healthy)

    def close(self) -> None:
        """Stops the servers started here, then closes the connections."""
        self._closing.set()
        for server in self.supervised:
            server.stop()
        super().close()


def open_turbomind(
    settings: Settings, plans: tuple[ServerPlan, ...] | None = None, pace: Pace | None = None
) -> TurboMindEngine:
    """Starts a server on every visible card and returns its client at once."""
    plans = plans if plans is not None else server_plans(settings, graphics_cards())
    engine = build_engine(TurboMindEngine, settings, tuple(plan.url for plan in plans))
    lengths = [plan.memory.session_len for plan in plans if plan.memory is not None]
    engine.limits = replace(engine.limits, context_tokens=min([engine.limits.context_tokens, *lengths]))
    for problem in _model_problems(settings.llm):
        log.warning("model_files", problem=problem)
    folder = settings.index.dir.parent / "turbomind"
    engine.supervise(_servers(settings, plans, folder, engine, pace))
    return engine


def _model_problems(llm: LLMSettings) -> list[str]:
    """What is wrong with a model's files that are here: tokenizer and config.json of two models, and so on.

    A model that is still to be downloaded has none; `python -m bot doctor` says more.
    """
    folder = find_folder(llm.model, modelscope=llm.use_modelscope)
    return check_model_folder(folder) if folder is not None else []


def _servers(
    settings: Settings,
    plans: tuple[ServerPlan, ...],
    folder: Path,
    engine: TurboMindEngine,
    pace: Pace | None,
) -> tuple[TurboMindServer, ...]:
    return tuple(
        TurboMindServer(settings.llm, plan, folder, partial(engine.changed, plan.url), pace) for plan in plans
    )
