"""A small web on loopback: a search engine that finds what it is told, and a site with the pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import SecretStr
from redis import Redis

from bot.config.settings import WebSearchSettings
from tests.waiting import LIMIT
from tests.web_server import Asked, Reply, WebServer
from worker.web.cache import WebCache
from worker.web.engines import open_engine
from worker.web.fetch import FetchedPage, Fetcher, Rules
from worker.web.pages import Pages
from worker.web.step import WebStep

KEY = "key-that-nobody-may-see"


class _Hurried(Fetcher):
    """A fetcher with a shorter time limit for some pages."""

    def __init__(self, rules: Rules, hurried: tuple[str, ...]) -> None:
        super().__init__(rules)
        self._hurried = hurried

    def fetch(self, url: str, **how: Any) -> FetchedPage:
        if url.endswith(self._hurried):
            return Fetcher(replace(self.rules, timeout=0.3)).fetch(url, **how)
        return super().fetch(url, **how)


class Web:
    """An engine and a site, and the step over both."""

    def __init__(self, engine: WebServer, site: WebServer, redis: Redis) -> None:
        self.engine = engine
        self.site = site
        self.redis = redis
        self.found: list[str] = []
        self.hurried: tuple[str, ...] = ()
        """Paths that get a moment alone; all others have the time that a busy machine needs."""
        engine.on_request = self._results

    def _results(self, asked: Asked) -> Reply:
        organic = [{"title": "", "link": url, "snippet": ""} for url in self.found]
        return Reply(json.dumps({"organic": organic}).encode(), 200, {"Content-Type": "application/json"})

    def serve(self, path: str, reply: Reply, *, found: bool = True) -> None:
        self.site.replies[path] = reply
        if found:
            self.found.append(self.site.url + path)

    def step(self, **settings: object) -> WebStep:
        given = WebSearchSettings(
            engine="serper", api_key=SecretStr(KEY), base_url=self.engine.url, timeout=LIMIT, **settings
        )
        engine = open_engine(given)
        assert engine is not None
        rules = Rules(
            timeout=LIMIT,
            domains=given.domains,
            ports={"http": (80, self.site.server_port)},
            permitted=lambda address: address == "127.0.0.1",
            resolve=lambda host, port: ["127.0.0.1"],
        )
        return WebStep(engine, Pages(_Hurried(rules, self.hurried), WebCache(self.redis)), given)

    def asked_pages(self) -> list[str]:
        return sorted(self.site.paths())
