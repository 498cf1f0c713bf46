"""The web step as the pipeline sees it, opened where web search is configured."""

from __future__ import annotations

from bot.config.settings import Settings
from worker.pipeline.pipeline import WebSearch


def open_web(settings: Settings) -> WebSearch | None:
    """The web step; None where web_search.engine is none."""
    if settings.web_search.engine == "none":
        return None
    from worker.web.step import open_search

    return open_search(settings)
