"""Whether the web is searched. Where it is not, nothing that reads pages is imported: a fifth of a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.config.settings import Settings
from bot.redis_keys import FOR_COMMANDS, connect

if TYPE_CHECKING:
    from worker.web.step import WebStep


def open_web(settings: Settings) -> WebStep | None:
    """The web step of the settings; None where web_search.engine is none. Raises ConfigError."""
    if settings.web_search.engine == "none":
        return None
    from worker.web.cache import WebCache
    from worker.web.engines import open_engine
    from worker.web.fetch import Fetcher, Rules
    from worker.web.pages import Pages
    from worker.web.step import WebStep

    rules = Rules(timeout=settings.web_search.timeout, domains=settings.web_search.domains)
    redis = connect(settings.redis.url, FOR_COMMANDS)
    pages = Pages(Fetcher(rules), WebCache(redis))
    return WebStep(open_engine(settings.web_search), pages, settings.web_search)
