"""Optional second look at the best passages by a model that reads question and passage together."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Protocol

import structlog

from bot.config.extras import require
from bot.config.settings import RerankerSettings
from bot.errors import ConfigError, EngineUnavailable
from index.search.endpoint import UNAVAILABLE, Endpoint
from index.search.strong import RERANKER, strong_model

log = structlog.get_logger(__name__)


class Reranker(Protocol):
    """Scores passages for a question."""

    @property
    def name(self) -> str:
        """Engine and model."""
        ...

    @property
    def top(self) -> int:
        """How many of the best passages are looked at again."""
        ...

    def score(self, query: str, texts: list[str]) -> list[float]:
        """One score a text, greater is better. Raises EngineUnavailable."""
        ...


def open_reranker(settings: RerankerSettings) -> Reranker | None:
    """The reranker that the settings name, if any. Raises ConfigError or EngineUnavailable."""
    if settings.engine == "none":
        return None
    if settings.engine == "auto":
        strong = strong_model(settings.model, RERANKER)
        log.info("reranker", engine="sentence-transformers" if strong.place else "none", why=strong.why)
        if strong.place is None:
            return None
        return CrossEncoderReranker(settings.model_copy(update={"model": strong.model}), strong.place)
    if not settings.model:
        raise ConfigError(f"index.reranker.model: name a model for the engine {settings.engine}")
    return (
        CrossEncoderReranker(settings)
        if settings.engine == "sentence-transformers"
        else RerankEndpoint(settings)
    )


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder from a local folder or, by name, from the hub."""

    def __init__(self, settings: RerankerSettings, place: Path | None = None) -> None:
        """`place`: where the model's files are; None: where its name leads."""
        require("sentence_transformers")
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(str(place or settings.model))
        except (OSError, ValueError) as error:
            raise EngineUnavailable(
                f"index.reranker.model: cannot load {settings.model!r}: {error}"
            ) from error
        self._lock = threading.Lock()
        self.name = f"sentence-transformers:{settings.model}"
        self.top = settings.top

    def score(self, query: str, texts: list[str]) -> list[float]:
        with self._lock:
            scores = self._model.predict([(query, text) for text in texts], show_progress_bar=False)
        return [float(score) for score in scores]


class RerankEndpoint:
    """A server that speaks POST {base_url}/rerank as Jina, Cohere, vLLM, TEI and Xinference do."""

    def __init__(self, settings: RerankerSettings) -> None:
        if not settings.base_url:
            raise ConfigError("index.reranker.base_url: give the address of the server, with its /v1")
        key = settings.api_key.get_secret_value()
        self._server = Endpoint(settings.base_url, "rerank", key, timeout=20.0)
        self._model = settings.model
        self.name = f"openai:{settings.model}"
        self.top = settings.top

    def score(self, query: str, texts: list[str]) -> list[float]:
        request = {"model": self._model, "query": query, "documents": texts, "top_n": len(texts)}
        try:
            return _scores(self._server.post(request), len(texts))
        except UNAVAILABLE as error:
            raise EngineUnavailable(f"index.reranker: {self.name} did not rank: {error}") from error


def _scores(body: Any, count: int) -> list[float]:
    """The scores of a reply in the order of the texts; every text must have one."""
    scores = {int(item["index"]): float(item["relevance_score"]) for item in body["results"]}
    if sorted(scores) != list(range(count)):
        raise ValueError(f"{len(scores)} scores for {count} texts")
    return [scores[index] for index in range(count)]
