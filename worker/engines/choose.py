"""Which engine serves, and why: the one place that knows every engine there is.

The protocol (worker/llm.py) knows none of them, so an engine may import it and no circle is left.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import structlog

from bot.config.settings import LLMSettings, Settings
from bot.errors import ConfigError
from worker.engines.turbomind.gpu import graphics_cards
from worker.llm import LLM

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Choice:
    """Which engine serves, and the one line that says why."""

    engine: str
    why: str


def choose_engine(settings: LLMSettings, *, cards: int, has_lmdeploy: bool) -> Choice:
    """Picks the engine. `cards` is the number of GPUs seen; raises ConfigError when the wish cannot be met.

    A `base_url` always means that server: nothing is started beside it.
    """
    if settings.engine == "extractive":
        return Choice("extractive", "llm.engine says so")
    if settings.base_url:
        return Choice("openai", "llm.base_url names a running server")
    if settings.engine == "openai":
        raise ConfigError(
            "llm.base_url: llm.engine is openai, so name the server, such as http://host:23333/v1"
        )
    missing = "" if cards else "no GPU is visible"
    if not has_lmdeploy:
        missing = f"{missing} and lmdeploy is not installed" if missing else "lmdeploy is not installed"
    if settings.engine == "turbomind":
        if missing:
            raise ConfigError(
                f"llm.engine: turbomind needs a GPU and lmdeploy, but {missing}; install requirements.txt "
                "on a GPU machine, or set llm.base_url, or llm.engine: extractive"
            )
        return Choice("turbomind", "llm.engine says so")
    if missing:
        return Choice("extractive", f"{missing} and llm.base_url is empty")
    return Choice("turbomind", f"{cards} GPU(s) and lmdeploy are here")


def open_llm(settings: Settings) -> LLM:
    """Opens the engine the settings ask for; returns at once, a model server may still be loading."""
    has_lmdeploy = importlib.util.find_spec("lmdeploy") is not None
    choice = choose_engine(settings.llm, cards=len(graphics_cards()), has_lmdeploy=has_lmdeploy)
    log.info("llm_engine", engine=choice.engine, why=choice.why)
    from worker.engines.extractive.engine import Extractive

    extractive: LLM = Extractive()
    if choice.engine == "extractive":
        return extractive
    from worker.engines.fallback import WithFallback

    if choice.engine == "turbomind":
        from worker.engines.turbomind.engine import open_turbomind

        return WithFallback(open_turbomind(settings), extractive)
    from worker.engines.openai.engine import open_openai

    return WithFallback(open_openai(settings), extractive)
