"""What is known of each model server: asked at first, learned from refusals, forgotten when it comes back.

The first caller asks and the others wait; a lesson that one call learns serves all.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from bot.errors import EngineRefused
from worker.engines.openai.attempts import Call, check
from worker.engines.openai.calls import Body, ServerCalls, ServerProblem
from worker.engines.openai.probing import CONTEXT_FIELDS, Known, Probe, lesson
from worker.engines.openai.server_features import Features

log = structlog.get_logger(__name__)


class KnownServers:
    """Safe to use from many threads. `model` '' takes the first that a server lists."""

    def __init__(self, urls: Sequence[str], calls: ServerCalls, model: str) -> None:
        self._calls = calls
        self._model = model
        self._known: dict[str, Known] = {}
        self._asking = {url: threading.Lock() for url in urls}
        self._lock = threading.Lock()

    def of(self, url: str, call: Call) -> Known:
        """What is known of `url`, found out first where nothing is. Raises what the probe raises."""
        if (known := self._known.get(url)) is not None:
            return known
        while not self._asking[url].acquire(timeout=0.2):
            check(call)
        try:
            known = self._known.get(url)
            if known is None:
                known = Probe(self._calls, self._named(url, call), call).run()
                with self._lock:
                    self._known[url] = known
            return known
        finally:
            self._asking[url].release()

    def at_hand(self, url: str) -> Known | None:
        """What is known without asking."""
        return self._known.get(url)

    def learn(self, known: Known, error: ServerProblem, sent: Body) -> bool:
        """Remembers what a refusal of `sent` teaches; False when that is nothing new."""
        taught = lesson(known, error, sent)
        if taught is None:
            return False
        with self._lock:
            now = self._known.get(known.url)
            if now == known:
                self._known[known.url] = taught
                log.info("llm_feature_refused", server=known.url, refusal=str(error)[:200])
        return True

    def note(self, url: str, **changes: Any) -> None:
        """Sets features that were seen."""
        with self._lock:
            known = self._known.get(url)
            if known is not None:
                self._known[url] = replace(known, features=replace(known.features, **changes))

    def forget(self, url: str) -> None:
        """Asks again at the next call: another model may have taken the address."""
        with self._lock:
            self._known.pop(url, None)

    def _named(self, url: str, call: Call) -> Known:
        listed = self._calls.models(url, call)
        ids = [name for item in listed if isinstance(name := item.get("id"), str) and name]
        names = model_names(self._model, ids)
        if not names:
            raise EngineRefused(f"llm.model: {url} lists no models, so name the one to use")
        if self._model and ids and self._model not in ids:
            log.info("llm_model_not_listed", server=url, model=self._model, tried=list(names))
        context = next((_context(item) for item in listed if item.get("id") == names[0]), 0)
        return Known(url, names[0], Features(context_tokens=context), names[1:], tuple(ids))


def model_names(wanted: str, listed: Sequence[str]) -> tuple[str, ...]:
    """The names to ask by, in order: the wanted one as listed, else as it is, else the only one listed.

    LMDeploy serves under the path it was started with, others under names of their own; endpoint ids,
    aliases and adapters work without being listed.
    """
    if wanted in listed:
        return (wanted,)
    ending = wanted.rstrip("/").rsplit("/", 1)[-1].lower()
    alike = [name for name in listed if name.rstrip("/").rsplit("/", 1)[-1].lower() == ending]
    if not wanted:
        return tuple(listed[:1])
    only = list(listed) if len(listed) == 1 else []
    return tuple(dict.fromkeys([*alike[:1], wanted, *only]))


def _context(item: Body) -> int:
    for name in CONTEXT_FIELDS:
        value = item.get(name)
        if isinstance(value, int) and value >= 256:
            return value
    return 0
