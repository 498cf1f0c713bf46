"""Web search engines behind one interface.

Each is a plain HTTP call; what differs is the address, where the key goes and what results are called. The
address of the engine is the operator's own setting, so it may be on the operator's network; addresses in the
results are not, and go through worker/web/fetch.py. Keys go in a header and never into an address, an error
or a log line.

Protocols: serper.dev's POST /search; SearXNG's GET /search?format=json, which answers 403 unless `json` is
among search.formats in its settings.yml; ddgs, a scraper without a key, as the last resort.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from bot.config.extras import require
from bot.config.proxies import proxy_for
from bot.config.settings import WebSearchSettings
from bot.errors import ConfigError, SearchUnavailable
from bot.http_session import in_words, new_session, read_whole

SERPER = "https://google.serper.dev"
MAX_QUERY = 200
"""Characters of a query; engines cut or refuse longer ones."""
MOST_BYTES, MOST_SECONDS = 4_000_000, 20.0
"""Of what an engine answers."""
_SESSION = new_session()
_LOCALES = {"zh": ("zh-cn", "cn", "zh-CN", "cn-zh"), "en": ("en", "us", "en", "us-en")}
"""Language -> serper's hl and gl, SearXNG's language, ddgs's region."""


@dataclass(frozen=True)
class Result:
    """One hit, as the engine lists it."""

    title: str
    url: str
    snippet: str


class SearchEngine(Protocol):
    """Something that finds pages."""

    name: str

    def search(self, query: str, count: int, language: str) -> list[Result]:
        """At most `count` results in the engine's order, [] for none. Raises SearchUnavailable."""


def open_engine(settings: WebSearchSettings) -> SearchEngine:
    """The engine of the settings, which name one. Raises ConfigError for a missing setting."""
    if settings.engine == "serper":
        if not settings.api_key.get_secret_value():
            raise ConfigError("web_search.api_key is empty: serper needs one, from serper.dev")
        return Serper(settings)
    if settings.engine == "searxng":
        if not settings.base_url:
            raise ConfigError("web_search.base_url is empty: give the address of your SearXNG")
        return SearXNG(settings)
    return Ddgs(settings)


class Serper:
    """Google's results, by serper.dev."""

    name = "serper"

    def __init__(self, settings: WebSearchSettings) -> None:
        self._address = (settings.base_url or SERPER).rstrip("/") + "/search"
        self._headers = {"X-API-KEY": settings.api_key.get_secret_value()}
        self._timeout = settings.timeout

    def search(self, query: str, count: int, language: str) -> list[Result]:
        hl, gl, _, _ = _LOCALES[language]
        body = {"q": query[:MAX_QUERY], "hl": hl, "gl": gl, "num": max(count, 10)}
        answer = _ask(
            self.name,
            lambda: _SESSION.post(
                self._address,
                json=body,
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ),
            {401: "the key is not valid", 403: "the key is not valid or has no credit left"},
        )
        return _results(answer.get("organic"), "title", "link", "snippet")[:count]


class SearXNG:
    """A SearXNG of the operator's own."""

    name = "searxng"

    def __init__(self, settings: WebSearchSettings) -> None:
        self._address = settings.base_url.rstrip("/") + "/search"
        self._timeout = settings.timeout
        key = settings.api_key.get_secret_value()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def search(self, query: str, count: int, language: str) -> list[Result]:
        asked = {"q": query[:MAX_QUERY], "format": "json", "language": _LOCALES[language][2]}
        answer = _ask(
            self.name,
            lambda: _SESSION.get(
                self._address,
                params=asked,
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ),
            {403: "it refuses JSON; add json to search.formats in its settings.yml"},
        )
        return _results(answer.get("results"), "title", "url", "content")[:count]


class Ddgs:
    """The ddgs package: scrapes public engines, needs no key, and breaks now and then."""

    name = "ddgs"

    def __init__(self, settings: WebSearchSettings) -> None:
        require("ddgs")
        self._timeout = max(int(settings.timeout), 1)
        self._backend = settings.base_url or "auto"

    def search(self, query: str, count: int, language: str) -> list[Result]:
        from ddgs import DDGS  # loads a browser-like HTTP client, which only this engine needs
        from ddgs.exceptions import DDGSException

        region = _LOCALES[language][3]
        try:
            found = DDGS(proxy=proxy_for("https://duckduckgo.com") or None, timeout=self._timeout).text(
                query[:MAX_QUERY], region=region, max_results=count, backend=self._backend
            )
        except DDGSException as error:
            if "no results" in str(error).lower():
                return []
            raise SearchUnavailable(f"ddgs: {type(error).__name__}") from error
        return _results(found, "title", "href", "body")[:count]


def _ask(name: str, send: Callable[[], requests.Response], meanings: dict[int, str]) -> dict[str, Any]:
    """The JSON object an engine answers with; one more attempt after a failure of its own."""
    for last in (False, True):
        try:
            answer = send()
            content = read_whole(answer, MOST_BYTES, MOST_SECONDS)
        except requests.RequestException as error:
            if last:
                raise SearchUnavailable(f"{name}: {in_words(error)}") from None
            continue
        if answer.status_code >= 500 and not last:
            continue
        return _read(name, answer.status_code, content, meanings)
    raise SearchUnavailable(f"{name}: no answer")


def _read(name: str, status: int, content: bytes, meanings: dict[int, str]) -> dict[str, Any]:
    if status == 429:
        raise SearchUnavailable(f"{name}: too many searches for now (HTTP 429)")
    if status != 200:
        raise SearchUnavailable(f"{name}: {meanings.get(status, 'refused')} (HTTP {status})")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SearchUnavailable(f"{name}: the answer is not JSON") from error
    if not isinstance(body, dict):
        raise SearchUnavailable(f"{name}: the answer is not a JSON object")
    return body


def _results(items: Any, title: str, url: str, snippet: str) -> list[Result]:
    """The usable ones of an engine's items, each address once."""
    found: dict[str, Result] = {}
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get(url), str) and item[url]:
            result = Result(str(item.get(title) or ""), item[url], str(item.get(snippet) or ""))
            found.setdefault(result.url, result)
    return list(found.values())
